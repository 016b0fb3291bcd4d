package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// toldFields are what a server that is asked about a request is told by the gateway itself, so that
// a client can't say it. In lower case.
var toldFields = []string{
	"x-forwarded-method", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri",
	"x-forwarded-for", "x-forwarded-port", "x-original-url", "x-original-method",
	"x-original-uri", "x-request-id", "x-real-ip", "forwarded",
}

// forward checks an entry of auth.forward.
func (v *validator) forward(f *Forward, at string) {
	secured := v.authURL(f.URL, text.JoinKey(at, "url"))
	unknown := isSecret(f.URL) && v.doc.secrets[f.URL] == "" // another machine has its value
	if f.Security.Mode != SecurityNone && !secured && !unknown && f.URL != "" {
		v.add(text.JoinKey(at, "security"), CodeConflict, "the URL is one without TLS",
			"write https:// in url, or remove security")
	}
	security := f.Secured()
	if security.Mode == SecurityNone && secured {
		security.Mode = SecurityTLS // the URL is a secret
	}
	v.secured(&security, func(key string) func() string {
		return func() string { return text.JoinKey(text.JoinKey(at, "security"), key) }
	})
	for i, name := range f.Pass {
		at := func() string { return text.JoinIndex(text.JoinKey(at, "pass"), i) }
		name = strings.ToLower(name)
		switch why := FieldName(name, true, EditRemove); {
		case slices.Contains(toldFields, name):
			v.add(at(), CodeHeader, text.Quote(name)+" is what the gateway itself writes for the "+
				"server", "remove it")
		case why != "":
			v.add(at(), CodeHeader, text.Quote(name)+" can't be passed: "+why, "remove it")
		}
	}
	for i, name := range f.Copy {
		name = strings.ToLower(name)
		why := FieldName(name, true, EditSet)
		if name == "host" {
			why = "routes go by it"
		}
		if why != "" {
			v.add(text.JoinIndex(text.JoinKey(at, "copy"), i), CodeHeader, text.Quote(name)+
				" can't be copied: "+why, "remove it")
		}
	}
	for i, name := range f.ToClient {
		if why := FieldName(strings.ToLower(name), false, EditAdd); why != "" {
			v.add(text.JoinIndex(text.JoinKey(at, "copy_to_client"), i), CodeHeader,
				text.Quote(name)+" can't be copied: "+why, "remove it")
		}
	}
	if f.Cache != nil {
		v.forwardKey(f.Cache, text.JoinKey(at, "cache.key"))
	}
}

// authURL checks a URL that is asked, and says whether it is one with TLS.
func (v *validator) authURL(written, at string) (secured bool) {
	if written == "" || isSecret(written) && v.doc.secrets[written] == "" {
		return false
	}
	u, err := url.Parse(v.value(written))
	const hint = "write http://127.0.0.1:4181/verify"
	switch {
	case err != nil:
		v.wrong(at, CodeValue, written, errors.New("is no URL"), hint)
	case u.Scheme != "http" && u.Scheme != "https":
		v.wrong(at, CodeValue, written, errors.New("has neither http:// nor https://"), hint)
	case u.Hostname() == "":
		v.wrong(at, CodeValue, written, errors.New("names no server"), hint)
	case u.User != nil:
		v.add(at, CodeValue, "the URL has a name and a password, which it would show", hint)
	case u.Fragment != "":
		v.wrong(at, CodeValue, written, errors.New("has a fragment, which no server gets"), hint)
	default:
		return u.Scheme == "https"
	}
	return false
}

// Things of a request beside fields and cookies that an answer can be remembered by.
const (
	ForwardByPath  = "{request.path}"
	ForwardByQuery = "{request.query}"
)

func (v *validator) forwardKey(c *ForwardCache, at string) {
	if c.Key != nil && len(c.Key) == 0 {
		v.add(at, CodeMissing, "nothing is remembered by nothing", "write key: [Cookie]")
	}
	for i, k := range c.Key {
		cookie, _ := strings.CutPrefix(k, "cookie:") // else it is the field
		if k != ForwardByPath && k != ForwardByQuery && !validToken(cookie) {
			v.add(text.JoinIndex(at, i), CodeValue, text.Quote(k)+" is nothing to remember by",
				"write a header field, cookie:NAME, "+ForwardByPath+" or "+ForwardByQuery)
		}
	}
}

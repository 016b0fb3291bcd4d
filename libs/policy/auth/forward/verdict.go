package forward

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// kind is what a verdict says.
type kind uint8

const (
	accepted kind = iota
	refused
	away // the server does not answer
	busy // the gateway can't ask
)

// A verdict is what came of a question. It is not changed.
type verdict struct {
	kind     kind
	rule     string
	identity *policy.Identity
	edits    *http1.Edits // of the request
	reply    *http1.Edits // of the response
	answer   policy.Answer
	size     int           // bytes that it takes, about
	keep     time.Duration // for how long the answer may be remembered; 0: not at all
	vary     []string      // fields that the answer depends on
}

// accept makes the verdict of an answer that lets a request through.
func (a *Authenticator) accept(resp *http.Response) *verdict {
	c := &a.config
	v := &verdict{kind: accepted, size: 256}
	v.keep, v.vary = lifetime(resp)
	id := &policy.Identity{Kind: a.identity.Kind, Name: a.name}
	if c.Subject != "" {
		id.Subject = joined(resp.Header, c.Subject)
	}
	id.Scopes = words(resp.Header, c.Scopes)
	id.Roles = words(resp.Header, c.Roles)
	set := map[string]placeholder.Template{}
	var found claims
	for _, name := range c.Copy {
		value := joined(resp.Header, name)
		if v.size += len(name) + 2*len(value); v.size > mostCopied {
			return &verdict{kind: away, rule: rule + "the fields to copy are too large"}
		}
		if value != "" {
			set[name] = placeholder.Literal(value)
			found = append(found, claim{name, value})
		}
	}
	if len(found) > 0 {
		id.Claims = found
	}
	v.identity, v.edits = id, http1.Change{Set: set}.New()
	lines := ""
	for _, name := range c.ToClient {
		for _, value := range resp.Header.Values(name) {
			if valid(value) {
				lines += name + ": " + value + "\r\n"
			}
		}
	}
	if v.size += len(lines); v.size > mostCopied {
		return &verdict{kind: away, rule: rule + "the fields to copy are too large"}
	}
	if lines != "" {
		e := http1.WithLines([]byte(lines), nil)
		v.reply = &e
	}
	return v
}

// notPassed are fields of a refusal that the client does not get: those of the connection to the
// server, and those that the gateway writes itself.
var notPassed = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Content-Length", "Content-Type", "Date", "Server", "Via",
	"X-Request-Id", "Alt-Svc", "Set-Cookie2",
}

// refuse makes the verdict of an answer that the client gets.
func refuse(resp *http.Response) *verdict {
	v := &verdict{kind: refused, rule: fmt.Sprintf("%sthe server answers %d", rule,
		resp.StatusCode)}
	v.keep, v.vary = lifetime(resp)
	if resp.StatusCode < 400 {
		v.keep = 0 // a sign-in has a state of its own each time
	}
	v.answer = policy.Answer{Rule: v.rule, Status: resp.StatusCode}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		v.answer.Code = gwerr.Unauthenticated
	case http.StatusForbidden:
		v.answer.Code = gwerr.Forbidden
	case http.StatusTooManyRequests:
		v.answer.Code = gwerr.RateLimited
	}
	ends := strings.Split(strings.Join(resp.Header["Connection"], ","), ",")
	for _, name := range sorted(resp.Header) {
		if slices.Contains(notPassed, name) || !token(name) ||
			slices.ContainsFunc(ends, func(e string) bool {
				return strings.EqualFold(strings.TrimSpace(e), name)
			}) {
			continue
		}
		for _, value := range resp.Header[name] {
			if valid(value) && len(v.answer.Lines)+len(name)+len(value) < mostCopied {
				v.answer.Lines = append(v.answer.Lines, spelled(name)+": "+value+"\r\n"...)
			}
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	if err == nil && len(body) <= mostBody && len(body) > 0 {
		v.answer.Body, v.answer.ContentType = body, "application/octet-stream"
		if t := resp.Header.Get("Content-Type"); valid(t) && t != "" {
			v.answer.ContentType = t
		}
	}
	v.size = 256 + len(v.answer.Lines) + len(v.answer.Body)
	return v
}

// answerTo is the answer for a request. A gRPC call can't follow a redirect, nor read a page.
func (v *verdict) answerTo(r *policy.Request) *policy.Answer {
	if r.Call == nil || v.answer.Code != gwerr.None {
		return &v.answer
	}
	if v.answer.Status < 400 {
		return &policy.Answer{Code: gwerr.Unauthenticated, Rule: v.rule}
	}
	return &policy.Answer{Code: gwerr.Forbidden, Rule: v.rule}
}

// spelled is a name as people write it, where the library has its own way.
func spelled(name string) string {
	if name == "Www-Authenticate" {
		return "WWW-Authenticate"
	}
	return name
}

func sorted(h http.Header) (names []string) {
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// joined is the value of a field (RFC 9110 section 5.3), "" where it can't be one.
func joined(h http.Header, name string) string {
	value := strings.Join(h.Values(name), ", ")
	if !valid(value) {
		return ""
	}
	return value
}

// words are those of a field, with blanks or commas between them.
func words(h http.Header, name string) []string {
	if name == "" {
		return nil
	}
	return strings.FieldsFunc(joined(h, name), func(r rune) bool { return r == ',' || r == ' ' })
}

// valid says that a text can be the value of a field as it is.
func valid(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// token says that a text can be the name of a field.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// claims are the fields that the server has said of a client. They are policy.Claims.
type claims []claim

type claim struct{ name, value string }

// AppendClaim is policy.Claims'. The name is that of the field, in any case.
func (c claims) AppendClaim(dst []byte, name string) []byte {
	for i := range c {
		if strings.EqualFold(c[i].name, name) {
			return append(dst, c[i].value...)
		}
	}
	return dst
}

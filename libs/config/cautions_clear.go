package config

import (
	"net/url"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// inClear finds servers that decide who may come in, and that are asked over a network without TLS.
func (v *validator) inClear(a *Auth) {
	if a == nil {
		return
	}
	for i := range a.JWT {
		j, at := &a.JWT[i], text.JoinIndex("auth.jwt", i)
		v.clear(j.Issuer, text.JoinKey(at, "issuer"), "tokens are what somebody in between lets "+
			"clients have, who can see them too")
		v.clear(j.JWKS.URL, text.JoinKey(at, "jwks.url"), "whoever is in between can give other "+
			"keys, and sign tokens by them")
		if j.Introspection != nil {
			v.clear(j.Introspection.URL, text.JoinKey(at, "introspection.url"), "whoever is in "+
				"between sees tokens and client_secret, and can let anybody in")
		}
	}
	for i := range a.Forward {
		at := text.JoinKey(text.JoinIndex("auth.forward", i), "url")
		v.clear(a.Forward[i].URL, at, "whoever is in between sees credentials, and can let "+
			"anybody in")
	}
}

// clear notes a URL without TLS of a server that is not on this machine.
func (v *validator) clear(written, path, why string) {
	u, err := url.Parse(v.value(written))
	if err != nil || !strings.EqualFold(u.Scheme, "http") || u.Hostname() == "" ||
		hostname.Loopback(u.Hostname()) {
		return
	}
	v.caution(path, CodeInClear, "it is http:// to another machine: "+why,
		"write https://, or have the server on this machine")
}

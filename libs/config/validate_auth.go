package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// auth checks the authenticators.
func (v *validator) auth() {
	a := v.doc.Auth
	if a == nil {
		return
	}
	v.names("auth.jwt", "issuer", len(a.JWT), func(i int) string { return a.JWT[i].Name })
	v.names("auth.basic", "entry", len(a.Basic), func(i int) string { return a.Basic[i].Name })
	v.names("auth.api_keys", "entry", len(a.APIKeys),
		func(i int) string { return a.APIKeys[i].Name })
	v.names("auth.forward", "entry", len(a.Forward),
		func(i int) string { return a.Forward[i].Name })
	v.names("auth.client_certificates", "entry", len(a.ClientCertificates),
		func(i int) string { return a.ClientCertificates[i].Name })
	for i := range a.ClientCertificates {
		v.certified(&a.ClientCertificates[i], text.JoinIndex("auth.client_certificates", i))
	}
	for i := range a.JWT {
		v.issuer(&a.JWT[i], text.JoinIndex("auth.jwt", i))
	}
	for i := range a.Basic {
		v.basicUsers(&a.Basic[i], text.JoinIndex("auth.basic", i))
	}
	for i := range a.APIKeys {
		v.apiKeys(&a.APIKeys[i], text.JoinIndex("auth.api_keys", i))
	}
	for i := range a.Forward {
		v.forward(&a.Forward[i], text.JoinIndex("auth.forward", i))
	}
}

// authenticators are the names of the entries of auth, by kind. Every kind has its map.
func (v *validator) authenticators() map[string]map[string]bool {
	all := map[string]map[string]bool{
		AuthJWT: {}, AuthBasic: {}, AuthAPIKey: {}, AuthForward: {}, AuthClientCertificate: {},
	}
	a := v.doc.Auth
	if a == nil {
		return all
	}
	for i := range a.JWT {
		all[AuthJWT][a.JWT[i].Name] = true
	}
	for i := range a.Basic {
		all[AuthBasic][a.Basic[i].Name] = true
	}
	for i := range a.APIKeys {
		all[AuthAPIKey][a.APIKeys[i].Name] = true
	}
	for i := range a.Forward {
		all[AuthForward][a.Forward[i].Name] = true
	}
	for i := range a.ClientCertificates {
		all[AuthClientCertificate][a.ClientCertificates[i].Name] = true
	}
	return all
}

// routeAuth checks that a route names authenticators that there are.
func (v *validator) routeAuth(r *Route, at spot, all map[string]map[string]bool) {
	a, own := r.Auth, r.Auth.own()
	refs := own.named()
	if len(refs) > 0 && a.AnyOf != nil {
		v.add(at.of("auth.any_of").String(), CodeConflict, fmt.Sprintf(
			"the route has auth.%s and auth.any_of", refs[0].Kind),
			"keep one of them; any_of lists authenticators of which one is enough")
	}
	if len(refs) == 0 && a.AnyOf == nil && !v.damagedWithin(at.of("auth").String()) {
		v.add(at.of("auth").String(), CodeMissing, "it names no authenticator",
			"write one of jwt, basic, api_key, forward, client_certificate and any_of")
	}
	v.authRefs(refs, func(key string) string { return at.of("auth." + key).String() }, all)
	v.powerless(&own, nil, at.of("auth"))
	if a.AnyOf != nil && len(a.AnyOf) == 0 {
		v.add(at.of("auth.any_of").String(), CodeMissing, "it lists no authenticator",
			"without auth the route is for everybody")
	}
	for i := range a.AnyOf {
		if v.full() {
			return
		}
		refs, one := a.AnyOf[i].named(), at.item("auth.any_of", i)
		if len(refs) == 0 && !v.damagedWithin(one.String()) {
			v.add(one.String(), CodeMissing, "it names no authenticator",
				"write one of jwt, basic, api_key, forward and client_certificate")
		}
		v.authRefs(refs, func(key string) string { return one.of(key).String() }, all)
		v.powerless(&a.AnyOf[i], a, one)
	}
}

// authRefs checks that there is one reference, and that it leads somewhere. path is where a key
// stands.
func (v *validator) authRefs(
	refs []AuthRef, path func(key string) string, all map[string]map[string]bool,
) {
	if len(refs) > 1 {
		v.add(path(refs[1].Kind), CodeConflict, fmt.Sprintf(
			"there are %s and %s, and only one counts", refs[0].Kind, refs[1].Kind),
			"list both below any_of, where one of them is enough")
	}
	for _, r := range refs {
		if names := all[r.Kind]; !names[r.Name] {
			v.suggestions++
			v.add(path(r.Kind), CodeAuthRef, fmt.Sprintf(
				"no entry of %s is named %s", r.List(), text.Quote(r.Name)),
				suggest(r.Name, slices.Sorted(maps.Keys(names)), "the entries are ",
					v.suggestions))
		}
	}
}

// powerless warns of a choice that nobody meets: the users of a file have no scopes and no roles.
// of is what the route wants of everybody, nil for nothing more.
func (v *validator) powerless(c *AuthChoice, of *RouteAuth, at spot) {
	wants := len(c.Scopes)+len(c.Roles) > 0 || of != nil && len(of.Scopes)+len(of.Roles) > 0
	if c.Basic != "" && wants {
		v.caution(at.String(), CodeNobody, "users of auth.basic have neither scopes nor roles, "+
			"so this lets none of them in", "remove scopes and roles, or use another kind of auth")
	}
}

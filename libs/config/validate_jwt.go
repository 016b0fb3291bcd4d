package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// maxLeeway bounds JWT.Leeway: with more, exp would mean nothing.
const maxLeeway = 10 * time.Minute

// issuer checks an entry of auth.jwt.
func (v *validator) issuer(j *JWT, path string) {
	of := func(key string) string { return text.JoinKey(path, key) }
	if j.Issuer == "" {
		v.add(of("issuer"), CodeMissing, "the issuer is missing",
			"write the value that tokens have as iss")
	}
	v.algorithms(j, of("algorithms"))
	v.filled(j.Audiences, of("audiences"), "write whom tokens are for, as aud has it")
	v.filled(j.Types, of("types"), "write none for tokens without typ")
	v.filled(j.Require, of("require"), "write the name of a claim")
	v.filled(j.Roles, of("roles"), "write the name of a claim")
	if j.Types != nil && len(j.Types) == 0 {
		v.add(of("types"), CodeMissing, "it lists no type, so no token would count",
			"write [JWT, at+jwt, none], or remove it")
	}
	if j.Leeway > maxLeeway {
		v.add(of("leeway"), CodeValue, fmt.Sprintf("%s is more than %s", j.Leeway, maxLeeway),
			"set the clocks by NTP; 30s covers what is left")
	}
	v.places(j.From, of("from"))
	v.keys(j, of("jwks"))
	if i := j.Introspection; i != nil {
		at := of("introspection")
		v.serverURL(i.URL, text.JoinKey(at, "url"))
		v.optionalCA(i.CA, text.JoinKey(at, "ca"))
		if i.ClientSecret != "" && i.ClientID == "" {
			v.add(text.JoinKey(at, "client_id"), CodeMissing,
				"there is a client_secret, and no client_id that it is of", "add client_id:")
		}
	}
}

// algorithms checks which algorithms are named.
func (v *validator) algorithms(j *JWT, path string) {
	if j.Algorithms != nil && len(j.Algorithms) == 0 {
		v.add(path, CodeMissing, "it lists no algorithm, so no token would count",
			"write [RS256, ES256], or remove it for all")
	}
	for i, written := range j.Algorithms {
		name := v.value(written)
		if _, ok := jwt.ParseAlgorithm(name); ok || v.damagedWithin(text.JoinIndex(path, i)) {
			continue
		}
		why, hint := errors.New("is not one of the algorithms"), ""
		switch {
		case strings.EqualFold(name, "none"):
			why = errors.New("is for tokens that anybody can make")
		case strings.HasPrefix(strings.ToUpper(name), "HS"):
			why = errors.New("has a shared key, by which everybody who checks tokens can make them")
			hint = "let the issuer sign with a private key: RS256 or ES256"
		}
		if hint == "" {
			v.suggestions++
			hint = suggest(name, jwt.AlgorithmNames(), "they are ", v.suggestions)
		}
		v.wrong(text.JoinIndex(path, i), CodeValue, written, why, hint)
	}
}

// filled checks that no entry of a list is empty.
func (v *validator) filled(list []string, path, hint string) {
	for i, s := range list {
		if s == "" {
			v.add(text.JoinIndex(path, i), CodeValue, "it is empty", hint)
		}
	}
}

// places checks where requests have their tokens.
func (v *validator) places(from []string, path string) {
	if from != nil && len(from) == 0 {
		v.add(path, CodeMissing, "it lists no place, so no token would be found",
			"write [header:Authorization], or remove it")
	}
	seen := map[Carrier]int{}
	for i, written := range from {
		at := text.JoinIndex(path, i)
		if v.damagedWithin(at) {
			continue
		}
		c, err := ParseCarrier(v.value(written))
		if err != nil {
			v.wrong(at, CodeValue, written, err, "write header:NAME, cookie:NAME or query:NAME")
			continue
		}
		if before, twice := seen[c]; twice {
			v.wrong(at, CodeValue, written, fmt.Errorf("is the same as entry %d", before),
				"remove one of them")
		}
		seen[c] = i
	}
}

// keys checks where the keys of an issuer are.
func (v *validator) keys(j *JWT, path string) {
	k := &j.JWKS
	switch {
	case k.URL != "" && k.File != "":
		v.add(path, CodeConflict, "the keys come from exactly one of url and file", "")
		return
	case k.URL == "" && k.File == "" && j.Introspection == nil:
		if !v.damagedWithin(path) {
			v.add(path, CodeMissing, "nothing says where the keys of the issuer are",
				"add jwks: {url: …} or jwks: {file: …}, or introspection: for opaque tokens")
		}
		return
	}
	v.serverURL(k.URL, text.JoinKey(path, "url"))
	v.optionalCA(k.CA, text.JoinKey(path, "ca"))
	if k.File == "" {
		return
	}
	at := text.JoinKey(path, "file")
	data := v.material(func() string { return at }, v.doc.Material(k.File), wrongly)
	if data == nil {
		return
	}
	_, notes, err := jwt.ParseSet(data, jwt.Options{Private: true})
	if err != nil {
		if len(notes) > 0 {
			err = fmt.Errorf("%w: %s", err, strings.Join(notes, "; "))
		}
		v.wrong(at, CodeFile, k.File, fmt.Errorf("has no keys: %w", err),
			"a JSON Web Key Set is wanted: {\"keys\": […]}")
	}
}

// serverURL checks the address of a server that is asked, which may be absent.
func (v *validator) serverURL(written, path string) {
	if written == "" || v.damagedWithin(path) {
		return
	}
	u, err := url.Parse(v.value(written))
	if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.Fragment == "" && u.Opaque == "" {
		return
	}
	v.wrong(path, CodeValue, written, errors.New("is no URL that can be asked"),
		"write https://HOST/PATH")
}

// optionalCA checks a file of certificates to trust, which may be absent.
func (v *validator) optionalCA(file, path string) {
	if file != "" {
		v.authorities(func() string { return path }, file)
	}
}

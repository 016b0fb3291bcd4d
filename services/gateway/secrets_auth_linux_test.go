package main_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// secretAuth are the authenticators of secretFleet, and secretAuthRoutes its routes that ask them.
// No server is behind their URLs, so that the edge says what it can't reach.
const (
	secretAuth = `"auth": {
	"jwt": [
		{"name": "fetched", "issuer": "secret:env:ISSUER", "audiences": ["secret:env:AUDIENCE"],
			"types": ["secret:env:TYP"], "require": ["secret:env:CLAIM"],
			"roles": ["secret:env:ROLES"],
			"from": ["header:Authorization", "secret:env:FROM"],
			"jwks": {"url": "secret:env:JWKSURL", "ca": "secret:env:CA", "timeout": "1s"}},
		{"name": "read", "issuer": "secret:env:ISSUER",
			"jwks": {"file": "secret:env:JWKS"},
			"introspection": {"url": "secret:env:ASKURL", "client_id": "secret:env:CLIENT",
				"client_secret": "secret:env:CLIENTSECRET", "ca": "secret:env:CA",
				"timeout": "1s"}}],
	"basic": [{"name": "people", "realm": "secret:env:REALM", "file": "secret:env:USERSFILE"}],
	"api_keys": [{"name": "keys", "in": "header:Authorization", "file": "secret:env:KEYSFILE"}],
	"forward": [
		{"name": "asked", "url": "secret:env:FORWARDURL", "timeout": "1s", "security": {
			"mode": "mtls", "ca": "secret:env:CA", "cert": "secret:env:CERT",
			"key": "secret:env:KEY", "server_name": "secret:env:NAME"}},
		{"name": "pinned", "url": "secret:env:FORWARDURL", "timeout": "1s", "security": {
			"mode": "tls", "server_name": "secret:env:NAME", "pins": ["secret:env:PIN"]}}],
	"client_certificates": [{"name": "shown", "clients": [{"names": ["secret:env:SUBJECT"],
		"scopes": ["secret:env:SCOPE"], "roles": ["secret:env:ROLE"]}]}]}`
	secretAuthRoutes = `	{"name": "jwt", "path_prefix": "/auth/jwt", "cluster": "users",
		"auth": {"jwt": "fetched", "scopes": ["secret:env:SCOPE"]}},
	{"name": "read", "path_prefix": "/auth/read", "cluster": "users",
		"auth": {"jwt": "read", "roles": ["secret:env:ROLE"]}},
	{"name": "people", "path_prefix": "/auth/people", "cluster": "users",
		"auth": {"basic": "people"}},
	{"name": "keys", "path_prefix": "/auth/keys", "cluster": "users",
		"auth": {"api_key": "keys", "scopes": ["secret:env:SCOPE"]}},
	{"name": "asked", "path_prefix": "/auth/asked", "cluster": "users",
		"auth": {"forward": "asked"}},
	{"name": "pinned", "path_prefix": "/auth/pinned", "cluster": "users",
		"auth": {"forward": "pinned"}},
	{"name": "any", "path_prefix": "/auth/any", "cluster": "users",
		"auth": {"any_of": [
			{"api_key": "keys", "scopes": ["secret:env:ONESCOPE"], "roles": ["secret:env:ONEROLE"]},
			{"jwt": "read"}]}},
	{"name": "shown", "path_prefix": "/auth/shown", "cluster": "users", "listeners": ["mtls"],
		"auth": {"client_certificate": "shown", "scopes": ["secret:env:SCOPE"]}},`
)

// plantAuth plants the values of secretAuth and secretAuthRoutes.
func (p *planted) plantAuth() {
	p.t.Helper()
	for _, name := range []string{
		"AUDIENCE", "TYP", "CLAIM", "ROLES", "CLIENT", "CLIENTSECRET", "REALM", "SCOPE", "ROLE",
		"ONESCOPE", "ONEROLE",
	} {
		p.text(name, mark())
	}
	field := mark()
	p.text("FROM", "header:"+field)
	p.values["FROM"] = field
	p.text("SUBJECT", "CN="+mark())
	p.text("ISSUER", mark())
	for _, name := range []string{"JWKSURL", "ASKURL", "FORWARDURL"} {
		at := p.address(name)
		host, _, err := net.SplitHostPort(at)
		if err != nil {
			p.t.Fatal(err)
		}
		path := "/" + mark()
		p.text(name, "https://"+at+path)
		p.values[name+" host"], p.values[name+" path"] = host, path
	}
	key := sha256.Sum256([]byte(mark()))
	p.values["JWKS x"] = base64.RawURLEncoding.EncodeToString(key[:])
	p.text("JWKS", filepath.Join(p.dir, mark()))
	err := os.WriteFile(p.values["JWKS"], []byte(
		`{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "`+p.values["JWKS x"]+`"}]}`), 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	user := mark()
	const hash = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"
	p.text("USERSFILE", user+":"+hash)
	p.values["user"], p.values["hash"] = user, hash
	p.values["api key"] = mark()
	sum := sha256.Sum256([]byte(p.values["api key"]))
	p.values["sum"] = hex.EncodeToString(sum[:])
	p.text("KEYSFILE", `[{"id": "first", "sha256": "`+p.values["sum"]+`"}]`)
}

// askAuth sends what the authenticators refuse, and what they accept and is not enough.
func (p *planted) askAuth() {
	p.t.Helper()
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"a"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	for _, route := range []string{"jwt", "read", "people", "keys", "asked", "pinned", "any"} {
		for _, token := range []string{"", "opaque", unsigned, p.values["api key"]} {
			p.ask("GET", p.values["PUBLIC"], "/auth/"+route, token)
		}
	}
	if a := p.ask("GET", p.values["PUBLIC"], "/auth/keys", p.values["api key"]); !strings.Contains(
		a, "GW_FORBIDDEN") {
		p.t.Errorf("a key without the scope: %s", a)
	}
}

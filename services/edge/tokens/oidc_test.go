package tokens_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// ofProvider is what a route asks of the tokens of a provider. Its addresses are those of the
// discovery document.
const ofProvider = `
auth:
  jwt:
    - {name: main, issuer: "ISSUER", audiences: [gateway], jwks: {url: "KEYS"}, algorithms: [ALGORITHM]}
    - name: asked
      issuer: "ISSUER"
      audiences: [gateway]
      introspection: {url: "ASK", client_id: "edge one", client_secret: "SECRET", ttl: 0s}
    - name: both
      issuer: "ISSUER"
      audiences: [gateway]
      jwks: {url: "KEYS"}
      introspection: {url: "ASK", client_id: edge, client_secret: "SECRET", ttl: 1h}
    - name: wrong
      issuer: "ISSUER"
      introspection: {url: "ASK", client_id: edge, client_secret: guessed}
routes:
  - name: main
    path_prefix: /main
    cluster: echo
    auth: {jwt: main, scopes: [read]}
    headers: {request: {set: {X-User: "{auth.subject}", X-Dept: "{auth.claim.dept}"}}}
  - name: asked
    path_prefix: /asked
    cluster: echo
    auth: {jwt: asked, scopes: [read]}
    headers: {request: {set: {X-User: "{auth.subject}", X-Dept: "{auth.claim.dept}"}}}
  - {name: both, path_prefix: /both, cluster: echo, auth: {jwt: both, scopes: [read]}}
  - {name: wrong, path_prefix: /wrong, cluster: echo, auth: {jwt: wrong}}
`

// startFor runs an edge for the tokens of a provider.
func startFor(t *testing.T, p *provider, algorithm jose.SignatureAlgorithm) *edge {
	t.Helper()
	return start(t, p.URL, strings.NewReplacer("KEYS", p.endpoint(t, "jwks_uri"),
		"ASK", p.endpoint(t, "introspection_endpoint"), "ALGORITHM", string(algorithm),
		"SECRET", providerSecret).Replace(ofProvider))
}

// knows looks whether the endpoint is told whose request it is.
func knows(user, dept string) func(*testing.T, *http.Response, string) {
	return func(t *testing.T, r *http.Response, body string) {
		t.Helper()
		if r.StatusCode != 200 || !strings.Contains(body, "X-User: "+user+"\r\n") ||
			!strings.Contains(body, "X-Dept: "+dept+"\r\n") ||
			strings.Contains(body, "Authorization") {
			t.Errorf("%s: %d %s", r.Proto, r.StatusCode, body)
		}
	}
}

// Tokens that a provider signs, by each kind of key: audience, scopes, issuer and claims count, and
// so do keys that are new.
func TestSignedTokensOfAProvider(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []jose.SignatureAlgorithm{
		jose.RS256, jose.PS384, jose.ES256, jose.ES512, jose.EdDSA,
	} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, algorithm)
			p.claims = map[string]any{"dept": "sales"}
			other := newProvider(t, algorithm)
			e := startFor(t, p, algorithm)
			good := p.token(t, "app", "aud:gateway aud:more read write")
			for range 2 {
				e.ask(t, "/main", bearer(good), knows("user of app", "sales"))
			}
			for name, tc := range map[string]struct {
				token  string
				status int
			}{
				"another audience": {p.token(t, "app", "aud:other read"), 401},
				"no audience":      {p.token(t, "app", "read"), 401},
				"a scope lacks":    {p.token(t, "app", "aud:gateway write"), 403},
				"another provider": {other.token(t, "app", "aud:gateway read"), 401},
				"an opaque one":    {p.token(t, "opaque", "aud:gateway read"), 401},
			} {
				e.ask(t, "/main", bearer(tc.token), func(t *testing.T, r *http.Response, _ string) {
					if r.StatusCode != tc.status {
						t.Errorf("%s: %d, want %d", name, r.StatusCode, tc.status)
					}
				})
			}
			p.rotate(t, algorithm, "second")
			fresh := p.token(t, "app", "aud:gateway read")
			e.ask(t, "/main", bearer(fresh), knows("user of app", "sales"))
			e.ask(t, "/main", bearer(good), wants(200)) // its key is still published
			p.Close()
			e.ask(t, "/main", bearer(fresh), wants(200))
		})
	}
}

// A key that the provider has left out counts no more, nor does a token that was let in with it.
func TestAKeyThatAProviderLeavesOut(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jose.ES256)
	e := startFor(t, p, jose.ES256)
	old := p.token(t, "app", "aud:gateway read")
	e.ask(t, "/main", bearer(old), wants(200))
	p.rotate(t, jose.ES256, "second")
	p.forget()
	fresh := p.token(t, "app", "aud:gateway read")
	e.ask(t, "/main", bearer(fresh), wants(200))
	e.ask(t, "/main", bearer(old), wants(401))
}

// Opaque tokens of a provider, which the edge asks it about (RFC 7662).
func TestOpaqueTokensOfAProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t, jose.RS256)
	p.claims = map[string]any{"dept": "sales"}
	other := newProvider(t, jose.RS256)
	e := startFor(t, p, jose.RS256)
	good := p.token(t, "opaque", "aud:gateway read")
	signed := p.token(t, "app", "aud:gateway read")
	e.ask(t, "/asked", bearer(good), knows("user of opaque", "sales"))
	e.ask(t, "/asked", bearer(signed), knows("user of app", "sales"))
	e.ask(t, "/both", bearer(good), wants(200))
	e.ask(t, "/both", bearer(signed), wants(200))
	for name, tc := range map[string]struct {
		token  string
		status int
	}{
		"another audience": {p.token(t, "opaque", "aud:other read"), 401},
		"a scope lacks":    {p.token(t, "opaque", "aud:gateway"), 403},
		"another provider": {other.token(t, "opaque", "aud:gateway read"), 401},
		"a part of one":    {good[:len(good)-3], 401},
	} {
		for _, path := range []string{"/asked", "/both"} {
			e.ask(t, path, bearer(tc.token), func(t *testing.T, r *http.Response, _ string) {
				if r.StatusCode != tc.status {
					t.Errorf("%s %s: %d, want %d", path, name, r.StatusCode, tc.status)
				}
			})
		}
	}
	e.ask(t, "/wrong", bearer(good), wants(503)) // the provider does not know this gateway
	p.revoke()
	e.ask(t, "/asked", bearer(good), wants(401))
	e.ask(t, "/both", bearer(good), wants(200)) // remembered for an hour
	p.Close()
	e.ask(t, "/asked", bearer(good), wants(503))
	e.ask(t, "/both", bearer(signed), wants(200))
}

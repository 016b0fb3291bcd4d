package causes_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signing makes a key, as a set that the edge reads, and what signs claims by it.
func signing(t *testing.T) (set string, sign func(claims string) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	edgetest.Must(t, err)
	point, err := key.PublicKey.Bytes()
	edgetest.Must(t, err)
	set = fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"one","use":"sig","x":%q,"y":%q}]}`,
		encoded(point[1:33]), encoded(point[33:]))
	return set, func(claims string) string {
		text := encoded([]byte(`{"alg":"ES256","kid":"one"}`)) + "." + encoded([]byte(claims))
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		edgetest.Must(t, err)
		var signature [64]byte
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return text + "." + encoded(signature[:])
	}
}

const authConfig = `
auth:
  jwt: [{name: main, issuer: "https://id.test", audiences: [gateway], algorithms: [ES256],
    jwks: {file: keys.json}}]
  api_keys: [{name: keys, file: keys.yaml}]
  forward: [{name: gone, url: "http://127.0.0.1:1/planted"}]
  client_certificates: [{name: machines, clients: [{names: ["*.machine.test"]}]}]
`

// with is a request with one more line.
func with(line string) string {
	return "GET PATH HTTP/1.1\r\nHost: a.test\r\n" + line + "\r\n\r\n"
}

// Everything for which clients are refused that do not say who they are, or may not.
func TestFailuresOfAuth(t *testing.T) {
	t.Parallel()
	set, sign := signing(t)
	claims := func(issuer string, expires time.Duration) string {
		return "Authorization: Bearer " + sign(fmt.Sprintf(
			`{"iss":%q,"aud":"gateway","sub":"alice","exp":%d,"scope":"read"}`, issuer,
			time.Now().Add(expires).Unix()))
	}
	all := []failing{
		{
			name: "no token", route: "auth: {jwt: main}", status: 401, code: "GW_UNAUTHENTICATED",
			kind: "credentials", want: []string{"auth.jwt"}, hint: "Send credentials",
		},
		{
			name: "an old token", route: "auth: {jwt: main}", status: 401, kind: "credentials",
			code: "GW_UNAUTHENTICATED", request: with(claims("https://id.test", -time.Hour)),
			want: []string{"auth.jwt", "expired"},
		},
		{
			name: "a foreign token", route: "auth: {jwt: main}", status: 401, kind: "credentials",
			code: "GW_UNAUTHENTICATED", request: with(claims("https://evil.test", time.Hour)),
			want: []string{"auth.jwt", "issuer"},
		},
		{
			name: "little scope", route: "auth: {jwt: main, scopes: [write]}", status: 403,
			code: "GW_FORBIDDEN", request: with(claims("https://id.test", time.Hour)),
			kind: "permission", want: []string{"the scope write is missing"}, hint: "the scope",
		},
		{
			name: "an unknown key", route: "auth: {api_key: " +
				"keys}", status: 401, kind: "credentials",
			code: "GW_UNAUTHENTICATED", request: with("X-API-Key: planted"),
			want: []string{"auth.api_key"},
		},
		{
			name: "nobody to ask", route: "auth: {forward: " +
				"gone}", status: 503, kind: "auth_unavailable",
			code: "GW_AUTH_UNAVAILABLE", want: []string{"auth.forward"}, hint: "is not there",
		},
		{
			name: "no machine", route: "auth: {client_certificate: machines}", status: 401,
			code: "GW_UNAUTHENTICATED", kind: "client_certificate", do: over("secured"),
			want: []string{"auth.client_certificate: the client shows none"}, untold: "token",
		},
		{
			name: "another machine", route: "auth: {client_certificate: machines}", status: 401,
			code: "GW_UNAUTHENTICATED", kind: "client_certificate",
			do: func(t *testing.T, s *scene, path string) {
				over("secured", s.authority.Leaf(t, nil, "b.other.test").TLS(t))(t, s, path)
			},
			want: []string{
				"auth.client_certificate: no entry fits the certificate, which has the names " +
					"CN=b.other.test and b.other.test",
			},
		},
		{
			name: "a certificate of another", status: 403, code: "GW_FORBIDDEN",
			route: `client_certificate: {names: ["*.machine.test"]}`, kind: "client_certificate",
			do: func(t *testing.T, s *scene, path string) {
				over("secured", s.authority.Leaf(t, nil, "b.other.test").TLS(t))(t, s, path)
			},
			want: []string{
				"the client's has the names CN=b.other.test and b.other.test, and the route is " +
					"for *.machine.test",
			},
			hint: "lists the names", untold: "token",
		},
		{
			name: "against the contract", route: "path: /against-the-contract, openapi: " +
				"{spec: api.yaml, requests: enforce}", status: 400, code: "GW_CONTRACT_REQUEST",
			kind: "contract", want: []string{"openapi"},
		},
	}
	for i := range all {
		all[i].serve = answer
	}
	s := start(t, all, authConfig, map[string]string{
		"keys.json": set,
		"keys.yaml": fmt.Sprintf("keys:\n- {id: a, sha256: %x}\n", sha256.Sum256([]byte("other"))),
		"api.yaml": "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\n" +
			"paths: {/against-the-contract: {get: {parameters: [{name: n, in: query, " +
			"required: true, schema: {type: integer}}], responses: {\"200\": {description: " +
			"ok}}}}}\n",
	})
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			s.check(t, &all[i])
			if f := &all[i]; f.do == nil {
				found := s.lines(func(l *line) bool { return l.Code == f.code })
				why := s.ask(t, found[len(found)-1].ID)
				if why.StoppedBy == "" || why.Status < http.StatusBadRequest {
					t.Errorf("why does not say which policy it was: %+v", why)
				}
			}
		})
	}
}

package tokens_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const withServer = `
auth:
  jwt:
    - name: main
      issuer: https://id.test
      audiences: [gateway]
      jwks: {url: "ISSUER/keys"}
      introspection: {url: "ISSUER/ask", client_id: edge, client_secret: planted-secret}
    - name: opaque
      issuer: https://id.test
      introspection: {url: "ISSUER/ask", client_id: edge, client_secret: planted-secret, ttl: 0s}
routes:
  - {name: main, path_prefix: /main, cluster: echo, auth: {jwt: main, scopes: [read]},
     headers: {request: {set: {X-User: "{auth.subject}"}}}}
  - {name: opaque, path_prefix: /opaque, cluster: echo, auth: {jwt: opaque}}
`

func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.answers["good"] = `{"active":true,"sub":"bob","scope":"read"}`
	i.answers["little"] = `{"active":true,"sub":"bob","scope":"x"}`
	i.answers["foreign"] = `{"active":true,"iss":"https://other.test","scope":"read"}`
	e := start(t, i.URL, withServer)
	e.ask(t, "/main", bearer("good"), func(t *testing.T, r *http.Response, body string) {
		if r.StatusCode != 200 || !strings.Contains(body, "X-User: bob\r\n") {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
	if n := i.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	e.ask(t, "/main", bearer("little"), wants(403))
	e.ask(t, "/main", bearer("foreign"), wants(401))
	e.ask(t, "/main", bearer("other"), wants(401))
	e.ask(t, "/main", bearer(i.token(t, nil)), wants(200))
	before := i.asked.Load()
	e.ask(t, "/opaque", bearer(i.token(t, nil)), wants(401)) // the server does not know it
	e.ask(t, "/opaque", bearer("good"), wants(200))
	if n := i.asked.Load() - before; n != 4 {
		t.Errorf("asked %d times, and each request is to be asked about", n)
	}
	i.Close()
	e.ask(t, "/main", bearer("good"), wants(200)) // remembered
	e.ask(t, "/main", bearer("new"), wants(503))
	e.ask(t, "/opaque", bearer("good"), wants(503))
	if text := e.Stderr() + e.Stdout(); strings.Contains(text, "planted-secret") {
		t.Error("the secret is in a log")
	}
}

// A server that answers a byte at a time, or without an end, takes as long and as much as it may.
func TestServersThatAreHostile(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[`+strings.Repeat(`{"kty":"oct"},`, 9_999)+`{}]}`)
	})
	mux.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		piece, pause := strings.Repeat(" ", 1<<20), time.Duration(0)
		if r.FormValue("token") == "slow" {
			piece, pause = " ", 50*time.Millisecond
		}
		for range 1 << 10 {
			if _, err := io.WriteString(w, piece); err != nil ||
				http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-time.After(pause):
			}
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	e := start(t, server.URL, withServer)
	before, err := e.RSS()
	if err != nil {
		t.Fatal(err)
	}
	e.ask(t, "/main", bearer("huge"), wants(503))
	e.ask(t, "/main", bearer("slow"), wants(503))
	e.ask(t, "/main", bearer(newIssuer(t).token(t, nil)), wants(503))
	testkit.Eventually(t, "the log says why", func() bool {
		return strings.Contains(e.Stderr(), "10000 keys, and 1000 are the most")
	})
	after, err := e.RSS()
	if err != nil {
		t.Fatal(err)
	}
	if after-before > 100<<20 {
		t.Errorf("the edge has grown from %d to %d bytes", before, after)
	}
}

// A token of a megabyte does not fit into the head of a request. One that does, and is longer than
// any token, is refused before anything of it is read.
func TestTokensThatAreTooLong(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	e := start(t, i.URL, withServer)
	c := testkit.Dial(t, e.Addr("plain"))
	r := c.Exchange(t, "GET", "GET /main HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+
		strings.Repeat("a", 1<<20)+"\r\n\r\n")
	if r.Status != 431 {
		t.Errorf("a megabyte: %d", r.Status)
	}
	e.ask(t, "/main", bearer(strings.Repeat("a", 20<<10)), wants(401))
	if i.asked.Load() != 0 {
		t.Error("the server is asked about a token that is too long")
	}
}

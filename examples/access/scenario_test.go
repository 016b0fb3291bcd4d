// Package access_test does what this folder's README does, step by step, so that the README stays
// true.
package access_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/access"
	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// app is the README's upstream: it answers with the fields of the request that it got.
func app(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte("GET " + r.URL.Path + "\n"))
	_ = r.Header.Write(w)
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func start(t *testing.T) (edge *exampletest.Edge, gate *httptest.Server) {
	t.Helper()
	gate = serve(t, access.Gate())
	replace := map[string]string{
		"127.0.0.1:9000": serve(t, http.HandlerFunc(app)).Listener.Addr().String(),
		"127.0.0.1:9001": gate.Listener.Addr().String(),
	}
	for _, name := range []string{"users.htpasswd", "keys.yaml", "jwks.json"} {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		replace["file: "+name] = "file: " + path
	}
	return exampletest.Start(t, replace), gate
}

// fields are names and values by turns.
func fields(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestAccess(t *testing.T) {
	edge, _ := start(t)
	ana := fields("Authorization", "Basic YW5hOm15UGFzc3dvcmQ=", "X-User", "root")
	wrong := fields("Authorization", "Basic YW5hOndyb25n")
	key := fields("X-Api-Key", "EXAMPLE")
	bob := fields("Authorization", "Bearer "+access.Token)
	forged := fields("Authorization", "Bearer "+access.Token[:len(access.Token)-4]+"AAAA")
	for _, tc := range []struct {
		method, path string
		header       http.Header
		status       int
		user         string // as the app learns it
		challenge    string // the beginning of WWW-Authenticate
	}{
		{"GET", "/staff", nil, 401, "", `Basic realm="staff", charset="UTF-8"`},
		{"GET", "/staff", wrong, 401, "", "Basic "},
		{"GET", "/staff", ana, 200, "ana", ""},
		{"GET", "/partners", nil, 401, "", "ApiKey"},
		{"GET", "/partners", key, 200, "partner-a", ""},
		{"GET", "/api/1", nil, 401, "", `Bearer realm="main"`},
		{"GET", "/api/1", key, 401, "", "Bearer"},
		{"GET", "/api/1", forged, 401, "", `Bearer realm="main", error="invalid_token"`},
		{"GET", "/api/1", bob, 200, "bob", ""},
		{
			"PUT", "/api/1", bob, 403, "",
			`Bearer realm="main", error="insufficient_scope", scope="orders.write"`,
		},
		{"GET", "/orders", nil, 401, "", "Bearer"},
		{"GET", "/orders", key, 200, "partner-a", ""},
		{"GET", "/orders", bob, 200, "bob", ""},
		{"GET", "/orders", ana, 401, "", "Bearer"},
		{"GET", "/pages/1", fields("Cookie", "user=eve"), 200, "eve", ""},
		{"GET", "/pages/1", fields("X-User", "root", "X-Plan", "gold"), 302, "", ""},
		{"GET", "/elsewhere", bob, 404, "", ""},
	} {
		a := edge.Do(t, tc.method, tc.path, tc.header.Clone())
		if a.Status != tc.status ||
			!strings.HasPrefix(a.Header.Get("WWW-Authenticate"), tc.challenge) {
			t.Errorf("%s %s with %v: %d %v %q", tc.method, tc.path, tc.header, a.Status, a.Header,
				a.Body)
			continue
		}
		if a.Status != 200 {
			continue
		}
		if !strings.Contains(a.Body, "X-User: "+tc.user+"\r\n") ||
			strings.Contains(a.Body, "root") || strings.Contains(a.Body, "Authorization") ||
			strings.Contains(a.Body, "EXAMPLE") {
			t.Errorf("%s with %v: the app gets %q", tc.path, tc.header, a.Body)
		}
		if gold := strings.Contains(a.Body, "X-Plan: gold"); gold != (tc.path == "/pages/1") {
			t.Errorf("%s: the app gets %q", tc.path, a.Body)
		}
	}
	if a := edge.Do(t, "GET", "/pages/1", nil); a.Header.Get("Location") !=
		"/sign-in?to=%2Fpages%2F1" {
		t.Errorf("who has not signed in is sent to %q", a.Header.Get("Location"))
	}
}

func TestTheServerIsAway(t *testing.T) {
	edge, gate := start(t)
	gate.Close()
	eve := fields("Cookie", "user=eve")
	if a := edge.Do(t, "GET", "/pages/1", eve); a.Status != 503 ||
		!strings.Contains(a.Body, "GW_AUTH_UNAVAILABLE") {
		t.Errorf("%d %q", a.Status, a.Body)
	}
	if a := edge.Do(t, "GET", "/partners", fields("X-Api-Key", "EXAMPLE")); a.Status != 200 {
		t.Errorf("a route that does not need it: %d %q", a.Status, a.Body)
	}
}

func TestTheReadmeHasTheToken(t *testing.T) {
	if b, err := os.ReadFile("README.md"); err != nil ||
		!strings.Contains(string(b), "TOKEN="+access.Token+"\n") {
		t.Errorf("README.md does not have %s (%v)", access.Token, err)
	}
}

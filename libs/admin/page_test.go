package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// page asks a service for a page, as a browser does.
func page(s *service, path string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	admin.New(s.Options).Handler().ServeHTTP(w, r)
	return w
}

func TestThePageTellsWhatAnOperatorAsks(t *testing.T) {
	s := afterReloads()
	s.snapshot.Clusters[1].Endpoints[0].LastFailure = &admin.EndpointFailure{
		Reason: "it refused the connection", Time: started,
	}
	w := page(s, "/")
	for _, want := range []string{
		"127.0.0.1:8080", "a.test", "127.0.0.1:9001", "weight 1 of 1", "as configured",
		"it refused the connection", "b.example", "/b/…", `href="/why/known"`,
		"127.0.0.1:1 refused the connection", "GW_UPSTREAM_CONNECT", "7 lines of the access log",
		"up for 1m30s", "2026-01-02 03:04:05Z",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if got := w.Header().Get("Content-Type"); w.Code != 200 ||
		got != "text/html; charset=utf-8" {
		t.Errorf("%d %s", w.Code, got)
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") ||
		strings.Contains(policy, "unsafe") || strings.Contains(w.Body.String(), "<script") ||
		strings.Contains(w.Body.String(), "style=") {
		t.Errorf("the policy is %s", policy)
	}
	empty := with(func(s *service) {
		s.snapshot = admin.Snapshot{}
		s.Catalog = nil
		s.Failures = func(int) []admin.Explanation { return nil }
	})
	if w := page(empty, "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "none") {
		t.Errorf("a service with nothing: %d", w.Code)
	}
}

// What clients and endpoints send is text on the pages, wherever it stands.
func TestNothingOnAPageIsMarkup(t *testing.T) {
	const bad = `"><script>alert(1)</script>'{{.}}`
	e := admin.Explanation{
		ID: "../" + bad, Client: bad, Listener: bad, Protocol: bad, Method: bad, Host: bad,
		Path: "/" + bad, Route: bad, RouteWhy: bad, Status: 502, Code: bad, Message: bad, Hint: bad,
		Cause: bad, Key: bad, Limit: bad, Met: bad, Policies: []string{bad}, StoppedBy: bad,
		Endpoints: []admin.EndpointWeight{{Address: bad}},
		Nearest:   []admin.NearRoute{{Route: bad, Why: bad}},
		Attempts:  []admin.Attempt{{Endpoint: bad, Outcome: bad, Failure: bad}},
		Mirrors:   []admin.Mirror{{Cluster: bad, Endpoint: bad, ID: bad}},
	}
	s := with(func(s *service) {
		s.snapshot = admin.Snapshot{
			State: admin.State(bad), Reason: bad, Digest: bad, Source: bad,
			Listeners: []admin.Listener{{Name: bad, Address: bad, Protocol: bad,
				Certificates: []admin.Certificate{{Names: []string{bad}}}}},
			Clusters: []admin.Cluster{{Name: bad, Balance: bad, Endpoints: []admin.Endpoint{{
				Address: bad, Reason: bad, LastFailure: &admin.EndpointFailure{Reason: bad},
			}}}},
			Reloads:   []admin.Receipt{{Trigger: bad, Result: bad, Message: bad}},
			LastError: &admin.Receipt{Message: bad},
		}
		s.Version = bad
		s.Catalog = func() []admin.CatalogRoute {
			return []admin.CatalogRoute{{
				Name: bad, Hosts: []string{bad}, Path: bad, Methods: []string{bad},
				Clusters: []admin.CatalogShare{{Cluster: bad}},
			}}
		}
		s.Failures = func(int) []admin.Explanation { return []admin.Explanation{e} }
		s.Why = func(string) (admin.Explanation, bool) { return e, true }
	})
	for _, path := range []string{"/", "/why/any"} {
		body := page(s, path).Body.String()
		if strings.Contains(body, "<script") || strings.Contains(body, `"><s`) ||
			strings.Contains(body, `href="/why/../`) {
			t.Errorf("%s has markup of others:\n%s", path, body)
		}
	}
}

// A browser that asks why gets a page; programs go on to get JSON.
func TestWhyIsAPageForBrowsers(t *testing.T) {
	for accept, html := range map[string]bool{
		"text/html,application/xhtml+xml,*/*;q=0.8": true, "TEXT/HTML": true,
		"*/*": false, "application/json": false, "": false, "text/html;q=0": false,
	} {
		w := page(live(), "/why/known", "Accept", accept)
		kind := w.Header().Get("Content-Type")
		if got := strings.HasPrefix(kind, "text/html"); w.Code != 200 || got != html ||
			w.Header().Get("Vary") != "Accept" {
			t.Errorf("%q gets %d %s", accept, w.Code, kind)
		}
	}
	if w := page(live(), "/why/other"); w.Code != 404 {
		t.Errorf("an ID that is not known: %d", w.Code)
	}
}

// With a token a browser asks for it as a password, which counts for what only reads.
func TestThePageNeedsTheToken(t *testing.T) {
	request := func(method, path, user, password string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://gateway.test"+path, nil)
		r.Header.Set("Accept", "text/html")
		if user+password != "" {
			r.SetBasicAuth(user, password)
		}
		w := httptest.NewRecorder()
		admin.New(locked().Options).Handler().ServeHTTP(w, r)
		return w
	}
	w := request("GET", "/", "", "")
	if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") ||
		strings.Contains(w.Body.String(), "demo") {
		t.Errorf("without the token: %d %v", w.Code, w.Header())
	}
	for _, c := range []struct {
		method, path, user, password string
		status                       int
	}{
		{"GET", "/", "me", "secret", 200}, {"GET", "/", "", "secret", 200},
		{"HEAD", "/", "me", "secret", 200}, {"GET", "/why/known", "me", "secret", 200},
		{"GET", "/", "secret", "", 401}, {"GET", "/", "me", "secre", 401},
		{"POST", "/reload", "me", "secret", 401}, {"POST", "/drain", "me", "secret", 401},
	} {
		if w := request(c.method, c.path, c.user, c.password); w.Code != c.status {
			t.Errorf("%s %s with %s:%s: %d, want %d", c.method, c.path, c.user, c.password, w.Code,
				c.status)
		}
	}
}

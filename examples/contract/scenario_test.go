// Package contract_test does what this folder's README does, step by step, so that the README stays
// true.
package contract_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// site is the gateway of this folder, with the server behind it.
type site struct {
	*exampletest.Edge
	document string // a copy of api.yaml, which the gateway watches
	client   *http.Client
}

func start(t *testing.T) *site {
	t.Helper()
	api := httptest.NewServer(demo.Handler())
	t.Cleanup(api.Close)
	text, err := os.ReadFile("api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{document: filepath.Join(t.TempDir(), "api.yaml"), client: &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}}
	if err := os.WriteFile(s.document, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Edge = exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": api.Listener.Addr().String(), "spec: api.yaml": "spec: " + s.document,
	})
	return s
}

// order sends an order to a path, and returns the status and what the client gets.
func (s *site) order(t *testing.T, path, order string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.Addr("public")+path,
		strings.NewReader(order))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// wrong is what an error says is wrong: its code, then where and which rule of each violation.
func wrong(t *testing.T, text string) []string {
	t.Helper()
	var e struct {
		Error struct {
			Code       string
			Violations []struct{ Where, Pointer, Rule string }
		}
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	all := []string{e.Error.Code}
	for _, v := range e.Error.Violations {
		all = append(all, v.Where+" "+v.Pointer+" "+v.Rule)
	}
	return all
}

func TestRequests(t *testing.T) {
	s := start(t)
	const good, bad = `{"item": "book", "count": 2}`, `{"item": "book", "count": "2", "gift": true}`
	for _, path := range []string{"/echo", "/strict/echo", "/shadow/echo"} {
		if status, text := s.order(t, path, good); status != 200 || text != good {
			t.Errorf("%s: a good order: %d %q", path, status, text)
		}
		status, text := s.order(t, path, bad)
		if path == "/shadow/echo" {
			if status != 200 || text != bad {
				t.Errorf("%s: a bad order: %d %q", path, status, text)
			}
			continue
		}
		if got := wrong(t, text); status != 400 || !slices.Equal(got, []string{
			"GW_CONTRACT_REQUEST", "body /count type", "body /gift additionalProperties",
		}) {
			t.Errorf("%s: a bad order: %d %q", path, status, got)
		}
	}
	a := s.Do(t, "GET", "/users/x", nil)
	if got := wrong(t, a.Body); a.Status != 400 || got[1] != "path /id type" {
		t.Errorf("%d %q", a.Status, got)
	}
	if a := s.Do(t, "GET", "/shadow/users/x", nil); a.Status != 404 ||
		!strings.Contains(a.Body, "there is no such user") {
		t.Errorf("in shadow: %d %q", a.Status, a.Body)
	}
}

func TestResponses(t *testing.T) {
	s := start(t)
	const ada = "Ada Lovelace"
	for _, path := range []string{"/users/1", "/shadow/users/1"} {
		if a := s.Do(t, "GET", path, nil); a.Status != 200 || !strings.Contains(a.Body, ada) {
			t.Errorf("%s: %d %q", path, a.Status, a.Body)
		}
	}
	a := s.Do(t, "GET", "/strict/users/1", nil)
	if got := wrong(t, a.Body); a.Status != 502 || !slices.Equal(got, []string{
		"GW_CONTRACT_RESPONSE", "body  required",
	}) {
		t.Errorf("%d %q", a.Status, got)
	}
	testkit.Eventually(t, "the response is counted", func() bool {
		return strings.Contains(s.metrics(t), `gateway_contract_violations_total{message="response",`+
			`operation="getUser",route="api",rule="required",where="body"} 1`)
	})

	text, err := os.ReadFile(s.document)
	if err != nil {
		t.Fatal(err)
	}
	fresh := strings.Replace(string(text), "email, since]", "email]", 1)
	if err := os.WriteFile(s.document, []byte(fresh), 0o600); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the new document counts", func() bool {
		a := s.Do(t, "GET", "/strict/users/1", nil)
		return a.Status == 200 && strings.Contains(a.Body, ada)
	})
}

func (s *site) metrics(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET",
		"http://"+s.Addr("admin")+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

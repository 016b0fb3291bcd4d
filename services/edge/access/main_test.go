// Package access_test has tests of who may use the routes of an edge: users with passwords, API
// keys, servers that are asked, client certificates, and several of these at a time.
package access_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A seen request is one that came to an application or to a server that is asked.
type seen struct {
	method, target string
	header         http.Header
}

// An app answers every request with 200 and remembers the last ones.
type app struct {
	address string
	// before may answer in its place; true: it has.
	before func(w http.ResponseWriter, r *http.Request) bool

	mu  sync.Mutex
	all []seen // guarded by mu
}

func newApp(t *testing.T, before func(http.ResponseWriter, *http.Request) bool) *app {
	t.Helper()
	a := &app{before: before}
	a.address = edgetest.Serve(t, nil, "http1", http.HandlerFunc(a.serve))
	return a
}

func (a *app) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.all = append(a.all, seen{r.Method, r.RequestURI, r.Header.Clone()})
	a.mu.Unlock()
	if a.before != nil && a.before(w, r) {
		return
	}
	_, _ = io.WriteString(w, "the app")
}

func (a *app) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.all)
}

func (a *app) last(t *testing.T) seen {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.all) == 0 {
		t.Fatal("no request has come")
	}
	return a.all[len(a.all)-1]
}

// A front is an edge with the listeners "plain" and "tls", as edgetest.ClientOf wants them.
type front struct {
	*edgetest.Reloadable
	authority *testkit.Authority
	dir       string
}

// configuration is that of a front in front of an app. routes and auth are YAML in brackets.
func configuration(a *app, routes, auth string) string {
	return fmt.Sprintf(`version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
admin: {address: "127.0.0.1:0"}
clusters: [{name: app, endpoints: [{address: %q}]}]
routes: %s
auth: %s
`, a.address, routes, auth)
}

// start runs an edge; files are beside its configuration.
func start(t *testing.T, configuration string, files map[string]string) *front {
	t.Helper()
	f := &front{authority: testkit.NewAuthority(t), dir: t.TempDir()}
	f.authority.Leaf(t, nil, testkit.FrontName).Write(t, f.dir, "front")
	for name, text := range files {
		f.put(t, name, text)
	}
	f.Reloadable = edgetest.StartReloadableIn(t, f.dir, configuration)
	return f
}

// put puts a file in the place of another.
func (f *front) put(t *testing.T, name, text string) {
	t.Helper()
	if err := testkit.Replace(filepath.Join(f.dir, name), text); err != nil {
		t.Fatal(err)
	}
}

// each runs a test over every protocol.
func (f *front) each(t *testing.T, test func(t *testing.T, c *asker)) {
	t.Helper()
	for _, p := range []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"} {
		t.Run(p, func(t *testing.T) { test(t, f.client(t, p)) })
	}
}

func (f *front) client(t *testing.T, protocol string) *asker {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.authority, f.Process, protocol)
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &asker{c, base}
}

// An asker sends requests over one protocol.
type asker struct {
	client *http.Client
	base   string // scheme and address
}

// ask sends a request, whose header lines are "Name: value", and returns the answer with its body.
func (c *asker) ask(t *testing.T, request string, lines ...string) (*http.Response, string) {
	t.Helper()
	method, target, ok := strings.Cut(request, " ")
	if !ok {
		method, target = "GET", request
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header[name] = append(r.Header[name], value)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return resp, string(body)
}

// is asks, and wants a status.
func (c *asker) is(t *testing.T, status int, request string, lines ...string) *http.Response {
	t.Helper()
	resp, body := c.ask(t, request, lines...)
	if resp.StatusCode != status {
		t.Errorf("%s %q: %d, and %d is right: %s", request, lines, resp.StatusCode, status, body)
	}
	return resp
}

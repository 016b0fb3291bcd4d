// Package mirror_test has tests of an edge that mirrors requests: what other clusters get, what
// becomes of the requests themselves when those fail, and how answers are compared.
package mirror_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// seen is a request as an endpoint got it.
type seen struct {
	line, host, body string
	header           http.Header
}

// An endpoint remembers the requests that it got, and answers.
type endpoint struct {
	address string
	// answer, unless it is nil, answers in place of a 200.
	answer http.HandlerFunc

	mu  sync.Mutex
	got []seen
}

// serve runs an endpoint that speaks one protocol of clusters.
func serve(t *testing.T, protocol string, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{answer: answer}
	e.address = edgetest.Serve(t, testkit.NewAuthority(t), protocol, e)
	return e
}

// ServeHTTP is http.Handler's.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.got = append(e.got, seen{r.Method + " " + r.RequestURI, r.Host, string(body), r.Header})
	e.mu.Unlock()
	if e.answer != nil {
		e.answer(w, r)
		return
	}
	fmt.Fprint(w, "ok")
}

// requests are those that it got.
func (e *endpoint) requests() []seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]seen(nil), e.got...)
}

// wait waits until it got n requests, and returns them.
func (e *endpoint) wait(t *testing.T, n int) []seen {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d copies have come", n),
		func() bool { return len(e.requests()) >= n })
	return e.requests()
}

// A front is an edge with the listeners "plain" and "tls", as edgetest.ClientOf wants them.
type front struct {
	*edgetest.Reloadable
	authority *testkit.Authority
}

// configuration is that of a front: more are its clusters beside app, which is at an address, and
// route are the keys of its route beside the name.
func configuration(app, more, route string) string {
	return `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
clusters:
  - {name: app, endpoints: [{address: "` + app + `"}]}
` + indent(more) + `
routes:
  - name: app
    ` + strings.ReplaceAll(strings.TrimSpace(route), "\n", "\n    ") + "\n"
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// shadow is a cluster that requests are mirrored to.
func shadow(address string, keys ...string) string {
	return fmt.Sprintf("- {name: shadow, endpoints: [{address: %q}]%s}", address,
		strings.Join(append([]string{""}, keys...), ", "))
}

func start(t *testing.T, configuration string) *front {
	t.Helper()
	f := &front{authority: testkit.NewAuthority(t)}
	dir := t.TempDir()
	f.authority.Leaf(t, nil, testkit.FrontName).Write(t, dir, "front")
	f.Reloadable = edgetest.StartReloadableIn(t, dir, configuration)
	return f
}

// protocols are all that clients speak.
var protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}

// do sends a request, which must be answered with 200, and returns the answer with its body.
func (f *front) do(t *testing.T, protocol, method, target, body string, lines ...string) (
	*http.Response, string,
) {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.authority, f.Process, protocol)
	return ask(t, c, base, method, target, strings.NewReader(body), lines...)
}

func ask(
	t *testing.T, c *http.Client, base, method, target string, body io.Reader, lines ...string,
) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+target, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	if resp.StatusCode != 200 {
		t.Fatalf("%s: status %d, %s", target, resp.StatusCode, text)
	}
	return resp, string(text)
}

// count is a counter of the route's copies for the cluster shadow.
func (f *front) count(t *testing.T, name, label, value string) int {
	t.Helper()
	labels := `cluster="shadow",` + label + `="` + value + `",route="app"`
	if label > "route" {
		labels = `cluster="shadow",route="app",` + label + `="` + value + `"`
	}
	n, ok := f.Metrics(t)["gateway_mirror_"+name+"{"+labels+"}"]
	if !ok {
		t.Fatalf("there is no gateway_mirror_%s{%s}", name, labels)
	}
	return int(n)
}

func (f *front) sent(t *testing.T, result string) int {
	return f.count(t, "requests_total", "result", result)
}

func (f *front) dropped(t *testing.T, reason string) int {
	return f.count(t, "dropped_total", "reason", reason)
}

// idle waits until no copy is under way, and nothing is held in memory.
func (f *front) idle(t *testing.T) {
	t.Helper()
	testkit.Eventually(t, "no copy is under way", func() bool {
		m := f.Metrics(t)
		if _, ok := m["gateway_mirror_memory_bytes"]; !ok {
			t.Fatal("nobody tells how much memory is taken")
		}
		return m[`gateway_mirror_active{cluster="shadow",route="app"}`] == 0 &&
			m["gateway_mirror_memory_bytes"] == 0
	})
}

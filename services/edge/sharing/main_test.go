// Package sharing_test has tests of how an edge shares requests among the endpoints of a cluster:
// balance, backups, slow starts, and sticky cookies.
package sharing_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// An endpoint answers with its name, and can be stopped and started again.
type endpoint struct {
	name    string
	address string
	server  *httptest.Server
	served  atomic.Int64
	// status is what it answers with.
	status atomic.Int64
	// seen is the Cookie field of the last request.
	seen atomic.Pointer[string]
	// hold, while it is not nil, keeps requests until it is closed.
	hold chan struct{}
}

func newEndpoint(t *testing.T, name string) *endpoint {
	t.Helper()
	e := &endpoint{name: name, address: "127.0.0.1:0"}
	e.status.Store(200)
	e.start(t)
	t.Cleanup(e.stop)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.served.Add(1)
	cookies := strings.Join(r.Header.Values("Cookie"), "; ")
	e.seen.Store(&cookies)
	if e.hold != nil && r.URL.Path == "/held" {
		<-e.hold
	}
	if c := r.Header.Get("X-Cache-Control"); c != "" {
		w.Header().Set("Cache-Control", c)
	}
	w.WriteHeader(int(e.status.Load()))
	fmt.Fprint(w, e.name)
}

func (e *endpoint) start(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", e.address)
	if err != nil {
		t.Fatal(err)
	}
	e.address = ln.Addr().String()
	config := &http.Server{Handler: e, Protocols: new(http.Protocols)}
	config.Protocols.SetHTTP1(true)
	config.Protocols.SetUnencryptedHTTP2(true)
	e.server = &httptest.Server{Listener: ln, Config: config}
	e.server.Start()
}

func (e *endpoint) stop() {
	e.server.CloseClientConnections()
	e.server.Close()
}

// endpoints makes some, called a, b, c and so on.
func endpoints(t *testing.T, n int) (all []*endpoint) {
	t.Helper()
	for i := range n {
		all = append(all, newEndpoint(t, string(rune('a'+i))))
	}
	return all
}

// list is how a configuration names endpoints; more are further keys of each.
func list(all []*endpoint, more ...string) string {
	var out []string
	for i, e := range all {
		extra := ""
		if i < len(more) && more[i] != "" {
			extra = ", " + more[i]
		}
		out = append(out, fmt.Sprintf("{address: %q%s}", e.address, extra))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// A front is an edge with the listeners "plain" and "tls", as edgetest.ClientOf wants them.
type front struct {
	*edgetest.Reloadable
	authority *testkit.Authority
}

// configuration is that of a front with one cluster, whose keys beside its name are given.
func configuration(cluster string) string {
	return `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0", trusted_proxies: [127.0.0.1/32]}
  - {name: tls, address: "127.0.0.1:0", trusted_proxies: [127.0.0.1/32],
     tls: {certificates: [{cert: front.pem, key: front.key}]}}
admin: {address: "127.0.0.1:0"}
clusters:
  - name: app
` + indent(cluster) + `
routes:
  - {name: app, cluster: app, retry: {attempts: 3, on: [connect, reset, "503"], budget: 100%}}
`
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
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

// each runs a test over every protocol.
func (f *front) each(t *testing.T, test func(t *testing.T, c *asker)) {
	t.Helper()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) { test(t, f.client(t, protocol)) })
	}
}

func (f *front) client(t *testing.T, protocol string) *asker {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.authority, f.Process, protocol)
	return &asker{c, base, strings.HasSuffix(protocol, "TLS")}
}

// An asker sends requests over one protocol.
type asker struct {
	client *http.Client
	base   string // scheme and address
	tls    bool
}

// ask sends a request, whose header lines are "Name: value", and returns the answer with its body.
func (c *asker) ask(t *testing.T, target string, lines ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return resp, string(body)
}

// who says who answers a request.
func (c *asker) who(t *testing.T, target string, lines ...string) string {
	t.Helper()
	resp, body := c.ask(t, target, lines...)
	if resp.StatusCode != 200 {
		t.Fatalf("%s: status %d, %s", target, resp.StatusCode, body)
	}
	return body
}

// names are the endpoints that answer n requests, each once.
func (c *asker) names(t *testing.T, n int, target string, lines ...string) (all []string) {
	t.Helper()
	for range n {
		all = append(all, c.who(t, target, lines...))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

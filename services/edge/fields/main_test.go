// Package fields_test has tests of the header fields that an edge changes: what it tells endpoints
// of clients, and what routes set, add and remove.
package fields_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A front is an edge with the listeners "plain" and "tls", as edgetest.ClientOf wants them, and
// with the clusters "http1" and "h2c", whose endpoints answer with the request that they got.
type front struct {
	*edgetest.Reloadable
	authority *testkit.Authority
	clusters  string
}

// got is a request as an endpoint got it.
type got struct {
	Host, Path string
	Header     http.Header
}

// listeners are the two of a front; %s are more keys of each.
const listeners = `
listeners:
  - {name: plain, address: "127.0.0.1:0"%s}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}%s}
`

// start runs an edge whose listeners have the same keys more, with the routes, as YAML.
func start(t *testing.T, more, routes string) *front {
	t.Helper()
	f := &front{authority: testkit.NewAuthority(t)}
	dir := t.TempDir()
	f.authority.Leaf(t, nil, testkit.FrontName).Write(t, dir, "front")
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-From-Endpoint", "1")
		w.Header().Add("Vary", "Accept")
		if strings.HasPrefix(r.URL.Path, "/one") || strings.HasPrefix(r.URL.Path, "/two") {
			w.Header()["Access-Control-Allow-Origin"] = []string{"https://evil.test"}
			w.Header()["Access-Control-Allow-Private-Network"] = []string{"true"}
		}
		_ = json.NewEncoder(w).Encode(got{Host: r.Host, Path: r.URL.Path, Header: r.Header})
	})
	f.clusters = fmt.Sprintf("clusters:\n"+
		"  - {name: http1, endpoints: [{address: %q}]}\n"+
		"  - {name: h2c, protocol: h2c, endpoints: [{address: %q}]}\n",
		edgetest.Serve(t, f.authority, "http1", echo), edgetest.Serve(t, f.authority, "h2c", echo))
	f.Reloadable = edgetest.StartReloadableIn(t, dir, f.configuration(more, routes))
	return f
}

func (f *front) configuration(more, routes string) string {
	return "version: 1\nadmin: {address: \"127.0.0.1:0\"}\n" +
		fmt.Sprintf(listeners, more, more) + f.clusters + routes
}

// protocols are all that clients speak.
var protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}

// each runs a test over every protocol.
func (f *front) each(t *testing.T, test func(t *testing.T, c *asker)) {
	t.Helper()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) { test(t, f.asker(t, protocol)) })
	}
}

func (f *front) asker(t *testing.T, protocol string) *asker {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.authority, f.Process, protocol)
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	scheme, address, _ := strings.Cut(base, "://")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return &asker{client: c, base: base, scheme: scheme, port: port}
}

// An asker sends requests over one protocol.
type asker struct {
	client             *http.Client
	base, scheme, port string
}

// ask sends a request, whose header lines are "Name: value", and returns the answer, and what the
// endpoint got if it is the endpoint's.
func (c *asker) ask(t *testing.T, target string, lines ...string) (*http.Response, got) {
	t.Helper()
	return c.send(t, "GET", target, "", lines...)
}

// send is ask with another method, and a body.
func (c *asker) send(t *testing.T, method, target, body string, lines ...string,
) (*http.Response, got) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+target,
		strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "a.test"
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	var g got
	if resp.Header.Get("X-From-Endpoint") != "" {
		if err := json.Unmarshal(answer, &g); err != nil {
			t.Fatalf("%s: %q: %v", target, answer, err)
		}
	}
	return resp, g
}

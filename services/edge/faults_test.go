package main_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Timeouts of faultConfig, short so that the tests are.
const (
	headerTimeout   = time.Second
	bodyIdleTimeout = time.Second
	keepAlive       = 3 * time.Second
	responseTimeout = time.Second
	drainTimeout    = 3 * time.Second
	// grace is what a cut may take over its timeout.
	grace = time.Second
)

// faultConfig is one listener before one upstream, and a cluster that refuses connections.
func faultConfig(t testing.TB, upstream string) string {
	return fmt.Sprintf(`
version: 1
listeners:
  - name: public
    address: "127.0.0.1:0"
    protocol: http
    timeouts: {header: %v, body_idle: %v, keepalive: %v}
clusters:
  - name: up
    protocol: http1
    endpoints: [{address: "%s"}]
    timeouts: {connect: 1s, response: %v, idle: 60s}
  - name: refusing
    protocol: http1
    endpoints: [{address: "%s"}]
routes:
  - {name: all, hosts: [a.test], path_prefix: /, cluster: up, max_body_bytes: 0, timeouts: {request: 0s}}
  - {name: refused, hosts: [a.test], path_prefix: /refused, cluster: refusing}
admin: {address: "127.0.0.1:0"}
drain: {timeout: %v}
`, headerTimeout, bodyIdleTimeout, keepAlive, upstream, responseTimeout, refusedAddr(t), drainTimeout)
}

// patientConfig has the default timeouts.
func patientConfig(upstream string) string { return routedConfig(upstream, "max_body_bytes: 0") }

// smallBodyConfig limits request bodies to 1000 bytes.
func smallBodyConfig(upstream string) string { return routedConfig(upstream, "max_body_bytes: 1000") }

func routedConfig(upstream, route string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", protocol: http}]
clusters: [{name: up, protocol: http1, endpoints: [{address: "%s"}]}]
routes: [{name: all, path_prefix: /, cluster: up, timeouts: {request: 0s}, %s}]
admin: {address: "127.0.0.1:0"}
`, upstream, route)
}

// faulty starts an upstream with the given behaviour and an edge before it.
func faulty(t *testing.T, serve func(*testkit.Conn)) (*testkit.Edge, *testkit.Upstream) {
	t.Helper()
	up := testkit.NewUpstream(t, serve)
	return testkit.StartEdge(t, faultConfig(t, up.Addr())), up
}

const (
	simpleGet = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	simpleOK  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// gate returns a function that opens a channel that an upstream waits on. The end of the test opens it
// too, before the upstream is closed when gate is called after the upstream was made.
func gate(t testing.TB, c chan struct{}) func() {
	open := sync.OnceFunc(func() { close(c) })
	t.Cleanup(open)
	return open
}

// wantError checks an answer of the gateway itself.
func wantError(t *testing.T, r *testkit.Response, status int, want string) {
	t.Helper()
	code, problem := envelope(r)
	if r.Status != status || code != want || problem != "" {
		t.Errorf("got %d %s (%s), want %d %s", r.Status, code, problem, status, want)
	}
}

// took checks that something that began at start is over in time, and not before it may be.
func took(t *testing.T, what string, start time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(start); d < least || d > most {
		t.Errorf("%s after %v, want %v to %v", what, d.Round(time.Millisecond), least, most)
	}
}

// polite makes one request on a connection of its own: the gateway must be well whatever others do.
func polite(t *testing.T, e *testkit.Edge) {
	t.Helper()
	c := testkit.Dial(t, e.Addr("public"))
	defer c.Close()
	if r := c.Exchange(t, "GET", simpleGet); r.Status != 200 {
		t.Errorf("a polite client gets %d", r.Status)
	}
}

func bodyOf(n int) string { return strings.Repeat("b", n) }

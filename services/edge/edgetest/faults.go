package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Timeouts of the edge that StartFaulty starts. They are short, so that tests that wait for them
// are short too.
const (
	HeaderTimeout   = time.Second
	BodyIdleTimeout = time.Second
	KeepAlive       = 3 * time.Second
	ResponseTimeout = time.Second
	DrainTimeout    = 3 * time.Second
	// Grace is what a cut may take over its timeout.
	Grace = time.Second
)

// AbortDeadline is how soon the endpoint must learn that nobody waits for its answer.
const AbortDeadline = time.Second

// StartFaulty starts an endpoint that behaves as serve does, and an edge before it with short
// timeouts. A second cluster, for paths below /refused, refuses connections.
func StartFaulty(t testing.TB, serve func(*testkit.Conn)) (*testkit.Process, *testkit.Upstream) {
	t.Helper()
	up := testkit.NewUpstream(t, serve)
	return testkit.StartEdge(t, faultConfig(t, up.Addr())), up
}

// StartPatient starts an endpoint that behaves as serve does, and an edge before it with default
// timeouts. None of them ends an exchange while a test looks.
func StartPatient(t testing.TB, serve func(*testkit.Conn)) (*testkit.Process, *testkit.Upstream) {
	t.Helper()
	up := testkit.NewUpstream(t, serve)
	return testkit.StartEdge(t, routedConfig(up.Addr(), "max_body_bytes: 0")), up
}

func faultConfig(t testing.TB, endpoint string) string {
	t.Helper()
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
    timeouts: {connect: 1s, response: %v, idle: 60s, body_idle: %v}
  - name: refusing
    protocol: http1
    endpoints: [{address: "%s"}]
routes:
  - name: all
    hosts: [a.test]
    path_prefix: /
    cluster: up
    max_body_bytes: 0
    timeouts: {request: 0s}
  - {name: refused, hosts: [a.test], path_prefix: /refused, cluster: refusing}
admin: {address: "127.0.0.1:0"}
drain: {timeout: %v}
`, HeaderTimeout, BodyIdleTimeout, KeepAlive, endpoint, ResponseTimeout, BodyIdleTimeout,
		RefusedAddr(t), DrainTimeout)
}

// SmallBodyConfig limits request bodies to 1000 bytes.
func SmallBodyConfig(endpoint string) string {
	return routedConfig(endpoint, "max_body_bytes: 1000")
}

func routedConfig(endpoint, route string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", protocol: http}]
clusters: [{name: up, protocol: http1, endpoints: [{address: "%s"}]}]
routes: [{name: all, path_prefix: /, cluster: up, timeouts: {request: 0s}, %s}]
admin: {address: "127.0.0.1:0"}
`, endpoint, route)
}

// OneRoute is a configuration with one endpoint and the given route, as YAML in flow style without
// its braces, name and cluster.
func OneRoute(endpoint, route string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: r, cluster: up, %s}]
admin: {address: "127.0.0.1:0"}
`, endpoint, route)
}

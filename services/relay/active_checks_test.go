package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An endpoint that stops accepting connections is found out without a session, sessions
// go elsewhere, and it gets its share again when it is back at the same address.
func TestSessionsAvoidAnEndpointThatFailsItsChecks(t *testing.T) {
	t.Parallel()
	good := testkit.NewUpstream(t, echo)
	bad, err := testkit.ListenUpstream("127.0.0.1:0", echo)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { bad.Close() }()
	address := bad.Addr()
	e := testkit.StartRelay(t, fmt.Sprintf(`
version: 1
listeners: [{name: db, address: "127.0.0.1:0", protocol: tcp, cluster: db}]
clusters:
  - name: db
    endpoints: [{address: "%s"}, {address: "%s"}]
    health: {active: {type: tcp, interval: 200ms, timeout: 200ms}}
  - {name: unused, endpoints: [{address: "%s"}], health: {active: {type: http, interval: 200ms, timeout: 200ms}}}
admin: {address: "127.0.0.1:0"}
drain: {timeout: 2s}
`, good.Addr(), address, good.Addr()))
	endpoint := func() (ep admin.Endpoint) {
		var s admin.Status
		e.Decode(t, "GET", "/status", &s)
		return s.Clusters[0].Endpoints[1]
	}
	testkit.Eventually(t, "the checks pass", func() bool {
		return strings.HasSuffix(endpoint().Reason, "ago: connected")
	})
	bad.Close()
	testkit.Within(t, time.Minute, "the weight goes down", func() bool {
		return endpoint().EffectiveWeight < 0.1
	})
	if ep := endpoint(); !strings.HasSuffix(ep.Reason, "ago: connection refused") {
		t.Errorf("reason: %s", ep.Reason)
	}
	for range 20 {
		says(t, dial(t, e), "hello")
	}
	if bad, err = testkit.ListenUpstream(address, echo); err != nil {
		t.Fatal(err)
	}
	// What failed counts for ten seconds, and for longer where checks are late.
	testkit.Within(t, time.Minute, "the whole weight is back", func() bool {
		return endpoint().EffectiveWeight == 1
	})
	before := len(bad.Conns())
	testkit.Eventually(t, "sessions go there again", func() bool {
		for range 4 {
			says(t, dial(t, e), "hello")
		}
		for _, c := range bad.Conns()[before:] {
			if strings.Contains(c.Received(), "hello") {
				return true
			}
		}
		return false
	})
	for _, c := range good.Conns() {
		if strings.HasPrefix(c.Received(), "GET ") {
			t.Error("a cluster that no session goes to is checked")
		}
	}
}

// A check comes before any session, with the same header, in the name of no client.
func TestChecksSendTheProxyHeaderOfTheirCluster(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	testkit.StartRelay(t, fmt.Sprintf(`
version: 1
listeners: [{name: db, address: "127.0.0.1:0", protocol: tcp, cluster: db}]
clusters: [{name: db, proxy_protocol: v2, endpoints: [{address: "%s"}], health: {active: {type: tcp, interval: 200ms, timeout: 200ms}}}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	c := up.Conn(t, 0)
	testkit.Eventually(t, "the check ends", c.Ended)
	sent := c.Received()
	if h, n, err := proxyproto.Parse([]byte(sent)); err != nil || n != len(sent) ||
		h.Version != 2 || !h.Local {
		t.Errorf("%q is %+v, %v", sent, h, err)
	}
}

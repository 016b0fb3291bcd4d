package routes_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func pendingConfig(connections, pending int, endpoints string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [%s], limits: {max_connections: %d, max_pending: %d}}]
routes:
  - {name: r, cluster: up, timeouts: {request: 3s}}
  - {name: patient, path_prefix: /patient, cluster: up, timeouts: {request: 0s}}
admin: {address: "127.0.0.1:0"}
`, endpoints, connections, pending)
}

// As many requests as max_pending says wait for one of max_connections; one more
// is told at once that it is too much.
func TestRequestsWaitForAConnection(t *testing.T) {
	t.Parallel()
	const connections, pending = 2, 3
	hold := make(chan struct{})
	var seen atomic.Int64
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			seen.Add(1)
			<-hold
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	open := edgetest.Gate(t, hold)
	e := testkit.StartEdge(t,
		pendingConfig(connections, pending, fmt.Sprintf("{address: %q}", up.Addr())))
	var waiting []*testkit.Client
	for range connections + pending {
		c := testkit.Dial(t, e.Addr("public"))
		if err := c.Send(edgetest.Get); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, c)
	}
	testkit.Eventually(t, "two are served, three wait", func() bool {
		s := edgetest.Status(t, e)
		return seen.Load() == connections && s.Clusters[0].Pending == pending &&
			s.Clusters[0].Connections == connections
	})
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, "GET", edgetest.Get)
	edgetest.WantError(t, r, 503, "GW_OVERLOADED")
	if r.Fields.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	open()
	for i, c := range waiting {
		if r := c.Final(t, "GET"); r.Status != 200 {
			t.Errorf("request %d that waited got %d", i, r.Status)
		}
	}
	if n := len(up.Conns()); n != connections {
		t.Errorf("%d connections, want %d", n, connections)
	}
}

// A client that waits too long is told so, and one that leaves gives up its place.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			<-hold
		}
	})
	edgetest.Gate(t, hold)
	e := testkit.StartEdge(t, pendingConfig(1, 2, fmt.Sprintf("{address: %q}", up.Addr())))
	// It keeps the connection for longer than anybody may wait.
	first := testkit.Dial(t, e.Addr("public"))
	if err := first.Send("GET /patient HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the first has the connection", func() bool {
		return len(up.Conns()) == 1
	})
	leaves, stays := testkit.Dial(t, e.Addr("public")), testkit.Dial(t, e.Addr("public"))
	for _, c := range []*testkit.Client{leaves, stays} {
		if err := c.Send(edgetest.Get); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Eventually(t, "two wait", func() bool {
		return edgetest.Status(t, e).Clusters[0].Pending == 2
	})
	leaves.Reset()
	testkit.Eventually(t, "one waits", func() bool {
		return edgetest.Status(t, e).Clusters[0].Pending == 1
	})
	start := time.Now()
	edgetest.WantError(t, stays.Final(t, "GET"), 503, "GW_OVERLOADED")
	edgetest.Took(t, "the answer", start, 0, 4*time.Second)
}

// An idle connection to one endpoint is no reason to refuse a request for another.
func TestAnIdleConnectionMakesRoom(t *testing.T) {
	t.Parallel()
	a, b := testkit.NewUpstream(t, testkit.Answer(edgetest.OK)),
		testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t,
		pendingConfig(1, 0, fmt.Sprintf("{address: %q}, {address: %q}", a.Addr(), b.Addr())))
	c := testkit.Dial(t, e.Addr("public"))
	for i := range 4 {
		if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
			t.Errorf("request %d got %d", i, r.Status)
		}
	}
	if len(a.Conns()) == 0 || len(b.Conns()) == 0 {
		t.Error("one endpoint got nothing")
	}
}

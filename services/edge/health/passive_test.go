package health_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// An endpoint that fails gets less, the reason can be read, and it gets its share
// back when it is well again. A reload in between changes nothing about that.
func TestAFailingEndpointGetsLess(t *testing.T) {
	t.Parallel()
	var sick atomic.Bool
	sick.Store(true)
	good := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	bad := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			answer := edgetest.OK
			if sick.Load() {
				answer = edgetest.Unavailable
			}
			if c.Send(answer) != nil {
				return
			}
		}
	})
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [{address: "%s", weight: 3}, {address: "%s", weight: 3}]
    health: {passive: {window: 2s, min_requests: 5}}
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, good.Addr(), bad.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	endpoint := func() (effective float64, reason string) {
		ep := edgetest.Status(t, e).Clusters[0].Endpoints[1]
		return ep.EffectiveWeight, ep.Reason
	}
	testkit.Eventually(t, "the weight of the endpoint that fails goes down", func() bool {
		for range 10 {
			c.Exchange(t, "GET", edgetest.Get)
		}
		effective, reason := endpoint()
		return effective < 0.5 && strings.Contains(reason, "5xx")
	})
	failures := 0
	const requests = 200
	for range requests {
		if c.Exchange(t, "GET", edgetest.Get).Status == 503 {
			failures++
		}
	}
	if failures == 0 || failures > requests/4 {
		t.Errorf("%d of %d requests failed; a sick endpoint keeps a small share to prove itself on",
			failures, requests)
	}
	sick.Store(false)
	// The window, then a doubling a second: see docs/health.md.
	testkit.Within(t, time.Minute, "it gets its whole weight back", func() bool {
		for range 10 {
			c.Exchange(t, "GET", edgetest.Get)
		}
		effective, _ := endpoint()
		return effective == 3
	})
}

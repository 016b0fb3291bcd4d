package routes_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A split route spreads requests over clusters by weight, exactly over any whole
// round of the weights, whatever connections they come on.
func TestASplitRouteSpreadsByWeight(t *testing.T) {
	t.Parallel()
	answer := func(name string) func(*testkit.Conn) {
		return testkit.Answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
			len(name), name))
	}
	stable, canary, off := testkit.NewUpstream(t, answer("stable")),
		testkit.NewUpstream(t, answer("canary")), testkit.NewUpstream(t, answer("off"))
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - {name: stable, endpoints: [{address: "%s"}]}
  - {name: canary, endpoints: [{address: "%s"}]}
  - {name: off, endpoints: [{address: "%s"}]}
routes:
  - {name: all, split: [{cluster: stable, weight: 90}, {cluster: canary, weight: 10}, {cluster: off, weight: 0}]}
admin: {address: "127.0.0.1:0"}
`, stable.Addr(), canary.Addr(), off.Addr()))
	const requests, clients = 1000, 4
	got := map[string]int{}
	for i := range clients {
		c := testkit.Dial(t, e.Addr("public"))
		for range requests / clients {
			got[string(c.Exchange(t, "GET", edgetest.Get).Body)]++
		}
		if i == 0 && got["canary"] == 0 {
			t.Error("one client of 250 requests saw nothing of the canary")
		}
	}
	if share := float64(got["canary"]) / requests; math.Abs(share-0.1) > 0.005 || got["off"] != 0 {
		t.Errorf("shares %v, want 90%%, 10%% and none", got)
	}
}

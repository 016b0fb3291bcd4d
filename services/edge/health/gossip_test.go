package health_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// Keys of the ring, of different lengths.
const (
	ringKeyA = "00112233445566778899aabbccddeeff"
	ringKeyB = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
)

// fleet is some edges with the same two endpoints, of which the second fails while told to.
type fleet struct {
	edges   []*edgetest.Reloadable
	clients []*testkit.Client
	config  func(ring string) string
	sick    atomic.Bool
}

// newFleet starts edges that form one encrypted ring.
func newFleet(t *testing.T, size int) *fleet {
	t.Helper()
	f := &fleet{}
	good := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	bad := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			answer := edgetest.OK
			if f.sick.Load() {
				answer = edgetest.Unavailable
			}
			if c.Send(answer) != nil {
				return
			}
		}
	})
	f.config = func(ring string) string {
		return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [{address: "%s", weight: 3}, {address: "%s", weight: 3}]
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
gossip: {%s}
`, good.Addr(), bad.Addr(), ring)
	}
	for range size {
		f.start(t, f.ring("key: "+ringKeyA))
	}
	f.members(t, size, testkit.Deadline)
	return f
}

// ring is the gossip block of the next edge.
func (f *fleet) ring(keys string) string {
	if len(f.edges) == 0 {
		return `bind: "127.0.0.1:0", ` + keys
	}
	return fmt.Sprintf(`bind: "127.0.0.1:0", join: ["%s"], %s`, f.edges[0].Addr("gossip"), keys)
}

func (f *fleet) start(t *testing.T, ring string) {
	t.Helper()
	e := edgetest.StartReloadable(t, f.config(ring))
	f.edges = append(f.edges, e)
	f.clients = append(f.clients, testkit.Dial(t, e.Addr("public")))
}

// members waits until every edge has so many in its ring.
func (f *fleet) members(t *testing.T, n int, d time.Duration) {
	t.Helper()
	testkit.Within(t, d, fmt.Sprintf("rings of %d", n), func() bool {
		for _, e := range f.edges {
			if int(e.Metrics(t)["gateway_gossip_members"]) != n {
				return false
			}
		}
		return true
	})
}

// watched waits until each edge knows what the others watch: the next losses are shared
// by all of them then.
func (f *fleet) watched(t *testing.T) {
	t.Helper()
	for _, e := range f.edges {
		testkit.Within(t, time.Minute, "the others' reports have come", func() bool {
			// each watches a cluster
			return e.Metrics(t)["gateway_gossip_reports"] >= float64(2*len(f.edges))
		})
	}
}

// asks lets an edge send some requests.
func (f *fleet) asks(t *testing.T, i int) {
	t.Helper()
	for range 10 {
		f.clients[i].Exchange(t, "GET", edgetest.Get)
	}
}

// second returns the effective weight of the second endpoint at an edge, and the reason.
func (f *fleet) second(t *testing.T, i int) (float64, string) {
	t.Helper()
	ep := f.edges[i].Status(t).Clusters[0].Endpoints[1]
	return ep.EffectiveWeight, ep.Reason
}

// What one edge sees reaches one that sends nothing, by its share; what most see counts
// for more.
func TestEdgesFollowWhatOthersSee(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	f.watched(t)
	f.sick.Store(true)
	took := testkit.Within(t, testkit.Deadline, "the idle edges follow one of three", func() bool {
		f.asks(t, 0)
		one, _ := f.second(t, 1)
		two, _ := f.second(t, 2)
		return one < 2.9 && two < 2.9
	})
	t.Logf("one of three: followed after %v", took)
	deadline := time.Now().Add(time.Second)
	for time.Now().Before(deadline) {
		f.asks(t, 0)
		if w, reason := f.second(t, 2); w < 1.99 {
			t.Fatalf("one of three takes more than a third: weight %v; %s", w, reason)
		}
	}
	if _, reason := f.second(t, 2); !strings.Contains(reason, f.edges[0].Addr("gossip")) {
		t.Errorf("the reason does not say who reported it: %s", reason)
	}
	took = testkit.Within(t, testkit.Deadline, "the idle edge follows two of three", func() bool {
		f.asks(t, 0)
		f.asks(t, 1)
		w, _ := f.second(t, 2)
		return w < 1.2
	})
	t.Logf("two of three: followed after %v", took)
	f.sick.Store(false)
	testkit.Within(t, time.Minute, "all is well again", func() bool {
		f.asks(t, 0)
		f.asks(t, 1)
		for i := range f.edges {
			if w, _ := f.second(t, i); w != 3 {
				return false
			}
		}
		return true
	})
}

func TestAnEdgeThatDrainsLeavesTheRing(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	gone := f.edges[2]
	if err := gone.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	f.edges = f.edges[:2]
	f.members(t, 2, testkit.Deadline)
	for _, e := range f.edges {
		testkit.Eventually(t, "nobody looks for it", func() bool {
			return e.Metrics(t)["gateway_gossip_members_missing"] == 0
		})
	}
}

// A killed edge is missed, looked for, and found when it is back at its address.
func TestAnEdgeThatWasKilledIsFoundAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	address := f.edges[2].Addr("gossip")
	f.edges[2].Kill()
	f.edges, f.clients = f.edges[:2], f.clients[:2]
	f.members(t, 2, 3*testkit.Deadline)
	if n := f.edges[1].Metrics(t)["gateway_gossip_members_missing"]; n != 1 {
		t.Errorf("%v are looked for, want 1", n)
	}
	// It joins nobody: the others have to find it.
	f.start(t, fmt.Sprintf(`bind: "%s", key: %s`, address, ringKeyA))
	f.members(t, 3, 3*testkit.Deadline)
}

// New keys come in three steps, each a reload of all edges one after another. The ring
// stays one all the while, and what an edge sees goes on to reach the others.
func TestKeysAreChangedWithoutARestart(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	rings := make([]string, len(f.edges))
	for i := range f.edges {
		rings[i] = `bind: "127.0.0.1:0"`
		if i > 0 {
			rings[i] += fmt.Sprintf(`, join: ["%s"]`, f.edges[0].Addr("gossip"))
		}
	}
	for step, keys := range []string{
		"key: " + ringKeyA + ", accept_keys: [" + ringKeyB + "]",
		"key: " + ringKeyB + ", accept_keys: [" + ringKeyA + "]",
		"key: " + ringKeyB,
	} {
		for i, e := range f.edges {
			if r := e.Change(t, f.config(rings[i]+", "+keys)); len(r.NeedsRestart) > 0 {
				t.Errorf("step %d: %v needs a restart", step, r.NeedsRestart)
			}
		}
	}
	// Those who have only the new key hear each other.
	f.sick.Store(true)
	testkit.Eventually(t, "the idle edges follow", func() bool {
		f.asks(t, 0)
		one, _ := f.second(t, 1)
		two, _ := f.second(t, 2)
		return one < 2.9 && two < 2.9
	})
	f.members(t, 3, testkit.Deadline)
	for i, e := range f.edges {
		m := e.Metrics(t)
		if n := m[`gateway_gossip_messages_total{direction="in",result="undecryptable"}`]; n != 0 {
			t.Errorf("edge %d could not decrypt %v messages", i, n)
		}
		if strings.Contains(e.Stderr(), ringKeyA) || strings.Contains(e.Stderr(), ringKeyB) {
			t.Errorf("edge %d tells a key", i)
		}
	}
	// An edge that has only the old key is not let in.
	f.start(t, f.ring("key: "+ringKeyA))
	stranger := f.edges[3]
	f.edges = f.edges[:3]
	testkit.Eventually(t, "the stranger is noticed", func() bool {
		return f.edges[0].Metrics(
			t)[`gateway_gossip_messages_total{direction="in",result="undecryptable"}`] > 0
	})
	f.members(t, 3, testkit.Deadline)
	if n := stranger.Metrics(t)["gateway_gossip_members"]; n != 1 {
		t.Errorf("the stranger has %v members", n)
	}
}

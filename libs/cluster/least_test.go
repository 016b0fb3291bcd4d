package cluster

import (
	"math"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
)

// balanced is a document whose cluster has a policy.
func balanced(policy, key string, weights ...int) *config.Document {
	d := document(names(len(weights))...)
	d.Clusters[0].Balance = config.Balance{Policy: policy, Key: key}
	for i, w := range weights {
		d.Clusters[0].Endpoints[i].Weight = w
	}
	return d
}

// index is which endpoint of its cluster one is.
func index(c *Cluster, e *Endpoint) int {
	return slices.IndexFunc(c.endpoints, func(o Endpoint) bool { return o.Endpoint == e.Endpoint })
}

func TestIdleEndpointsAreUsedByWeight(t *testing.T) {
	for _, weights := range [][]int{{1, 1}, {3, 1}, {5, 0, 1}, {1, 1, 1, 7}, {1000, 1}} {
		c := newSet(t, balanced(config.BalanceLeastRequest, "", weights...)).At(0)
		got, sum := make([]float64, len(weights)), 0
		const picks = 20_000
		for range picks {
			e := c.Pick()
			l := c.Begin(e)
			got[index(c, e)]++
			l.End()
		}
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			want := picks * float64(w) / float64(sum)
			if w == 0 && got[i] > 0 || math.Abs(got[i]-want) > 0.03*picks {
				t.Errorf("%v: endpoint %d has %.0f of %d, want about %.0f", weights, i, got[i],
					picks, want)
			}
		}
	}
}

// With many requests in flight, each endpoint has its share of them by weight, though what it
// answers takes it much longer than the others.
func TestLoadsAreEvenThoughOneEndpointIsSlow(t *testing.T) {
	for _, weights := range [][]int{{1, 1}, {1, 1, 1}, {2, 1, 1}, {4, 2, 1, 1}} {
		c := newSet(t, balanced(config.BalanceLeastRequest, "", weights...)).At(0)
		var slow, fast []*Load
		got := make([]int, len(weights))
		for step := range 4000 {
			e := c.Pick()
			got[index(c, e)]++
			if index(c, e) == 0 {
				slow = append(slow, c.Begin(e))
			} else {
				fast = append(fast, c.Begin(e))
			}
			if len(fast) > 6*len(weights) {
				fast[0].End()
				fast = fast[1:]
			}
			if step%50 == 0 && len(slow) > 1 {
				slow[0].End()
				slow = slow[1:]
			}
		}
		if n := got[0]; n > 400 {
			t.Errorf("%v: the slow endpoint got %d of 4000, %v", weights, n, got)
		}
	}
}

// What health leaves of a weight bounds how often an endpoint that fails at once, and so never has
// anything in flight, is chosen.
func TestAFastFailureIsNotMistakenForIdleness(t *testing.T) {
	s := newSet(t, balanced(config.BalanceLeastRequest, "", 1, 1, 1))
	c := s.At(0)
	for range 100 {
		c.endpoints[0].Health.Record(health.ConnectFailure)
		c.endpoints[1].Health.Record(health.Success)
		c.endpoints[2].Health.Record(health.Success)
	}
	s.look(after(1), false)
	var others []*Load
	n := 0
	for range 2000 {
		e := c.Pick()
		if index(c, e) == 0 {
			n++
			continue
		}
		others = append(others, c.Begin(e))
		if len(others) > 20 {
			others[0].End()
			others = others[1:]
		}
	}
	if n > 60 {
		t.Errorf("an endpoint with 1 %% of its weight got %d of 2000", n)
	}
}

func TestNobodyIsLessLoadedWhereNobodyMayGetAnything(t *testing.T) {
	c := newSet(t, balanced(config.BalanceLeastRequest, "", 0, 0)).At(0)
	if c.Pick() != nil {
		t.Error("an endpoint without weight was picked")
	}
}

// A retry goes to any of the others, and not to one that gets all of them.
func TestRetriesOfLeastRequestAreSharedOut(t *testing.T) {
	c := newSet(t, balanced(config.BalanceLeastRequest, "", 1, 1, 1, 1)).At(0)
	got := make([]int, 4)
	for range 3000 {
		got[index(c, c.PickOther(&c.endpoints[0]))]++
	}
	if got[0] > 0 || slices.Min(got[1:]) < 600 {
		t.Errorf("retries went to %v", got)
	}
}

// Loads go on from plan to plan, whatever the policy becomes.
func TestAReloadKeepsWhatIsInFlight(t *testing.T) {
	s := newSet(t, balanced(config.BalanceLeastRequest, "", 1, 1))
	c := s.At(0)
	busy := c.Begin(&c.endpoints[0])
	for range 30 {
		defer c.Begin(&c.endpoints[0]).End()
	}
	d := balanced(config.BalanceHash, "path", 1, 1, 1)
	slices.Reverse(d.Clusters[0].Endpoints)
	swap(t, s, d)
	next := s.At(0)
	if n := next.endpoints[2].load.n.Load(); n != 31 || next.state.total.n.Load() != 31 {
		t.Errorf("%d are in flight after a reload, want 31", n)
	}
	busy.End()
	if n := next.endpoints[2].load.n.Load(); n != 30 || next.state.total.n.Load() != 30 {
		t.Errorf("%d are in flight when one of 31 has ended", n)
	}
}

func TestRoundRobinCountsNothing(t *testing.T) {
	c := newSet(t, document(names(2)...)).At(0)
	if l := c.Begin(c.Pick()); l != nil {
		t.Error("a load is counted that nobody goes by")
	}
}

func BenchmarkPick(b *testing.B) {
	for _, bench := range []struct {
		name, policy string
		weights      []int
	}{
		{"round-robin", config.BalanceRoundRobin, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"least-request", config.BalanceLeastRequest, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"least-request-two", config.BalanceLeastRequest, []int{1, 1}},
		{"least-request-weights", config.BalanceLeastRequest, []int{999, 998, 500, 3}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := newSet(b, balanced(bench.policy, "", bench.weights...)).At(0)
			b.ReportAllocs()
			for b.Loop() {
				c.Begin(c.Pick()).End()
			}
		})
	}
}

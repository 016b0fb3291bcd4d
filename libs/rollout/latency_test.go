package rollout

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// A shape is how long requests take: each by some law, times what happens to the machine and to the
// node at the time.
type shape struct {
	name     string
	law      func(*rand.Rand) float64 // seconds
	requests int                      // a second and node
	nodes    int
	// drift is how far the speed of the machine wanders, and own that of each node, as the
	// deviation of the logarithm. stalls are seconds in a thousand in which something takes the
	// machine away, ownStalls those of each node.
	drift, own        float64
	stalls, ownStalls int

	// seldom is set where what happens to nodes hides a threefold slowness now and then.
	seldom bool

	factor  float64            // of the new digest
	random  *rand.Rand         // for all that is not the fleet's
	at      time.Time          // of the state below
	machine float64            // logarithm of its slowness
	node    map[string]float64 // of each node's
	stalled map[string]int     // seconds to go, by node; "" is all
}

func (s *shape) second(f *fleet, n *simulated) []Bucket {
	if s.node == nil {
		s.node, s.stalled = map[string]float64{}, map[string]int{}
	}
	wander := func(x, far float64) float64 {
		return 0.9*x + far*math.Sqrt(1-0.81)*s.random.NormFloat64()
	}
	stall := func(name string, often int) {
		if s.stalled[name] > 0 {
			s.stalled[name]--
		} else if s.random.IntN(1000) < often {
			s.stalled[name] = 1 + s.random.IntN(6)
		}
	}
	if s.at != f.now {
		s.at = f.now
		s.machine = wander(s.machine, s.drift)
		stall("", s.stalls)
	}
	s.node[n.name] = wander(s.node[n.name], s.own)
	stall(n.name, s.ownStalls)
	slow := math.Exp(s.machine + s.node[n.name])
	if s.stalled[""] > 0 || s.stalled[n.name] > 0 {
		slow *= 8
	}
	if n.digest == "B" {
		slow *= s.factor
	}
	// As the nodes count: see metrics.Bounds.
	bounds := []float64{
		.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, math.Inf(1),
	}
	counts := make([]uint64, len(bounds))
	for range n.requests {
		took := s.law(s.random) * slow
		i := 0
		for took > bounds[i] {
			i++
		}
		counts[i]++
	}
	var out []Bucket
	for i, c := range counts {
		if c > 0 {
			out = append(out, Bucket{bounds[i], c})
		}
	}
	return out
}

func lognormal(middle, sigma float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return middle * math.Exp(sigma*r.NormFloat64()) }
}

func pareto(least, alpha float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return least * math.Pow(1-r.Float64(), -1/alpha) }
}

// twoKinds is quick answers from a cache, and one in fifty that is not there.
func twoKinds(r *rand.Rand) float64 {
	if r.IntN(50) == 0 {
		return 0.08 * math.Exp(0.4*r.NormFloat64())
	}
	return 0.002 * math.Exp(0.3*r.NormFloat64())
}

func shapes() []shape {
	return []shape{
		{name: "quiet", law: lognormal(.005, .5), requests: 50, nodes: 8},
		{name: "wide", law: lognormal(.005, 1.2), requests: 50, nodes: 8},
		{name: "sub-millisecond", law: lognormal(.0005, .6), requests: 100, nodes: 5},
		{name: "heavy tail", law: pareto(.002, 1.5), requests: 60, nodes: 8},
		{name: "cache", law: twoKinds, requests: 60, nodes: 6},
		{name: "busy machine", law: lognormal(.004, .8), requests: 50, nodes: 8, drift: .6,
			own: .3, stalls: 20, ownStalls: 10},
		{name: "busy nodes", law: lognormal(.004, .8), requests: 50, nodes: 8, own: .6,
			ownStalls: 30, seldom: true},
		{name: "few nodes", law: lognormal(.004, .8), requests: 80, nodes: 2, drift: .5, own: .3,
			stalls: 20, ownStalls: 5, seldom: true},
		{name: "two quiet nodes", law: lognormal(.004, .8), requests: 80, nodes: 2, drift: .3},
		{name: "three nodes", law: lognormal(.004, .8), requests: 40, nodes: 3, drift: .5, own: .3,
			stalls: 20, ownStalls: 5},
		{name: "few requests", law: lognormal(.02, .7), requests: 8, nodes: 6, drift: .4,
			stalls: 20},
		{name: "many nodes", law: lognormal(.004, .8), requests: 15, nodes: 40, drift: .5, own: .4,
			stalls: 10, ownStalls: 10},
	}
}

// played is one rollout to a fleet whose requests take as long as a shape says.
func played(
	t *testing.T, s shape, seed uint64, factor float64, bake time.Duration,
) (got Outcome, why string, seconds int) {
	t.Helper()
	s.random, s.factor = rand.New(rand.NewPCG(seed, 99)), factor
	f := newFleet(t, s.nodes)
	f.random, f.times = rand.New(rand.NewPCG(seed, 7)), &s
	for _, n := range f.nodes {
		n.requests = s.requests
	}
	f.publish("A", func(r *Record) { r.Spec.Gates.P99 = -1 })
	f.until("A is good", 60, func() bool { return f.idle() && f.all("A") })
	for range 30 + int(seed%40) {
		f.second()
	}
	r := f.publish("B", func(r *Record) {
		for i := range r.Spec.Steps {
			r.Spec.Steps[i].Bake = bake
		}
	})
	began := f.now
	f.until("it ends", 900, f.idle)
	got, why = f.outcome(r.Revision)
	return got, why, int(f.now.Sub(began) / time.Second)
}

// Whatever else a machine does, a revision that changes nothing is not taken back.
func TestNoIdenticalRolloutIsTakenBackForItsTimes(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		for _, bake := range []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second} {
			t.Run(fmt.Sprintf("%s/%s", s.name, bake), func(t *testing.T) {
				t.Parallel()
				longest := 0
				for seed := range uint64(rollouts()) {
					got, why, took := played(t, s, seed, 1, bake)
					if got != Good {
						t.Errorf("seed %d: %s after %d s: %s", seed, got, took, why)
					}
					longest = max(longest, took)
				}
				t.Logf("the longest took %d s", longest)
			})
		}
	}
}

// One whose slowest requests take three times as long always is, if it is looked at for the default
// time. Where nodes are stalled by other things all the time a few are not seen.
func TestEveryThreefoldSlownessIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			longest, missed := 0, 0
			for seed := range uint64(rollouts()) {
				got, why, took := played(t, s, seed, 3, 30*time.Second)
				if got != Undone {
					missed++
					t.Logf("seed %d: %s after %d s: %s", seed, got, took, why)
				}
				longest = max(longest, took)
			}
			t.Logf("%d of %d were missed; the longest took %d s", missed, rollouts(), longest)
			if missed > 0 && (!s.seldom || missed > 1+rollouts()/5) {
				t.Errorf("%d of %d were missed", missed, rollouts())
			}
		})
	}
}

// rollouts is how many there are of each shape.
func rollouts() int {
	if testing.Short() {
		return 5
	}
	n, err := strconv.Atoi(os.Getenv("GATEWAY_TEST_ROLLOUTS"))
	if err != nil {
		n = 5
	}
	return n
}

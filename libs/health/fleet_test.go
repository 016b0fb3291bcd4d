package health_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// fleet is some nodes that tell each other every tick what they saw. Their clocks are hours apart.
type fleet struct{ nodes []*trial }

func newFleetOf(n, endpoints int) *fleet {
	f := &fleet{}
	weights := make([]int, endpoints)
	for i := range weights {
		weights[i] = 1
	}
	for i := range n {
		t := newTrial(weights...)
		t.now = t.now.Add(time.Duration(i-n/2) * time.Hour)
		f.nodes = append(f.nodes, t)
	}
	return f
}

// pass lets time pass: at each tick, each node asks each endpoint a few times, and fails says what
// share of them fails.
func (f *fleet) pass(d time.Duration, fails func(node, endpoint int) float64, each func()) {
	r := rand.New(rand.NewPCG(1, 2))
	for range d / tick {
		for n, t := range f.nodes {
			for e := range t.configured {
				for range 3 {
					o := health.Success
					if r.Float64() < fails(n, e) {
						o = health.ConnectFailure
					}
					t.record(e, o, 1)
				}
			}
			t.judge()
		}
		for n, t := range f.nodes {
			sights, suspect := t.registry.Sights(t.now)
			for m, other := range f.nodes {
				if m != n {
					other.registry.Hear(health.Witness{
						Name: fmt.Sprint(n), Heard: other.now, Holds: holds, Suspect: suspect,
						Sights: sights,
					})
				}
			}
		}
		if each != nil {
			each()
		}
	}
}

func well(int, int) float64 { return 0 }

// One of five loses its network: nodes that believed it would turn away from endpoints that are
// well.
func TestACutOffNodeMovesTheWeightsOfOthersByLessThanATwentieth(t *testing.T) {
	f := newFleetOf(5, 4)
	f.pass(15*time.Second, well, nil)
	check := func() {
		for n, node := range f.nodes[1:] {
			for e, w := range node.Weights() {
				if w < 96 {
					t.Fatalf("node %d gives endpoint %d a weight of %d", n+1, e, w)
				}
			}
		}
	}
	cutOff := func(node, _ int) float64 {
		if node == 0 {
			return 1
		}
		return 0
	}
	f.pass(30*time.Second, cutOff, check)
	f.pass(40*time.Second, well, check)
	if got := f.nodes[0].Weights(); got[0] != 100 {
		t.Errorf("in the end the node itself has the weights %v", got)
	}
}

// The same with active checks and no requests: its checks fail one after the other.
func TestACutOffNodeThatOnlyChecksMovesNoWeights(t *testing.T) {
	const interval = 5 * time.Second
	f := newFleetOf(5, 4)
	for _, node := range f.nodes {
		node.settings.ActiveInterval = interval
		node.reload()
	}
	for step := range int(60 * time.Second / tick) {
		for n, node := range f.nodes {
			for e := range 4 {
				if (step+3*e+n)%int(interval/tick) != 0 {
					continue
				}
				o := health.Success
				if n == 0 && step > int(20*time.Second/tick) {
					o = health.Timeout
				}
				node.Endpoint(e).RecordActive(o)
			}
			node.judge()
		}
		sights, suspect := f.nodes[0].registry.Sights(f.nodes[0].now)
		for _, other := range f.nodes[1:] {
			other.registry.Hear(health.Witness{
				Name: "0", Heard: other.now, Holds: holds, Suspect: suspect, Sights: sights,
			})
			other.judge()
			for e, w := range other.Weights() {
				if w < 96 {
					t.Fatalf("endpoint %d has a weight of %d elsewhere", e, w)
				}
			}
		}
	}
	if _, suspect := f.nodes[0].registry.Sights(f.nodes[0].now); !suspect {
		t.Error("it does not suspect itself")
	}
}

func TestAnEndpointThatFailsOnlyForOneNodeKeepsMostOfItsWeightElsewhere(t *testing.T) {
	f := newFleetOf(5, 4)
	f.pass(15*time.Second, well, nil)
	f.pass(15*time.Second, func(node, endpoint int) float64 {
		if node == 0 && endpoint == 0 {
			return 1
		}
		return 0
	}, nil)
	if got := f.nodes[0].Weights()[0]; got != 1 {
		t.Errorf("the node for which it fails gives it %d", got)
	}
	for n, node := range f.nodes[1:] {
		if got := node.Weights(); got[0] < 80 || got[0] > 81 || got[1] != 100 {
			t.Errorf("node %d has the weights %v, want 80 or 81 first", n+1, got)
		}
	}
}

// A node that has had no requests yet is as wise as those that have, as far as they are to be
// believed.
func TestANodeWithoutRequestsLearnsOfADeadEndpoint(t *testing.T) {
	f := newFleetOf(5, 4)
	idle := newTrial(1, 1, 1, 1)
	f.pass(15*time.Second, func(_, endpoint int) float64 {
		if endpoint == 2 {
			return 1
		}
		return 0
	}, nil)
	for n, node := range f.nodes {
		sights, suspect := node.registry.Sights(node.now)
		idle.registry.Hear(health.Witness{
			Name: fmt.Sprint(n), Heard: idle.now, Holds: holds, Suspect: suspect, Sights: sights,
		})
	}
	idle.judge()
	if got := idle.Weights(); got[2] > 19 || got[0] != 100 { // five of six, each 99 %
		t.Errorf("weights are %v", got)
	}
}

// When an endpoint is well again, rumours must not keep it down: what a node says is only what it
// saw.
func TestAFleetForgetsAnOutageTogether(t *testing.T) {
	f := newFleetOf(10, 4)
	f.pass(30*time.Second, func(_, endpoint int) float64 {
		if endpoint == 0 {
			return 1
		}
		return 0
	}, nil)
	for n, node := range f.nodes {
		if got := node.Weights()[0]; got != 1 {
			t.Errorf("node %d gives the dead endpoint %d", n, got)
		}
	}
	f.pass(30*time.Second, well, nil)
	for n, node := range f.nodes {
		if got := node.Weights()[0]; got != 100 {
			t.Errorf("half a minute later node %d gives it %d", n, got)
		}
	}
}

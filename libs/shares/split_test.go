package shares

import (
	"testing"
	"time"
)

// fleet is a leader with nodes that ask for a limit, without a network.
type fleet struct {
	t     *testing.T
	lead  *Node
	nodes []*Node
	now   time.Duration
}

func newFleet(t *testing.T, n int) *fleet {
	f := &fleet{t: t, lead: leaderOf(t), now: 200 * time.Second}
	for i := range n {
		one := New(string(rune('a'+i)), uint64(100+i), 1, 0)
		one.SetVoters(NewVoters([]Voter{{ID: "n", Node: "n"}}, one.name))
		f.nodes = append(f.nodes, one)
	}
	return f
}

// run lets time pass, with so much wanted by each node of a limit of so large a burst.
func (f *fleet) run(d time.Duration, burst int, want ...float64) {
	unit := uint32((Whole + burst - 1) / burst)
	for end := f.now + d; f.now < end; f.now += 50 * time.Millisecond {
		f.lead.Tick(f.now)
		for i, n := range f.nodes {
			demand := uint32(want[i] * Whole)
			held := n.Holds(1)
			n.Want(f.now, 1, demand, unit, demand > held.At(f.now))
			n.Tick(f.now)
			for _, e := range n.Out() {
				if err := f.lead.Receive(f.now, e.Body); err != nil {
					f.t.Fatal(err)
				}
			}
		}
		for _, e := range f.lead.Out() {
			for _, n := range f.nodes {
				if n.name == e.To {
					if err := n.Receive(f.now, e.Body); err != nil {
						f.t.Fatal(err)
					}
				}
			}
		}
	}
}

// shares are those of all nodes.
func (f *fleet) shares() (all []float64) {
	for _, n := range f.nodes {
		h := n.Holds(1)
		all = append(all, float64(h.At(f.now))/Whole)
	}
	return all
}

func TestSharesFollowTheDemand(t *testing.T) {
	for name, tc := range map[string]struct {
		want  []float64
		least []float64
		most  []float64
	}{
		"nobody asks: even": {
			[]float64{0, 0, 0, 0}, []float64{0.2, 0.2, 0.2, 0.2}, []float64{0.3, 0.3, 0.3, 0.3},
		},
		"one is hot": {
			[]float64{1, 0, 0, 0}, []float64{0.95, 0, 0, 0}, []float64{1, 0.02, 0.02, 0.02},
		},
		"who wants little gets it, the rest is for the others alike": {
			[]float64{1, 0.1, 0.8, 0.05}, []float64{0.4, 0.1, 0.4, 0.05},
			[]float64{0.45, 0.12, 0.45, 0.07},
		},
		"there is enough for all": {
			[]float64{0.5, 0.1, 0.1, 0.1}, []float64{0.5, 0.1, 0.1, 0.1},
			[]float64{0.7, 0.2, 0.2, 0.2},
		},
	} {
		f := newFleet(t, 4)
		f.run(6*time.Second, 1000, tc.want...)
		sum := 0.0
		for i, s := range f.shares() {
			if sum += s; s < tc.least[i] || s > tc.most[i] {
				t.Errorf("%s: %v", name, f.shares())
			}
		}
		if sum > 1 {
			t.Errorf("%s: %v together", name, sum)
		}
	}
}

// A node that comes has a share at once, where not all is in use.
func TestANodeThatComesFindsSome(t *testing.T) {
	f := newFleet(t, 4)
	late := f.nodes[3]
	f.nodes = f.nodes[:3]
	f.run(6*time.Second, 1000, 0.2, 0.2, 0.2)
	f.nodes = append(f.nodes, late)
	f.run(100*time.Millisecond, 1000, 0.2, 0.2, 0.2, 0.01)
	if s := f.shares(); s[3] < 0.01 {
		t.Errorf("%v", s)
	}
}

// Where the burst is not enough for all, some have a useful part, and they take turns.
func TestNodesTakeTurnsWhereTheBurstIsSmall(t *testing.T) {
	f := newFleet(t, 4)
	had := make([]bool, 4)
	for range 80 {
		f.run(time.Second, 2, 1, 1, 1, 1)
		useful := 0
		for i, s := range f.shares() {
			if s >= 0.5 {
				had[i] = true
				useful++
			}
		}
		if useful > 2 {
			t.Fatalf("%v", f.shares())
		}
	}
	for i := range had {
		if !had[i] {
			t.Errorf("node %d never had a part", i)
		}
	}
}

// What a node gives back when it ends is free at once.
func TestWhatIsGivenBackIsFree(t *testing.T) {
	f := newFleet(t, 2)
	f.run(6*time.Second, 1000, 1, 0)
	gone := f.nodes[0]
	gone.Release(f.now)
	for _, e := range gone.Out() {
		if err := f.lead.Receive(f.now, e.Body); err != nil {
			t.Fatal(err)
		}
	}
	if h := gone.Holds(1); h.At(f.now) != 0 {
		t.Errorf("it holds %+v", h)
	}
	f.nodes = f.nodes[1:]
	f.run(time.Second, 1000, 1)
	if s := f.shares(); s[0] < 0.95 {
		t.Errorf("%v", s)
	}
}

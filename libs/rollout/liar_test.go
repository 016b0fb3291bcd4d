package rollout

import (
	"math"
	"strings"
	"testing"
	"time"
)

// A lie is what a node says in place of what it did, given whether it runs the new snapshot.
type lie func(t Traffic, fresh bool) Traffic

func lies() map[string]lie {
	manyGood := func(n uint64) lie {
		return func(t Traffic, _ bool) Traffic {
			t.Requests, t.Errors, t.Connects = n, 0, 0
			t.Latency = []Bucket{{0.01, n}}
			return t
		}
	}
	failing := func(when func(fresh bool) bool) lie {
		return func(t Traffic, fresh bool) Traffic {
			if when(fresh) {
				t.Errors, t.Connects = t.Requests, t.Requests
				t.Latency = []Bucket{{10, t.Requests}}
			}
			return t
		}
	}
	return map[string]lie{
		"2^39 good requests":       manyGood(1 << 39),
		"2^63 good requests":       manyGood(1 << 63),
		"a million good requests":  manyGood(1_000_000),
		"all fails, always":        failing(func(bool) bool { return true }),
		"all fails on the new one": failing(func(fresh bool) bool { return fresh }),
		"all fails on the old one": failing(func(fresh bool) bool { return !fresh }),
		"nothing":                  func(Traffic, bool) Traffic { return Traffic{} },
		"more failures than can be": func(t Traffic, _ bool) Traffic {
			t.Errors = 1 << 30
			return t
		},
		"times that are none": func(t Traffic, _ bool) Traffic {
			t.Latency = []Bucket{{math.NaN(), 50}}
			return t
		},
		"a clock that goes back": func(t Traffic, _ bool) Traffic { t.Window = -1; return t },
		"a million failures": func(t Traffic, _ bool) Traffic {
			t.Requests, t.Errors = 1_000_000, 1_000_000
			return t
		},
	}
}

// One node that lies makes no bad revision good and no good one bad, whether it
// is reached first, later or last.
func TestOneNodeThatLiesDecidesNothing(t *testing.T) {
	t.Parallel()
	for name, told := range lies() {
		for _, fault := range []fault{"", errors5xx, connects, slow} {
			for _, nodes := range []int{3, 4, 5, 8} {
				for at := range nodes {
					if fault == slow && nodes < 5 {
						continue // too few are left on the old one to be believed of
					}
					f := good(t, nodes)
					f.lies = map[string]lie{f.nodes[at].name: told}
					for range 20 {
						f.second()
					}
					f.bad["B"] = fault
					r := f.publish("B", func(r *Record) { r.Spec.Steps[1].Bake = 20 * time.Second })
					f.until("it ends", 400, f.idle)
					got, why := f.outcome(r.Revision)
					want := Good
					if fault != "" {
						want = Undone
					}
					if got != want {
						t.Errorf("%s, at node %d of %d, with a revision that does %q: %s: %s",
							name, at, nodes, fault, got, why)
					}
				}
			}
		}
	}
}

// What can't be is not counted, and said.
func TestImpossibleReportsAreNamed(t *testing.T) {
	t.Parallel()
	for name, told := range lies() {
		f := good(t, 4)
		f.publish("B", func(r *Record) { r.Spec.Steps[0].Bake = time.Hour })
		f.lies = map[string]lie{"n2": told}
		for range 5 {
			f.second()
		}
		named := len(f.machine.Events()) == 1 && f.machine.Events()[0].Node == "n2" &&
			strings.HasPrefix(f.machine.Events()[0].Text, "not believed: ")
		switch name {
		case "2^39 good requests", "2^63 good requests", "more failures than can be",
			"times that are none", "a clock that goes back":
			if !named || f.machine.Node("n2").LastBeat.Requests > 100 {
				t.Errorf("%s: %+v, %+v", name, f.machine.Events(), f.machine.Node("n2").LastBeat)
			}
		default:
			if len(f.machine.Events()) > 0 && named {
				t.Errorf("%s: %+v", name, f.machine.Events())
			}
		}
	}
}

func TestCountersThatGoBackAreNamed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	m := New(DefaultSettings(), State{}, now)
	m.Seen(now, Hello{Name: "a", Boot: "1"})
	beat := func(uptime time.Duration) string {
		now = now.Add(time.Second)
		refused, _ := m.Heard(now, "a", "", 0, Traffic{Requests: 5, Uptime: uptime})
		return refused
	}
	if why := beat(10 * time.Second); why != "" {
		t.Error(why)
	}
	if why := beat(5 * time.Second); !strings.Contains(why, "uptime went back") {
		t.Errorf("it says %q", why)
	}
	m.Seen(now, Hello{Name: "a", Boot: "2"}) // another process
	if why := beat(time.Second); why != "" {
		t.Error(why)
	}
}

// A node that is alone on the new snapshot and complains is borne out by another, or it is not.
func TestALoneComplaintAsksASecondNode(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	r := f.publish("B")
	f.until("B is at one", 10, func() bool { return len(f.touched["B"]) == 1 })
	var first string
	for name := range f.touched["B"] {
		first = name
	}
	f.lies = map[string]lie{first: func(t Traffic, _ bool) Traffic {
		t.Errors = t.Requests
		return t
	}}
	f.until("it ends", 90, f.idle)
	got, why := f.outcome(r.Revision)
	asked := 0
	for _, r := range f.journal {
		if r.Kind == Asked {
			asked++
			if len(r.Nodes) != 1 || !strings.Contains(r.Reason, "is to bear out what "+first) {
				t.Errorf("%+v", r)
			}
		}
	}
	if got != Good || asked != 1 {
		t.Errorf("%s: %s; %d nodes were asked", got, why, asked)
	}
	if e := f.machine.Events(); len(e) != 1 || e[0].Node != first ||
		!strings.Contains(e[0].Text, "the only one to complain") {
		t.Errorf("%+v", e)
	}
}

// Where there is nobody else, a node's own word counts.
func TestTheOnlyNodeIsBelieved(t *testing.T) {
	t.Parallel()
	for _, fault := range []fault{errors5xx, connects, crashes, refused} {
		f := good(t, 1)
		f.bad["B"] = fault
		r := f.publish("B")
		f.until("it ends", 90, func() bool {
			f.nodes[0].silent = false
			return f.idle()
		})
		if got, why := f.outcome(r.Revision); got != Undone {
			t.Errorf("%s: %s: %s", fault, got, why)
		}
	}
}

// An outage of one node's own is not the revision's.
func TestOneNodeThatIsLostTakesNothingBack(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	r := f.publish("B")
	f.until("B is at half", 60, func() bool { return len(f.touched["B"]) == 3 })
	for name := range f.touched["B"] {
		for _, n := range f.nodes {
			if n.name == name {
				n.connected = false
			}
		}
		break
	}
	f.until("it ends", 120, f.idle)
	if got, why := f.outcome(r.Revision); got != Good {
		t.Errorf("%s: %s", got, why)
	}
}

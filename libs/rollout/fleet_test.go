package rollout

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A fleet is nodes that do what a machine tells them, by a clock that the test moves.
type fleet struct {
	t       *testing.T
	random  *rand.Rand
	now     time.Time
	machine *Machine
	journal []Record
	nodes   []*simulated
	// bad says what a digest does to nodes.
	bad map[string]fault
	// times says how long requests take; nil: 10 ms.
	times *shape
	// lies are what nodes say in place of the truth, by name.
	lies map[string]lie
	// touched are the nodes that ever ran a digest.
	touched map[string]map[string]bool
}

type fault string

const (
	errors5xx fault = "5xx"
	connects  fault = "connects"
	slow      fault = "slow"
	refused   fault = "refused"
	crashes   fault = "crashes"
	silences  fault = "silences"
)

type simulated struct {
	name             string
	labels           map[string]string
	connected, known bool // to the server
	boot             int
	digest           string
	revision         uint64
	silent           bool
	mute             bool // it says how it is, and takes nothing
	requests         int  // a second
}

func newFleet(t *testing.T, nodes int) *fleet {
	t.Helper()
	f := &fleet{
		t: t, random: rand.New(rand.NewPCG(1, 2)),
		now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		bad: map[string]fault{}, touched: map[string]map[string]bool{},
	}
	for i := range nodes {
		f.nodes = append(f.nodes, &simulated{
			name: fmt.Sprintf("n%d", i), connected: true, requests: 50,
		})
	}
	f.start()
	return f
}

// start makes the machine anew, from what was recorded, as after a crash.
func (f *fleet) start() {
	f.t.Helper()
	var s State
	for _, r := range f.journal {
		if err := s.Apply(r); err != nil {
			f.t.Fatal(err)
		}
	}
	f.machine = New(DefaultSettings(), s, f.now)
	for _, n := range f.nodes {
		n.known = false
	}
}

func (f *fleet) record(r Record) {
	f.t.Helper()
	if err := f.machine.Apply(r); err != nil {
		f.t.Fatal(err)
	}
	f.journal = append(f.journal, r)
}

// publish gives a digest to the fleet: one node, half, all, with 5 s each.
func (f *fleet) publish(digest string, change ...func(*Record)) Record {
	f.t.Helper()
	spec := Spec{Gates: DefaultGates(), Steps: []Step{
		{Count: 1, Bake: 5 * time.Second}, {Percent: 50, Bake: 5 * time.Second},
		{Percent: 100, Bake: 5 * time.Second},
	}}
	r := Record{Digest: digest, By: "test", Spec: &spec}
	for _, c := range change {
		c(&r)
	}
	r = f.machine.Publish(f.now, r)
	f.record(r)
	return r
}

func replacing(r *Record) { r.Replace = true }

// second lets a second go by: nodes come and go, take what they are given, and say how they are;
// the machine decides.
func (f *fleet) second() {
	f.t.Helper()
	f.now = f.now.Add(time.Second)
	for _, n := range f.nodes {
		f.live(n)
	}
	f.decide()
}

func (f *fleet) live(n *simulated) {
	m := f.machine
	came := n.connected && !n.known
	switch {
	case !n.connected && n.known:
		m.Gone(f.now, n.name)
		n.known = false
	case n.connected && !n.known:
		m.Seen(f.now, Hello{
			Name: n.name, Boot: fmt.Sprint(n.boot), Labels: n.labels, Digest: n.digest,
			Revision: n.revision,
		})
		n.known = true
	}
	if !n.connected {
		return
	}
	if n.silent {
		return
	}
	a := m.Assignment(n.name)
	if a.Revision < n.revision {
		f.t.Fatalf("%s has revision %d and is given %d", n.name, n.revision, a.Revision)
	}
	if !n.mute && (a.Revision != n.revision || came && a.Digest != n.digest) {
		n.revision = a.Revision
		fault := f.bad[a.Digest]
		if f.touched[a.Digest] == nil {
			f.touched[a.Digest] = map[string]bool{}
		}
		f.touched[a.Digest][n.name] = true
		switch fault {
		case refused:
			m.Answered(f.now, n.name, Answer{
				Revision: a.Revision, Digest: a.Digest, Reason: "no such cluster",
			})
		case crashes:
			m.Gone(f.now, n.name)
			n.boot++
			n.known = false
			return
		case silences:
			n.silent = true
			return
		default:
			n.digest = a.Digest
			m.Answered(f.now, n.name, Answer{Revision: a.Revision, Digest: a.Digest, Applied: true})
		}
	}
	said := f.traffic(n)
	if lie := f.lies[n.name]; lie != nil {
		said = lie(said, f.machine.state.Run != nil &&
			n.digest == f.machine.state.Find(f.machine.state.Run.Revision).Digest)
	}
	m.Heard(f.now, n.name, n.digest, n.revision, said)
}

// traffic is a second of it, with 1 in 200 requests failing whatever is run.
func (f *fleet) traffic(n *simulated) Traffic {
	t := Traffic{
		Requests: uint64(n.requests),
		Latency:  []Bucket{{0.01, uint64(n.requests)}, {0.1, 0}, {1, 0}, {math.Inf(1), 0}},
	}
	if f.times != nil {
		t.Latency = f.times.second(f, n)
	}
	for range n.requests {
		if f.random.IntN(200) == 0 {
			t.Errors++
		}
	}
	switch f.bad[n.digest] {
	case errors5xx:
		t.Errors = t.Requests / 2
	case connects:
		t.Connects = t.Requests / 5
	case slow:
		t.Latency[0].Count, t.Latency[2].Count = 0, t.Requests
	}
	return t
}

func (f *fleet) decide() {
	f.t.Helper()
	for range 20 {
		r, ok := f.machine.Decide(f.now)
		if !ok {
			f.check()
			return
		}
		if r.Kind == Ended {
			f.checkEnd()
		}
		f.record(r)
		f.check()
	}
	f.t.Fatal("the machine decides for ever")
}

// check holds the machine to what it promises at any time.
func (f *fleet) check() {
	f.t.Helper()
	s := f.machine.State()
	allowed := map[string]bool{"": s.Good == 0}
	if good := s.Find(s.Good); good != nil {
		allowed[good.Digest] = true
	}
	if s.Run != nil && s.Run.Returning == 0 {
		allowed[s.Find(s.Run.Revision).Digest] = true
	}
	for _, n := range f.nodes {
		if a := f.machine.Assignment(n.name); !allowed[a.Digest] {
			f.t.Fatalf("%s is given %q, which is neither old nor new", n.name, a.Digest)
		}
	}
}

// checkEnd wants nobody left on what was taken back.
func (f *fleet) checkEnd() {
	f.t.Helper()
	s := f.machine.State()
	if s.Run.Returning == 0 {
		return
	}
	bad, good := s.Find(s.Run.Revision).Digest, s.Find(s.Good).Digest
	for _, n := range f.nodes {
		if n.known && bad != good && n.digest == bad {
			f.t.Fatalf("revision %d is said to be taken back while %s still runs it",
				s.Run.Revision, n.name)
		}
	}
}

// until lets time go by until something holds.
func (f *fleet) until(what string, seconds int, holds func() bool) {
	f.t.Helper()
	for range seconds {
		if holds() {
			return
		}
		f.second()
	}
	if !holds() {
		p := f.machine.Progress()
		f.t.Fatalf("not within %d s: %s; the rollout: %+v, %s", seconds, what, p.Run, p.Reason)
	}
}

func (f *fleet) idle() bool {
	return f.machine.State().Run == nil && len(f.machine.State().Waiting) == 0
}

func (f *fleet) all(digest string) bool {
	for _, n := range f.nodes {
		if n.connected && n.digest != digest {
			return false
		}
	}
	return true
}

func (f *fleet) outcome(revision uint64) (Outcome, string) {
	r := f.machine.State().Find(revision)
	return r.Outcome, r.Reason
}

package rollout

import (
	"strings"
	"testing"
	"time"
)

func good(t *testing.T, nodes int) *fleet {
	t.Helper()
	f := newFleet(t, nodes)
	f.publish("A")
	f.until("A is good", 60, func() bool { return f.idle() && f.all("A") })
	return f
}

func TestAGoodRevisionReachesAllNodesInSteps(t *testing.T) {
	t.Parallel()
	f := good(t, 10)
	r := f.publish("B")
	var seen []int
	f.until("B is good", 60, func() bool {
		if n := len(f.touched["B"]); n > 0 && (len(seen) == 0 || seen[len(seen)-1] != n) {
			seen = append(seen, n)
		}
		return f.idle()
	})
	if len(seen) != 3 || seen[0] != 1 || seen[1] != 5 || seen[2] != 10 {
		t.Errorf("the steps reached %v nodes", seen)
	}
	if got, why := f.outcome(r.Revision); got != Good || why != "" || !f.all("B") {
		t.Errorf("%s, %s", got, why)
	}
}

// What a revision does to a node takes it back when a second one bears that out. A refusal needs
// nobody for that.
func TestABadRevisionIsTakenBackFromItsFirstNodes(t *testing.T) {
	t.Parallel()
	for fault, says := range map[fault]string{
		errors5xx: "responses with 5xx or without a route: 50.0%", connects: "connect failures",
		slow:    "99th percentile",
		refused: "no such cluster", crashes: "started anew: n",
		silences: "lost, or without an answer: n",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := good(t, 10)
			f.bad["B"] = fault
			r := f.publish("B")
			f.until("it is taken back", 60, func() bool {
				return f.machine.State().Find(r.Revision).Outcome == Undone
			})
			for _, n := range f.nodes {
				n.silent = false
			}
			f.until("all are back", 60, func() bool { return f.idle() && f.all("A") })
			got, why := f.outcome(r.Revision)
			if got != Undone || !strings.Contains(why, says) {
				t.Errorf("%s, %s", got, why)
			}
			most := 2
			if fault == refused {
				most = 1
			}
			if len(f.touched["B"]) > most {
				t.Errorf("nodes touched: %v", f.touched["B"])
			}
			back := f.machine.State().Find(f.machine.State().Good)
			if back.Number <= r.Revision || back.From != r.Revision || back.Digest != "A" {
				t.Errorf("the return: %+v", back)
			}
		})
	}
}

// An outage that all nodes have is not the revision's, and neither is one that its node had before.
func TestARevisionIsNotBlamedForWhatOthersSufferToo(t *testing.T) {
	t.Parallel()
	f := good(t, 10)
	f.bad["A"], f.bad["B"] = errors5xx, errors5xx
	for range 65 {
		f.second()
	}
	r := f.publish("B")
	f.until("it ends", 90, f.idle)
	if got, why := f.outcome(r.Revision); got != Good {
		t.Errorf("%s: %s", got, why)
	}
}

// While there are nodes to compare with, that is: those of the last step have only their own past.
func TestARevisionIsNotBlamedForAnOutageThatBeginsWithIt(t *testing.T) {
	t.Parallel()
	for seconds := range 12 {
		f := good(t, 10)
		r := f.publish("B")
		f.until("B is at one", 10, func() bool { return f.touched["B"] != nil })
		for range seconds {
			f.second()
		}
		f.bad["A"], f.bad["B"] = errors5xx, errors5xx
		f.until("B is everywhere", 30, func() bool { return f.idle() || f.machine.State().Run.All })
		if got, why := f.outcome(r.Revision); got != Rolling {
			t.Errorf("%d s after it began: %s: %s", seconds, got, why)
		}
	}
}

func TestNothingGoodYetMeansBackToTheOwnFile(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.bad["A"] = refused
	f.publish("A")
	f.until("it is taken back", 60, f.idle)
	if a := f.machine.Assignment("n0"); a.Revision != 2 || a.Digest != "" {
		t.Errorf("%+v", a)
	}
}

func TestTheLaterWaits(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	b, c := f.publish("B"), f.publish("C")
	f.until("C runs", 60, func() bool { return f.touched["C"] != nil })
	if got, _ := f.outcome(b.Revision); got != Good {
		t.Errorf("C began when B was %s", got)
	}
	f.until("C is good", 60, func() bool { return f.idle() && f.all("C") })
	if got, _ := f.outcome(c.Revision); got != Good {
		t.Errorf("C: %s", got)
	}
}

func TestTheLaterReplaces(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	b, dropped := f.publish("B"), f.publish("C")
	f.until("B is at half", 60, func() bool { return len(f.touched["B"]) == 3 })
	d := f.publish("D", replacing)
	if d.Return <= dropped.Revision || d.Revision <= d.Return {
		t.Errorf("numbers: %d, %d", d.Return, d.Revision)
	}
	f.until("D is good", 60, func() bool { return f.idle() && f.all("D") })
	for number, want := range map[uint64]Outcome{
		b.Revision: Replaced, dropped.Revision: Dropped, d.Revision: Good,
	} {
		if got, why := f.outcome(number); got != want {
			t.Errorf("revision %d: %s, %s", number, got, why)
		}
	}
	if f.touched["C"] != nil {
		t.Error("C was dropped, and nodes got it")
	}
}

// What waits was made on top of what is taken back.
func TestWhatWaitsFallsWithWhatItFollows(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	f.bad["B"] = refused
	f.publish("B")
	c := f.publish("C")
	f.until("it ends", 60, f.idle)
	if got, why := f.outcome(c.Revision); got != Dropped || !strings.Contains(why, "taken back") {
		t.Errorf("%s, %s", got, why)
	}
}

func TestPauseHoldsTheStepAndNotTheGates(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	b := f.publish("B")
	f.until("B is at one", 10, func() bool { return len(f.touched["B"]) == 1 })
	control(t, f, Pause)
	if _, err := f.machine.Control(f.now, Pause, 0, "op", ""); err == nil {
		t.Error("paused twice")
	}
	for range 60 {
		f.second()
	}
	if n := len(f.touched["B"]); n != 1 {
		t.Errorf("%d nodes while it is paused", n)
	}
	control(t, f, Resume)
	f.until("B is at half", 10, func() bool { return len(f.touched["B"]) == 3 })
	control(t, f, Pause)
	f.bad["B"] = errors5xx
	f.until("it is taken back", 60, func() bool { return f.idle() && f.all("A") })
	if got, _ := f.outcome(b.Revision); got != Undone {
		t.Errorf("B: %s", got)
	}
}

func TestAbortTakesItBack(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	b := f.publish("B")
	f.until("B is at half", 60, func() bool { return len(f.touched["B"]) == 3 })
	r, err := f.machine.Control(f.now, Abort, b.Revision, "op", "second thoughts")
	if err != nil {
		t.Fatal(err)
	}
	f.record(r)
	f.until("all are back", 20, func() bool { return f.idle() && f.all("A") })
	if got, why := f.outcome(b.Revision); got != Undone || why != "second thoughts" {
		t.Errorf("%s, %s", got, why)
	}
	if _, err := f.machine.Control(f.now, Abort, 0, "op", ""); err == nil {
		t.Error("aborted when nothing ran")
	}
}

func TestForceGoesOnWithoutWaiting(t *testing.T) {
	t.Parallel()
	f := good(t, 6)
	f.publish("B", func(r *Record) { r.Spec.Steps[0].Bake = time.Hour })
	f.until("B is at one", 10, func() bool { return len(f.touched["B"]) == 1 })
	control(t, f, Force)
	f.until("B is at half", 2, func() bool { return len(f.touched["B"]) == 3 })
	control(t, f, Force)
	f.until("B is everywhere", 2, func() bool { return f.all("B") })
	control(t, f, Force)
	if !f.idle() {
		t.Error("it goes on")
	}
}

func control(t *testing.T, f *fleet, a Action) {
	t.Helper()
	r, err := f.machine.Control(f.now, a, 0, "op", "")
	if err != nil {
		t.Fatal(err)
	}
	f.record(r)
}

func TestStepsPickByLabels(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 8)
	for _, n := range f.nodes[:2] {
		n.labels = map[string]string{"zone": "a"}
	}
	f.publish("B", func(r *Record) {
		r.Spec.Steps = []Step{
			{Count: 5, Labels: map[string]string{"zone": "a"}, Bake: time.Minute}, {Percent: 100},
		}
	})
	for range 30 {
		f.second()
	}
	if got := f.touched["B"]; len(got) != 2 || !got["n0"] || !got["n1"] {
		t.Errorf("picked %v", got)
	}
}

func TestItWaitsForANodeToBegin(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.nodes[0].connected = false
	f.publish("A")
	for range 30 {
		f.second()
	}
	if p := f.machine.Progress(); p.Reason != "no connected node can be the first" {
		t.Errorf("it says: %q", p.Reason)
	}
	f.nodes[0].connected = true
	f.until("A is good", 60, func() bool { return f.idle() && f.all("A") })
}

// A node that config-sync has not heard of since it was started need not be lost.
func TestNodesHaveTimeToComeBackAfterARestart(t *testing.T) {
	t.Parallel()
	f := good(t, 4)
	f.publish("B", func(r *Record) { r.Spec.Steps[0].Bake = 20 * time.Second })
	f.until("B is at one", 10, func() bool { return len(f.touched["B"]) == 1 })
	for _, n := range f.nodes {
		n.connected = false
	}
	f.start()
	for range 25 {
		f.second()
	}
	for _, n := range f.nodes {
		n.connected = true
	}
	f.until("B is good", 90, func() bool { return f.idle() && f.all("B") })
}

// A node whose revision is above all others was given it before the history was lost.
func TestNumbersGoOnAboveWhatNodesKnow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.machine.Seen(f.now, Hello{Name: "n0", Revision: 40})
	f.second()
	f.machine.Heard(f.now, "n1", "", 1<<60, Traffic{}) // a lie
	if r := f.publish("A"); r.Revision != 41 {
		t.Errorf("revision %d", r.Revision)
	}
}

func TestANodeThatIsGoneIsForgottenUnlessItIsNeeded(t *testing.T) {
	t.Parallel()
	f := good(t, 3)
	f.nodes[2].connected = false
	f.second()
	f.machine.Forget(f.now.Add(time.Hour), 2*time.Hour)
	if len(f.machine.Nodes()) != 3 {
		t.Error("forgotten too soon")
	}
	f.machine.Forget(f.now.Add(3*time.Hour), 2*time.Hour)
	if len(f.machine.Nodes()) != 2 || f.machine.Node("n2") != nil {
		t.Errorf("%d nodes", len(f.machine.Nodes()))
	}
}

func TestRecordsThatMakeNoSenseChangeNothing(t *testing.T) {
	t.Parallel()
	f := good(t, 3)
	b := f.publish("B")
	f.second()
	last := f.machine.State().Last
	for name, r := range map[string]Record{
		"an old number":   {Kind: Published, Revision: b.Revision, Digest: "C", Spec: b.Spec},
		"a number afar":   {Kind: Published, Revision: 1 << 40, Digest: "C", Spec: b.Spec},
		"no rollout":      {Kind: Published, Revision: b.Revision + 1, Digest: "C"},
		"began twice":     {Kind: Began, Revision: b.Revision},
		"a step too far":  {Kind: Stepped, Revision: b.Revision, Step: 7},
		"another's step":  {Kind: Stepped, Revision: 1, Step: 2},
		"good before all": {Kind: Ended, Revision: b.Revision},
		"a low return":    {Kind: Returned, Revision: b.Revision, Return: b.Revision},
		"another kind":    {Kind: "painted", Revision: b.Revision},
	} {
		if err := f.machine.Apply(r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if s := f.machine.State(); s.Last != last || s.Run.Revision != b.Revision || s.Run.Step != 1 {
		t.Errorf("changed: %+v", s.Run)
	}
}

func TestSpecsAreChecked(t *testing.T) {
	t.Parallel()
	ok := Spec{Steps: DefaultSteps(time.Second), Gates: DefaultGates()}
	if err := ok.Check(); err != nil {
		t.Error(err)
	}
	if err := AtOnce().Check(); err != nil {
		t.Error(err)
	}
	for name, steps := range map[string][]Step{
		"none": nil, "both": {{Count: 1, Percent: 1}, {Percent: 100}},
		"neither": {{}, {Percent: 100}}, "above": {{Percent: 101}, {Percent: 100}},
		"not to all":  {{Count: 1}},
		"some of all": {{Percent: 100, Labels: map[string]string{"a": "b"}}},
		"negative":    {{Percent: 100, Bake: -1}},
	} {
		if err := (Spec{Steps: steps, Gates: DefaultGates()}).Check(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

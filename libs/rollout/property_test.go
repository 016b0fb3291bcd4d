package rollout

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// Whatever happens in whatever order, nodes get nothing but the old and the new snapshot, revisions
// only grow, a bad revision stays on the node of its first step and those that bear it out, and in
// the end all nodes run the last good digest.
func TestEveryStoryEndsWell(t *testing.T) {
	t.Parallel()
	stories := 300
	if testing.Short() {
		stories = 30
	}
	for seed := range stories {
		story(t, uint64(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzStory(f *testing.F) {
	for seed := range 3 {
		f.Add(uint64(seed))
	}
	f.Fuzz(story)
}

func story(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	f := newFleet(t, 2+random.IntN(12))
	f.random = random
	faults := []fault{errors5xx, connects, slow, refused, crashes, silences}
	published, forced := 0, false
	for range 150 {
		f.second()
		n := f.nodes[random.IntN(len(f.nodes))]
		switch random.IntN(40) {
		case 0, 1, 2, 3, 4:
			digest := "D" + strconv.Itoa(published)
			if random.IntN(3) == 0 {
				f.bad[digest] = faults[random.IntN(len(faults))]
			}
			published++
			replace := random.IntN(2) == 0
			if replace || len(f.machine.State().Waiting) < MaxWaiting {
				f.publish(digest, func(r *Record) { r.Replace = replace })
			}
		case 5, 6:
			f.start()
		case 7, 8, 9:
			n.connected = !n.connected
		case 10:
			n.boot, n.known = n.boot+1, false
		case 11:
			n.silent = !n.silent
		case 12:
			if r, err := f.machine.Control(f.now, Pause, 0, "op", ""); err == nil {
				f.record(r)
			}
		case 13, 14:
			if r, err := f.machine.Control(f.now, Resume, 0, "op", ""); err == nil {
				f.record(r)
			}
		case 15:
			if r, err := f.machine.Control(f.now, Abort, 0, "op", ""); err == nil {
				f.record(r)
			}
		case 16:
			if r, err := f.machine.Control(f.now, Force, 0, "op", ""); err == nil &&
				random.IntN(4) == 0 {
				f.record(r)
				forced = true
			}
		}
		if !forced {
			for digest := range f.bad {
				if len(f.touched[digest]) > 3 {
					t.Fatalf("%s, which %s, has reached %v", digest, f.bad[digest],
						f.touched[digest])
				}
			}
		}
	}
	// From here on nothing happens to the fleet but what config-sync does.
	for _, n := range f.nodes {
		n.connected, n.silent = true, false
	}
	if r, err := f.machine.Control(f.now, Resume, 0, "op", ""); err == nil {
		f.record(r)
	}
	for range 2000 {
		if f.idle() {
			break
		}
		for _, n := range f.nodes {
			if n.silent && f.now.Second()%20 == 0 {
				n.silent = false
			}
		}
		f.second()
	}
	for range 3 {
		for _, n := range f.nodes {
			n.silent = false
		}
		f.second()
	}
	s := f.machine.State()
	if !f.idle() {
		t.Fatalf("it never ends: %+v, %s", s.Run, f.machine.Progress().Reason)
	}
	good := s.Find(s.Good)
	if good == nil {
		return // nothing was published
	}
	if !forced && f.bad[good.Digest] != "" {
		t.Fatalf("%s, which %s, is the good one: %s", good.Digest, f.bad[good.Digest], good.Reason)
	}
	if fault := f.bad[good.Digest]; fault != "" && fault != errors5xx && fault != connects &&
		fault != slow {
		return // it was forced upon nodes that can't run it
	}
	for _, n := range f.nodes {
		if n.digest != good.Digest || n.revision != good.Number {
			t.Fatalf("%s ends with %q, revision %d; good is %q, %d", n.name, n.digest, n.revision,
				good.Digest, good.Number)
		}
	}
	var replayed State
	for _, r := range f.journal {
		if err := replayed.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	if replayed.Last != s.Last || replayed.Good != s.Good ||
		len(replayed.History) != len(s.History) {
		t.Fatal("the journal tells another story")
	}
	for i := range s.History {
		if i > 0 && s.History[i].Number <= s.History[i-1].Number {
			t.Fatal("the history is not in order")
		}
		if s.History[i].Outcome == Rolling || s.History[i].Outcome == Waiting {
			t.Fatalf("revision %d is %s for ever", s.History[i].Number, s.History[i].Outcome)
		}
	}
}

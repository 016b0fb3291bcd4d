package fleet_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

// joins is how often an edge joins where packets get lost: it is all chance.
const joins = 10

func TestAnEdgeJoins(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		name string
		loss float64
		most time.Duration
		late int // so many may take longer
	}{{"whole", 0, time.Second, 0}, {"30% loss", 0.3, 6 * time.Second, 1}} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 40)
			const last = size - 1
			for i := range last {
				f.start(t, i)
			}
			within(t, testkit.Deadline, "a ring of four", f.ringsOf(t, last, f.running()...))
			times := make([]time.Duration, joins)
			for i := range times {
				f.lab.Set(between(netlab.Link{Loss: w.loss}))
				begin := time.Now()
				f.start(t, last)
				within(t, 15*time.Second, "all have the new one, and it has all",
					f.ringsOf(t, size, f.running()...))
				times[i] = time.Since(begin)
				f.lab.Set(netlab.Everywhere(netlab.Link{}))
				f.edges[last].Stop(t, testkit.Deadline)
				f.edges[last] = nil
				within(t, testkit.Deadline, "it is gone", f.ringsOf(t, last, f.running()...))
			}
			slices.Sort(times)
			t.Logf("joined after %v, the start of the process included", times)
			if times[joins-1-w.late] > onThisMachine(w.most) {
				t.Errorf("more than %d of %d take longer than %v", w.late, joins, w.most)
			}
		})
	}
}

// Whichever edge is killed, the others miss it, still follow each other, and have it back when it
// comes back.
func TestAnyEdgeMayBeKilled(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 50)
	for i := range size {
		f.kill(i)
		rest := f.running()
		took := within(t, 6*time.Second, "the others miss it", f.ringsOf(t, size-1, rest...))
		f.start(t, i)
		again := within(t, testkit.Deadline, "it is back", f.ringsOf(t, size, f.running()...))
		t.Logf("edge %d killed: missed after %v; one ring again %v after its start", i, took, again)
	}
	f.acquainted(t)
	f.kill(1)
	within(t, 6*time.Second, "the others miss it", f.ringsOf(t, size-1, f.running()...))
	f.sicken(true, 0)
	f.load(t, 0)
	// It still counts as a vantage point for a while, so one of four and not less than one of five.
	took := within(t, 2*time.Second, "the others follow one of four", f.follow(t, 0.81, 2, 3, 4))
	t.Logf("without edge 1 all follow after %v", took)
}

func TestAKilledEdgeIsMissedThroughHeavyLoss(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 60)
	f.lab.Set(between(netlab.Link{Loss: 0.3}))
	f.kill(2)
	took := within(t, 8*time.Second, "the others miss it", func() bool {
		for _, i := range f.running() {
			const contact = `gateway_gossip_contact_age_seconds{node="edge-2"}`
			if _, has := f.edges[i].Metrics(t)[contact]; has {
				return false
			}
		}
		return true
	})
	t.Logf("missed after %v", took)
}

// With a tenth of all packets lost no node is taken for dead that is alive.
func TestNobodyIsTakenForDead(t *testing.T) {
	t.Parallel()
	length := 30 * time.Second
	if *long {
		length = 3 * time.Minute
	}
	f := startFleet(t, 70)
	f.lab.Set(between(netlab.Link{Loss: 0.1}))
	always(t, length, func() {
		for _, i := range f.running() {
			if n := f.members(t, i); n != size {
				t.Fatalf("edge %d has %d in its ring", i, n)
			}
		}
	})
	c := f.lab.Counts()
	if c.Lost == 0 {
		t.Error("nothing got lost")
	}
	t.Logf("nobody in %v; packets: %+v", length, c)
}

package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The clocks of two edges are an hour off, one ahead and one behind. They join, hear and are heard
// as any other; also when one comes back with a clock that was set back by two hours.
func TestClocksMayBeAnHourOff(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 80)
	f.nodes[1].Skew(t, time.Hour)
	f.nodes[2].Skew(t, -time.Hour)
	for i := range size {
		f.start(t, i)
	}
	took := within(t, time.Second, "one ring", f.ringsOf(t, size, f.running()...))
	t.Logf("one ring after %v", took)
	f.acquainted(t)
	for i, want := range []time.Duration{0, time.Hour, -time.Hour} {
		if off := f.clock(t, i); (off - want).Abs() > time.Minute {
			t.Fatalf("the clock of edge %d is off by %v", i, off)
		}
	}
	f.sicken(true, 1, 2)
	f.load(t, 1, 2)
	took = within(t, 2*time.Second, "the others follow the two", f.follow(t, 0.61, 0, 3, 4))
	t.Logf("followed after %v", took)

	f.kill(1)
	f.sicken(false, 2)
	within(t, 30*time.Second, "what it said counts no more", func() bool {
		for _, s := range f.sickAt(t, 0, 3, 4) {
			if s < 1 {
				return false
			}
		}
		return true
	})
	f.nodes[1].Skew(t, -time.Hour)
	f.start(t, 1)
	within(t, testkit.Deadline, "one ring", f.ringsOf(t, size, f.running()...))
	f.load(t, 1)
	took = within(t, 15*time.Second, "the others follow the one with the clock that was set back",
		func() bool {
			for _, i := range []int{0, 3, 4} {
				if e := f.endpoints(t, i)[0]; e.share() > 0.81 ||
					!strings.Contains(e.Reason, "edge-1 ") {
					return false
				}
			}
			return true
		})
	t.Logf("heard again %v after it came back with a clock that was set back", took)
}

// clock is how far the clock of an edge is ahead.
func (f *fleet) clock(t *testing.T, i int) time.Duration {
	t.Helper()
	var s struct {
		Started time.Time `json:"started"`
	}
	f.edges[i].Decode(t, "GET", "/status", &s)
	return time.Until(s.Started)
}

package fleet_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

// A ring that was cut in two is one again soon, however long it was cut: memberlist itself forgets
// who was dead for half a minute. What one part has seen meanwhile the other follows.
func TestASplitHeals(t *testing.T) {
	t.Parallel()
	lengths := []time.Duration{30 * time.Second}
	if *long {
		lengths = append(lengths, time.Minute, 5*time.Minute)
	}
	for i, length := range lengths {
		t.Run(length.String(), func(t *testing.T) {
			t.Parallel()
			f := startFleet(t, uint64(30+i))
			small := map[string]bool{"edge-0": true, "edge-1": true}
			f.lab.Set(func(from, to string) netlab.Link {
				l := between(netlab.Link{Cut: true})(from, to)
				l.Cut = l.Cut && small[from] != small[to]
				return l
			})
			f.sicken(true, 0, 1)
			f.load(t, 0, 1)
			begin := time.Now()
			// A node that finds so many others silent doubts itself first and asks less often
			// (memberlist's Lifeguard).
			apart := within(t, 28*time.Second, "two rings", func() bool {
				return f.ringsOf(t, 2, 0, 1)() && f.ringsOf(t, 3, 2, 3, 4)()
			})
			always(t, length-time.Since(begin), func() {
				if !f.ringsOf(t, 2, 0, 1)() || !f.ringsOf(t, 3, 2, 3, 4)() {
					t.Fatal("they are not two rings of 2 and 3")
				}
			})
			for i, s := range f.sickAt(t, 2, 3, 4) {
				if s < 1 {
					t.Errorf("edge %d leaves %v to an endpoint that only the other part has lost",
						i+2, s)
				}
			}
			f.lab.Set(netlab.Everywhere(netlab.Link{}))
			const most = 15 * time.Second
			took := within(t, most, "one ring", f.ringsOf(t, size, f.running()...))
			followed := took +
				within(t, most-took, "the larger part follows the smaller",
					f.follow(t, 0.61, 2, 3, 4))
			t.Logf("cut for %v: two rings after %v; mended: one ring after %v, and of one "+
				"opinion after %v", length, apart, took, followed)
		})
	}
}

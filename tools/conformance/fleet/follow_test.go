package fleet_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

// window is how long edges remember failures.
const window = 10 * time.Second

// wires are the networks in which fleets do what they should, and how long following a loss takes
// in each.
var wires = []struct {
	name string
	link netlab.Link
	most time.Duration
}{
	{"whole", netlab.Link{}, 2 * time.Second},
	{"30% loss", netlab.Link{Loss: 0.3}, 10 * time.Second},
	{
		"slow and out of order",
		netlab.Link{Delay: 50 * time.Millisecond, Jitter: 50 * time.Millisecond}, 2 * time.Second,
	},
}

// What fails for one edge costs it a fifth at the others, what fails for most more than that, also
// at one that sends nothing.
func TestEdgesFollowWhatOthersSee(t *testing.T) {
	t.Parallel()
	for i, w := range wires {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			f := startFleet(t, uint64(i))
			f.lab.Set(between(w.link))
			f.sicken(true, 0, 1, 2, 3)
			f.load(t, 0, 1, 2, 3)
			took := within(t, w.most, "the idle one follows four of five", f.follow(t, 0.25, 4))
			t.Logf("it fails for four of five: the idle one follows after %v", took)
			f.sicken(false, 0, 1, 2, 3)
			// The window, then a doubling a second at those who lost it, then what they say
			// (docs/health.md).
			took = within(t, 30*time.Second, "it has its weight back", func() bool {
				for _, s := range f.sickAt(t, 0, 1, 2, 3, 4) {
					if s < 1 {
						return false
					}
				}
				return true
			})
			t.Logf("all is well again after %v", took)

			// Now edge 0 has seen successes too, so its loss grows while it forgets them, and the
			// others follow that.
			f.sicken(true, 0)
			took = within(t, w.most, "the others begin to follow one of five",
				f.follow(t, 0.99, 1, 2, 3, 4))
			t.Logf("it fails for one of five: all begin to follow after %v", took)
			// The last five points of a loss are not worth a report of their own, so a fifth of
			// them may be missing for a while.
			took = within(t, window+w.most, "the others follow one of five",
				f.follow(t, 0.82, 1, 2, 3, 4))
			t.Logf("and do so wholly %v later", took)
			always(t, time.Second, func() {
				for i, s := range f.sickAt(t, 1, 2, 3, 4) {
					if s < 0.79 {
						t.Fatalf("edge %d leaves %v to an endpoint that one of five has lost", i+1,
							s)
					}
				}
			})
			c := f.lab.Counts()
			if w.link.Loss > 0 && c.Lost == 0 || w.link.Jitter > 0 && c.Overtaken == 0 {
				t.Errorf("the network was whole: %+v", c)
			}
			t.Logf("packets: %+v", c)
		})
	}
}

package fleet_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An edge that was killed and is back says what it sees now. What it said before it was killed
// stays forgotten, also where its clock was set back meanwhile, so that its new life looks like one
// before the old.
func TestARestartedEdgeIsNotHeldToWhatItSaidBefore(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{
		"same clock": 0, "clock set back": -time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFleet(t, 90)
			others := []int{0, 2, 3, 4}
			f.sicken(true, 1)
			f.load(t, 1)
			within(t, 2*time.Second, "the others follow", f.follow(t, 0.81, others...))
			f.kill(1)
			f.sicken(false, 1)
			within(t, 30*time.Second, "what it said counts no more", func() bool {
				for _, s := range f.sickAt(t, others...) {
					if s < 1 {
						return false
					}
				}
				return true
			})
			if skew != 0 {
				f.nodes[1].Skew(t, skew)
			}
			f.start(t, 1)
			within(t, testkit.Deadline, "one ring", f.ringsOf(t, size, f.running()...))
			least := 1.0
			always(t, 5*time.Second, func() {
				for k, s := range f.sickAt(t, others...) {
					if s < least {
						least = s
						t.Errorf("edge %d leaves %v: %s", others[k], s,
							f.endpoints(t, others[k])[0].Reason)
					}
				}
			})
		})
	}
}

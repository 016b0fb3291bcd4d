package health_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// withBackup is a cluster of primaries with weight 1 and one backup, the last.
func withBackup(s health.Settings, primaries int) *trial {
	t := newTrialWith(s)
	for i := range primaries + 1 {
		t.configured = append(t.configured, health.Configured{
			Address: address(i), Weight: 1, Backup: i == primaries,
		})
	}
	t.reload()
	return t
}

// want compares the weights.
func (t *trial) want(tb testing.TB, why string, weights ...int) {
	tb.Helper()
	if got := t.Weights(); !slices.Equal(got, weights) {
		tb.Fatalf("%s: the weights are %v, want %v", why, got, weights)
	}
}

func TestABackupWaits(t *testing.T) {
	c := withBackup(health.Settings{}, 2)
	c.want(t, "at first", 100, 100, 0)
	c.pass(5*time.Second, [2]int{10, 0}, [2]int{0, 10})
	if w := c.Weights(); w[0] != 100 || w[1] > 5 || w[2] != 0 {
		t.Errorf("with one of two out the weights are %v", w)
	}
	if v := c.Verdicts()[2]; !v.Backup || !strings.Contains(v.Reason, "a backup, and others can") {
		t.Errorf("the verdict is %+v", v)
	}
}

func TestABackupServesOnceAllOthersFailAndNoLonger(t *testing.T) {
	for name, primaries := range map[string]int{"one": 1, "three": 3} {
		c := withBackup(health.Settings{}, primaries)
		good, dead := make([][2]int, primaries), make([][2]int, primaries)
		for i := range good {
			good[i], dead[i] = [2]int{50, 0}, [2]int{0, 3}
		}
		c.pass(20*time.Second, good...)
		c.pass(2*tick, dead...)
		w := c.Weights()
		if w[primaries] != 100 {
			t.Fatalf("%s: after six failures in a row of all others the weights are %v", name, w)
		}
		for i := range primaries {
			if w[i] > 1 {
				t.Errorf("%s: an endpoint that is out keeps %d", name, w[i])
			}
			if r := c.Verdicts()[i].Reason; !strings.Contains(r, "so backups serve") {
				t.Errorf("%s: the reason is %q", name, r)
			}
		}
		// What tries itself and fails stays out.
		for range 30 {
			c.record(0, health.ConnectFailure, 1)
			c.record(primaries, health.Success, 20)
			c.judge()
			if w := c.Weights(); w[primaries] != 100 || w[0] > 1 {
				t.Fatalf("%s: with failures the weights are %v", name, w)
			}
		}
		c.record(0, health.Success, 1)
		c.judge()
		if w := c.Weights(); w[0] != 100 || w[primaries] != 0 {
			t.Errorf("%s: at once after a success the weights are %v", name, w)
		}
	}
}

func TestBackupsFollowActiveChecks(t *testing.T) {
	c := withBackup(health.Settings{ActiveInterval: time.Second}, 1)
	check := func(o health.Outcome, times int) {
		for range times {
			c.Endpoint(0).RecordActive(o)
			c.judge()
		}
	}
	check(health.Success, 3)
	c.want(t, "checks are good", 100, 0)
	check(health.ConnectFailure, 2)
	c.want(t, "two checks fail", 100, 0)
	check(health.ConnectFailure, 1)
	// Checks tell when it is back, so no traffic has to.
	c.want(t, "three checks fail", 0, 100)
	c.reload()
	c.want(t, "a reload", 0, 100)
	check(health.Success, 1)
	c.want(t, "one check is good", 0, 100)
	check(health.Success, 1)
	c.want(t, "two checks are good", 100, 0)
}

func TestAllInMaintenanceLeavesBackups(t *testing.T) {
	c := withBackup(health.Settings{}, 2)
	c.configured[0].Weight, c.configured[1].Weight = 0, 0
	c.reload()
	c.want(t, "in maintenance", 0, 0, 100)
	c.configured[1].Weight = 4
	c.reload()
	c.want(t, "back", 0, 400, 0)
}

// Where backups are of no use either, everything is as without them.
func TestBackupsThatFailTooGiveTheTrafficBack(t *testing.T) {
	c := withBackup(health.Settings{}, 1)
	c.pass(time.Second, [2]int{0, 3}, [2]int{0, 0})
	c.want(t, "one fails", 1, 100)
	c.pass(time.Second, [2]int{0, 0}, [2]int{0, 3})
	c.want(t, "both fail", 100, 0)
	// And the backup is tried again, when what it did is forgotten.
	c.pass(25*time.Second, [2]int{0, 3}, [2]int{0, 0})
	c.want(t, "one fails for long", 1, 100)
}

// An endpoint that nobody has asked for long is tried, and one failure is not the end.
func TestWhatIsOutIsTriedWithoutTraffic(t *testing.T) {
	c := withBackup(health.Settings{}, 1)
	c.pass(time.Second, [2]int{0, 3})
	c.want(t, "it fails", 1, 100)
	c.pass(30 * time.Second)
	c.want(t, "it is quiet", 100, 0)
}

// Whatever happens, somebody has weight; backups and others never share it, but for what tries
// itself.
func TestBackupsInRandomOutages(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 60 {
		s := health.Settings{}
		if r.IntN(2) == 0 {
			s.SlowStart = 10 * time.Second
		}
		c := newTrialWith(s)
		n := 2 + r.IntN(5)
		for i := range n {
			c.configured = append(c.configured, health.Configured{
				Address: address(i), Weight: r.IntN(4), Backup: i > 0 && r.IntN(2) == 0,
			})
		}
		c.configured[0].Weight = 1
		c.reload()
		fails := make([]int, n)
		for range 400 {
			for i := range fails {
				if r.IntN(40) == 0 {
					fails[i] = []int{0, 0, 3, 10}[r.IntN(4)]
				}
				if c.Weights()[i] == 0 {
					continue
				}
				for range r.IntN(8) {
					if r.IntN(10) < fails[i] {
						c.record(i, health.Reset, 1)
					} else {
						c.record(i, health.Success, 1)
					}
				}
			}
			c.judge()
			var sums [2]int
			for i, w := range c.Weights() {
				if full := c.configured[i].Weight * health.Scale; w < 0 || w > full && full == 0 {
					t.Fatalf("endpoint %d has %d of %d", i, w, full)
				}
				if c.configured[i].Backup {
					sums[1] += w
				} else {
					sums[0] += w
				}
			}
			if sums[0]+sums[1] == 0 {
				t.Fatalf("nobody gets anything: %+v", c.Verdicts())
			}
		}
	}
}

// With few requests, without active checks, and after a long outage: an endpoint that works again
// is found within seconds, by its own share of the traffic.
func TestWhatWorksAgainIsFoundSoon(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, everyTicks := range []int{1, 4} { // requests come four times a second, or once
		c := withBackup(health.Settings{}, 1)
		c.pass(2*time.Second, [2]int{0, 3})
		failed, requests := 0, 0
		step := func(works bool) {
			if r.IntN(everyTicks) == 0 {
				requests++
				w := c.Weights()
				switch {
				case r.IntN(w[0]+w[1]) >= w[0]:
					c.record(1, health.Success, 1)
				case works:
					c.record(0, health.Success, 1)
				default:
					failed++
					c.record(0, health.ConnectFailure, 1)
				}
			}
			c.judge()
		}
		for range 4 * 120 {
			step(false)
		}
		if failed > requests/6 {
			t.Errorf("of %d requests %d tried what is out", requests, failed)
		}
		from := c.now
		for c.Weights()[1] > 0 {
			step(true)
		}
		if took := c.now.Sub(from); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
	}
}

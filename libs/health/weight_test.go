package health_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

func TestWeightFallsInProportionToFailures(t *testing.T) {
	for _, c := range []struct{ failed, of, want int }{
		{0, 1000, 300}, {20, 1000, 300}, {21, 1000, 294}, {50, 1000, 285}, {12, 40, 210},
		{1, 2, 300}, {4, 4, 300}, {5, 5, 3},
		{1, 5, 300}, {2, 5, 180}, {500, 1000, 150}, {900, 1000, 30}, {990, 1000, 3},
		{1000, 1000, 3},
	} {
		tr := newTrial(3, 3, 3, 3)
		tr.record(1, health.ConnectFailure, c.failed)
		tr.record(1, health.Success, c.of-c.failed)
		changed := tr.judge()
		if got := tr.Weights(); got[1] != c.want || got[0] != 300 || changed != (c.want != 300) {
			t.Errorf("%d of %d failed: weights %v, changed %t, want %d", c.failed, c.of, got,
				changed, c.want)
		}
	}
}

func TestEveryClassOfFailureCountsAndSlowCountsHalf(t *testing.T) {
	for o, want := range map[health.Outcome]int{
		health.Success: 100, health.ServerError: 60, health.ConnectFailure: 60,
		health.TLSFailure: 60,
		health.Reset:      60, health.Timeout: 60, health.Slow: 80, health.Slow + 1: 100, 255: 100,
	} {
		tr := newTrial(1, 1)
		tr.record(0, o, 40)
		tr.record(0, health.Success, 60)
		tr.judge()
		if got := tr.Weights()[0]; got != want {
			t.Errorf("40%% %v: weight %d, want %d", o, got, want)
		}
	}
}

func TestWeakEndpointGoesOnGettingTraffic(t *testing.T) {
	tr := newTrial(1, 1, 1)
	tr.pass(time.Second, [2]int{9, 0}, [2]int{0, 9}, [2]int{9, 0})
	schedule := wrr.New(tr.Weights())
	picks := 0
	for place := range schedule.Len() {
		if schedule.At(uint64(place)) == 1 {
			picks++
		}
	}
	if share := float64(picks) / float64(schedule.Len()); share < 0.004 || share > 0.006 {
		t.Errorf("an endpoint with 1%% of its weight gets %v of the picks", share)
	}
}

// A weight returns when the window is clean, doubling once a second, and exactly to what is
// configured.
func TestWeightReturnsGradually(t *testing.T) {
	tr := newTrial(7, 7)
	tr.pass(5*time.Second, [2]int{9, 0}, [2]int{0, 9})
	if got := tr.Weights(); !slices.Equal(got, []int{700, 7}) {
		t.Fatalf("weights of a dead endpoint: %v", got)
	}
	var steps []int
	for begin := tr.now; tr.now.Sub(begin) < 20*time.Second; {
		tr.record(0, health.Success, 9)
		tr.record(1, health.Success, 1)
		if tr.judge() {
			steps = append(steps, tr.Weights()[1])
			if since := tr.now.Sub(begin); since < 4*time.Second {
				t.Fatalf("a weight rose %v after the last failure, with a window full of them",
					since)
			}
		}
	}
	for i, w := range steps {
		if was := append([]int{7}, steps...)[i]; w <= was || w > 2*was {
			t.Errorf("a step from %d to %d", was, w)
		}
	}
	if len(steps) < 7 || steps[len(steps)-1] != 700 {
		t.Errorf("steps %v, want at least 7 that end with 700", steps)
	}
}

func TestWeightReturnsWithoutTraffic(t *testing.T) {
	tr := newTrial(1, 1)
	tr.pass(time.Second, [2]int{9, 0}, [2]int{0, 9})
	tr.pass(10*time.Second + 8*time.Second)
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("weights after a silent window and 8 s: %v", tr.Weights())
	}
}

// One failed probe is no verdict, but the weight must not rise on it either.
func TestFewFailuresStopTheWayBack(t *testing.T) {
	tr := newTrial(1, 1)
	tr.pass(time.Second, [2]int{9, 0}, [2]int{0, 9})
	// nothing reaches the second one; its weight begins to rise
	tr.pass(12*time.Second, [2]int{9, 0})
	was := tr.Weights()[1]
	if was <= 1 || was >= 100 {
		t.Fatalf("weight %d, want it on its way back", was)
	}
	tr.record(1, health.ConnectFailure, 1)
	tr.pass(8*time.Second, [2]int{9, 0})
	if got := tr.Weights()[1]; got != was {
		t.Errorf("weight %d -> %d on a failed probe", was, got)
	}
}

func TestConstantShareOfFailuresDoesNotFlap(t *testing.T) {
	for _, rate := range []int{1, 2, 5, 40, 100} { // requests in a tick
		for share := 0; share <= 100; share++ {
			tr := newTrial(10, 10)
			rises, falls, sum := 0, 0, 0
			for k := range 400 {
				tr.record(0, health.Success, rate)
				for range rate {
					if sum += share; sum >= 100 {
						sum -= 100
						tr.record(1, health.Timeout, 1)
					} else {
						tr.record(1, health.Success, 1)
					}
				}
				was := tr.Weights()[1]
				if !tr.judge() || k < 80 { // two windows
					continue
				}
				if tr.Weights()[1] > was {
					rises++
				} else {
					falls++ // when the window happens to hold one failure more than ever before
				}
			}
			if rises > 0 || falls > 2 {
				t.Errorf("%d%% of %d requests a tick: %d rises and %d falls after two windows",
					share, rate, rises, falls)
			}
		}
	}
}

// By chance the share in a window moves. The weight may follow, but not to and fro.
func TestRandomFailuresHardlyTurnTheWeight(t *testing.T) {
	for _, rate := range []int{2, 10, 100} {
		for _, share := range []float64{0.001, 0.005, 0.03, 0.1, 0.3, 0.5, 0.8, 0.97} {
			r := rand.New(rand.NewPCG(uint64(rate), uint64(share*1000)))
			tr := newTrial(10, 10)
			turns, direction, was := 0, 0, 1000
			const windows = 50
			for range windows * 40 {
				for range rate {
					tr.record(0, health.Success, 1)
					if r.Float64() < share {
						tr.record(1, health.Reset, 1)
					} else {
						tr.record(1, health.Success, 1)
					}
				}
				tr.judge()
				now := tr.Weights()[1]
				if d := now - was; d*direction < 0 {
					turns++
				} else if d == 0 {
					continue
				}
				if direction = 1; now < was {
					direction = -1
				}
				was = now
			}
			if turns > windows/2 {
				t.Errorf("share %v at %d requests a tick: the weight turned %d times in %d windows",
					share, rate, turns, windows)
			}
		}
	}
}

func TestWindowForgets(t *testing.T) {
	for _, window := range []time.Duration{time.Second, 10 * time.Second, time.Minute} {
		tr := newTrialWith(health.Settings{Window: window}, 1, 1)
		tr.judge()
		tr.record(1, health.Reset, 10)
		tr.judge()
		tr.pass(window*8/10 - 2*tick)
		if n := tr.Verdicts()[1].Counts[health.Reset]; n != 10 {
			t.Errorf("window %v: %d of 10 failures known before it was over", window, n)
		}
		tr.pass(window*2/10 + 4*tick)
		if n := tr.Verdicts()[1].Counts[health.Reset]; n != 0 {
			t.Errorf("window %v: %d failures known after it was over", window, n)
		}
	}
}

func TestLongSilenceOfTheJudgeAndClockSetBackAreHarmless(t *testing.T) {
	tr := newTrial(1, 1)
	tr.pass(5*time.Second, [2]int{9, 0}, [2]int{0, 9})
	tr.now = tr.now.Add(time.Hour)
	tr.judge()
	if v := tr.Verdicts()[1]; v.Counts.Total() != 0 || tr.Weights()[1] > 2 {
		t.Errorf("after an hour: %+v", v)
	}
	tr.record(1, health.Reset, 20)
	tr.judge()
	tr.now = tr.now.Add(-time.Hour)
	tr.judge()
	if n := tr.Verdicts()[1].Counts.Total(); n != 20 {
		t.Errorf("after the clock was set back %d of 20 requests are known", n)
	}
	tr.pass(18 * time.Second)
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("after the clock was set back weights stay %v", tr.Weights())
	}
}

package health_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Clusters of every size from 1 to 100, endpoints that get better and worse as they like: the
// limits hold at every moment, and when all is well again every weight is exactly what was
// configured.
func TestLimitsHoldWhateverHappens(t *testing.T) {
	for size := 1; size <= 100; size++ {
		r := rand.New(rand.NewPCG(6, uint64(size)))
		weights := make([]int, size)
		for i := range weights {
			switch r.IntN(4) {
			case 0:
				weights[i] = r.IntN(1000)
			default:
				weights[i] = 1 + r.IntN(3)
			}
		}
		tr := newTrialWith(health.Settings{
			Window:      time.Duration(1+r.IntN(15)) * time.Second,
			MinRequests: 1 + r.IntN(10),
			Floor:       []float64{0, 0.001, 0.05, 0.3, 1}[r.IntN(5)],
		}, weights...)
		share := make([]float64, size)
		for range 120 {
			switch r.IntN(20) {
			case 0: // all alike
				s := r.Float64()
				for i := range share {
					share[i] = s
				}
			case 1: // some dead, the others well
				for i := range share {
					share[i] = float64(r.IntN(2))
				}
			case 2: // one by itself
				share[r.IntN(size)] = r.Float64()
			case 3:
				tr.reload()
			case 4:
				tr.Endpoint(r.IntN(size)).RecordActive(health.Outcome(r.IntN(7)))
			}
			rate := r.IntN(12)
			for i := range share {
				for range rate {
					o := health.Success
					if r.Float64() < share[i] {
						o = health.Outcome(1 + r.IntN(6))
					}
					tr.record(i, o, 1)
				}
			}
			before := slices.Clone(tr.Weights())
			changed := tr.judge()
			if changed == slices.Equal(before, tr.Weights()) {
				t.Fatalf("%d endpoints: changed is %t, from %v to %v", size, changed, before,
					tr.Weights())
			}
			if wrong := tr.check(); wrong != "" {
				t.Fatalf("%d endpoints: %s", size, wrong)
			}
		}
		well := make([][2]int, size)
		for i := range well {
			well[i] = [2]int{1, 0}
		}
		tr.pass(tr.settings.Window+12*time.Second, well...)
		if !slices.Equal(tr.Weights(), tr.full()) {
			t.Fatalf("%d endpoints of weights %v are well again and have %v", size, weights,
				tr.Weights())
		}
		if tr.judge() {
			t.Fatalf("%d endpoints: still changing", size)
		}
	}
}

// Two worlds that differ in one endpoint only, which fails more often in the second: there it never
// has more weight, at no moment, whatever happened before. The last endpoint is well, so that not
// all fail alike.
func TestWhoFailsMoreNeverHasMoreWeight(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(7, seed))
		weights := make([]int, 2+r.IntN(9))
		for i := range weights {
			weights[i] = 1 + r.IntN(20)
		}
		better, worse := newTrial(weights...), newTrial(weights...)
		share := make([]float64, len(weights))
		more := 0.0
		for range 400 {
			if r.IntN(15) == 0 {
				share[r.IntN(len(share)-1)] = []float64{0, r.Float64(), 1}[r.IntN(3)]
				more = r.Float64() * float64(r.IntN(2))
			}
			rate := r.IntN(12)
			for i := range weights {
				for range rate {
					o := health.Success
					if i < len(weights)-1 && r.Float64() < share[i] {
						o = health.Reset
					}
					better.record(i, o, 1)
					if i == 0 && r.Float64() < more {
						o = health.Timeout
						if r.IntN(2) == 0 {
							worse.record(i, o, 1) // beside what the other one gets
						}
					}
					worse.record(i, o, 1)
				}
			}
			better.judge()
			worse.judge()
			if b, w := better.Weights(), worse.Weights(); w[0] > b[0] {
				t.Fatalf("seed %d: the endpoint has %d where it fails less and %d where it fails "+
					"more\n%v\n%v",
					seed, b[0], w[0], better.Verdicts()[0], worse.Verdicts()[0])
			}
		}
	}
}

// Where all fail alike weights jump back to the configured ones, so there it is the share of the
// traffic that never grows.
func TestWhoFailsMoreNeverGetsMoreTraffic(t *testing.T) {
	const requests = 100
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(8, seed))
		size := 2 + r.IntN(5)
		weights, failed := make([]int, size), make([]int, size)
		base := r.IntN(requests + 1)
		for i := range weights {
			weights[i] = 1 + r.IntN(5)
			failed[i] = min(max(base+r.IntN(31)-15, 0), requests)
		}
		last := 2.0
		for failed[0] = 0; failed[0] <= requests; failed[0]++ {
			tr := newTrial(weights...)
			for i, f := range failed {
				tr.record(i, health.Reset, f)
				tr.record(i, health.Success, requests-f)
			}
			tr.judge()
			sum := 0
			for _, w := range tr.Weights() {
				sum += w
			}
			share := float64(tr.Weights()[0]) / float64(sum)
			if share > last+0.01 { // weights are whole numbers
				t.Fatalf("seed %d: weights %v, failures %v: share of the first grows from %v to %v",
					seed, weights, failed, last, share)
			}
			last = share
		}
	}
}

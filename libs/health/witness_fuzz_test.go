package health_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Whatever others say, however often, in whatever order with reloads: the limits hold, only what
// was said last counts, and when all of it is old the weights are the configured ones.
func FuzzWitnesses(f *testing.F) {
	f.Add([]byte{3, 0x00, 0xff, 0x80, 0x00, 0x41, 0xff, 0xff, 0xff, 0xf0, 0x20, 0xf0})
	f.Add([]byte{2, 0x07, 0xff, 0xff, 0xff, 0xf0, 0xd1, 0xf0, 0x47, 0x10, 0x10, 0xe1, 0xf0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			return
		}
		next := func() (b byte) {
			if len(data) > 0 {
				b, data = data[0], data[1:]
			}
			return b
		}
		weights := make([]int, 1+next()%5)
		for i := range weights {
			weights[i] = 1 + i
		}
		tr := newTrial(weights...)
		full := slices.Clone(tr.configured)
		last := map[string]health.Witness{}
		for len(data) > 0 {
			op := next()
			switch {
			case op >= 0xf0:
				tr.judge()
			case op >= 0xe0:
				tr.now = tr.now.Add(time.Duration(int8(next())) * 100 * time.Millisecond)
			case op >= 0xd0:
				tr.configured = full[:int(op)%(len(full)+1)]
				tr.reload()
			case op >= 0xc0:
				name := string(rune('a' + op%8))
				tr.registry.Forget(name)
				delete(last, name)
			default:
				w := health.Witness{
					Name: string(rune('a' + op%8)), Heard: tr.now,
					Holds: time.Duration(1+op>>4) * time.Second, Suspect: op&8 != 0,
				}
				for k := range int(op>>4) % 7 {
					// less than none and more than all, too
					s := health.Sight{Cluster: "c", Loss: float64(int8(next())) / 64}
					if k != 3 {
						s.Address = address(k % 4)
					}
					if op == 0xbf {
						s.Loss = math.NaN()
					}
					w.Sights = append(w.Sights, s)
				}
				tr.registry.Hear(w)
				last[w.Name] = w
			}
		}
		tr.judge()
		tr.must(t)
		// Another node that hears only what was said last comes to the same.
		other := newTrial()
		other.configured, other.now = tr.configured, tr.now
		other.reload()
		for _, w := range last {
			other.registry.Hear(w)
		}
		other.judge()
		// long enough that weights of both may rise, and from then on at the same moments
		tr.now = tr.now.Add(2 * time.Second)
		other.now = tr.now
		other.pass(10 * time.Second)
		tr.pass(10 * time.Second)
		if !slices.Equal(tr.Weights(), other.Weights()) {
			t.Fatalf("weights are %v, and %v at a node that heard only what was said last",
				tr.Weights(), other.Weights())
		}
		tr.pass(45 * time.Second)
		other.must(t)
		if tr.now.After(time.Unix(1_800_000_000, 0)) && !slices.Equal(tr.Weights(), tr.full()) {
			t.Fatalf("in the end %v, configured %v", tr.Weights(), tr.full())
		}
	})
}

package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Any sequence of outcomes, checks, ticks, pauses and reloads keeps the limits, and ends with the
// configured weights once a window has been clean.
func FuzzSequences(f *testing.F) {
	f.Add([]byte{3, 1, 1, 1, 0x12, 40, 0xf0, 0xf0, 0xf0})
	f.Add([]byte{1, 9, 0x02, 99, 0xf0, 0xe1, 0xf0})
	f.Add([]byte{2, 5, 5, 0x01, 20, 0x11, 20, 0xf0, 0xd0, 0xd1, 0xf0, 0xc2})
	f.Add([]byte{2, 3, 1, 0x81, 0x81, 0x81, 0xf0, 0xe0, 0xf0})
	// Failed checks, then a clock set back by 43 s: they were remembered for that much longer.
	f.Add([]byte("00000000000000000000\x9100\xda00\x9500\xae\xa280\xfe0000\xee\xa7\xe5\xcb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2000 {
			return
		}
		next := func() (b byte) {
			if len(data) > 0 {
				b, data = data[0], data[1:]
			}
			return b
		}
		weights := make([]int, next()%9)
		for i := range weights {
			weights[i] = int(next())
		}
		tr := newTrial(weights...)
		full := slices.Clone(tr.configured)
		for len(data) > 0 {
			op := next()
			i := int(op>>3) % max(len(tr.configured), 1)
			switch {
			case op >= 0xf0:
				tr.judge()
			case op >= 0xe0: // a pause, or a clock set back
				tr.now = tr.now.Add(time.Duration(int8(next())) * 300 * time.Millisecond)
			case op >= 0xd0:
				tr.configured = full[:int(op)%(len(full)+1)]
				tr.reload()
			case op >= 0xc0:
				tr.settings = health.Settings{
					Window:      time.Duration(next()) * 100 * time.Millisecond,
					MinRequests: int(next() % 20),
					Floor:       float64(next()) / 256,
				}
				tr.reload()
			case len(tr.configured) == 0:
			case op >= 0x80:
				tr.Endpoint(i).RecordActive(health.Outcome(op & 7))
			default:
				tr.record(i, health.Outcome(op&7), int(next()))
			}
			if op < 0xc0 {
				continue
			}
			if op < 0xe0 { // the floor may be another one; it counts from the next verdict on
				tr.judge()
			}
			tr.must(t)
		}
		tr.pass(45 * time.Second) // the longest window is 25.5 s
		tr.must(t)
		if !slices.Equal(tr.Weights(), tr.full()) {
			t.Fatalf("in the end %v, configured %v", tr.Weights(), tr.full())
		}
	})
}

package metrics

import (
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of the buckets of all duration histograms.
var bounds = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
	5 * time.Second, 10 * time.Second,
}

// Bounds are the upper bounds, in seconds, of all but the last bucket of durations.
func Bounds() (seconds []float64) {
	for _, b := range bounds {
		seconds = append(seconds, b.Seconds())
	}
	return seconds
}

// histogram counts durations. Its count is the sum of its buckets, so that an observation is two
// atomic additions.
type histogram struct {
	sum     atomic.Int64 // nanoseconds
	buckets [len(bounds) + 1]atomic.Uint64
}

func (h *histogram) observe(d time.Duration) {
	d = max(d, 0)
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.sum.Add(int64(d))
}

// snapshot is a histogram as Prometheus wants it; several can be added up.
type snapshot struct {
	count   uint64
	sum     float64 // seconds
	buckets map[float64]uint64
}

func newSnapshot() *snapshot {
	return &snapshot{buckets: make(map[float64]uint64, len(bounds))}
}

func (s *snapshot) add(h *histogram) {
	var n uint64
	for i := range h.buckets {
		n += h.buckets[i].Load()
		if i < len(bounds) {
			s.buckets[bounds[i].Seconds()] += n
		}
	}
	s.count += n
	s.sum += time.Duration(h.sum.Load()).Seconds()
}

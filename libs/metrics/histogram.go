package metrics

import (
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of the classic buckets of all duration histograms.
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

// A page is a few counters that are made when the first of them is needed.
type page [16]atomic.Uint64

// at returns a counter of the page that a pointer leads to.
func (p *page) at(i int) *atomic.Uint64 { return &p[i%len(p)] }

// open returns the page that a pointer leads to, and makes it if there is none.
func open[T any](at *atomic.Pointer[T]) *T {
	p := at.Load()
	if p == nil {
		p = new(T)
		if !at.CompareAndSwap(nil, p) {
			p = at.Load()
		}
	}
	return p
}

// maxPages is how many pages the scale with the most cells has.
const maxPages = 18

// cells are the counters of a histogram. Its count is the sum of its cells, so that an observation
// is two atomic additions.
type cells struct {
	sum   atomic.Int64 // in units of the scale
	pages [maxPages]atomic.Pointer[page]
}

// add counts a value; what it returns is count's.
func (c *cells) add(s *scale, v int64, alone bool) (clash bool) {
	i := s.cell(v)
	clash = count(open(&c.pages[i/len(page{})]).at(i), alone)
	if v > 0 {
		c.sum.Add(v)
	}
	return clash
}

// A histogram counts values. Reading one while it is written gives a count that is the sum of its
// buckets; its sum may lack values that are counted, or have some that are not yet.
type histogram struct {
	scale     *scale
	room      *room
	born      time.Time
	counts    spread[cells]
	exemplars exemplars
}

func newHistogram(s *scale, r *room) histogram {
	return histogram{scale: s, room: r, born: time.Now()}
}

func (h *histogram) observe(v int64, t *Trace) {
	c, alone := h.counts.here()
	if c.add(h.scale, v, alone) {
		h.counts.clashed(h.room)
	}
	h.exemplars.keep(h.scale, v, t)
}

// snapshot is a histogram at a moment; several of one scale can be added up.
func (h *histogram) snapshot() *snapshot {
	s := newSnapshot(h.scale, h.born)
	h.counts.each(s.add)
	s.exemplify(&h.exemplars)
	return s
}

package metrics

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// A lane is a set of counters that one processor writes most of the time, so that its cache lines
// stay with that processor.
type lane struct{ index int }

// maxLanes bounds the lanes of a process: what is counted in lanes costs memory for each.
const maxLanes = 64

// lanes lends lanes. The runtime does not tell which processor runs a goroutine, but what it puts
// into a [sync.Pool] it gets back on the same one, for about 10 ns and without an allocation. To
// choose by goroutine or connection would not do: many of those share each processor, so that every
// processor would write every lane.
type lanes struct {
	pool sync.Pool
	next atomic.Uint32
	all  []lane
}

// shared are the lanes of the process: a power of two, as many as processors or a few more.
var shared = newLanes(min(1<<bits.Len(uint(runtime.NumCPU()-1)), maxLanes))

func newLanes(n int) *lanes {
	l := &lanes{all: make([]lane, n)}
	for i := range l.all {
		l.all[i].index = i
	}
	l.pool.New = func() any { return &l.all[int(l.next.Add(1))%n] }
	return l
}

// A room bounds how many counters may be kept in lanes, as each of those takes many times the
// memory of one that is not.
type room struct{ left atomic.Int64 }

func (r *room) take() bool {
	if r == nil {
		return true
	}
	if r.left.Add(-1) < 0 {
		r.left.Add(1)
		return false
	}
	return true
}

func (r *room) give() {
	if r != nil {
		r.left.Add(1)
	}
}

// A spread is counters that are kept once as long as processors hardly ever meet there, and in
// lanes from then on. So ten thousand routes that are asked now and then take no more than one set
// of counters each, and the few that are busy do not slow each other down.
type spread[T any] struct {
	first   T
	clashes atomic.Uint32
	lanes   atomic.Pointer[[]atomic.Pointer[padded[T]]]
}

// padded is followed by so much that nothing else is on a cache line of it.
type padded[T any] struct {
	t T
	_ [64]byte
}

// enough is after how many clashes counters move to lanes.
const enough = 16

// here returns the counters to write to. alone says that they are not in lanes: the first addition
// is to be [count], which notices clashes.
func (s *spread[T]) here() (t *T, alone bool) {
	all := s.lanes.Load()
	if all == nil {
		return &s.first, true
	}
	l := shared.pool.Get().(*lane)
	at := &(*all)[l.index]
	p := at.Load()
	if p == nil {
		p = new(padded[T])
		if !at.CompareAndSwap(nil, p) {
			p = at.Load()
		}
	}
	shared.pool.Put(l)
	return &p.t, false
}

// clashed notes that two processors have met, and moves to lanes where that is frequent and r has
// room.
func (s *spread[T]) clashed(r *room) {
	if s.clashes.Add(1)%enough != 0 || s.lanes.Load() != nil || !r.take() {
		return
	}
	all := make([]atomic.Pointer[padded[T]], len(shared.all))
	if !s.lanes.CompareAndSwap(nil, &all) {
		r.give()
	}
}

// leave gives back what was taken of r.
func (s *spread[T]) leave(r *room) {
	if s.lanes.Load() != nil {
		r.give()
	}
}

// each calls f with all sets of counters there are.
func (s *spread[T]) each(f func(*T)) {
	f(&s.first)
	all := s.lanes.Load()
	if all == nil {
		return
	}
	for i := range *all {
		if p := (*all)[i].Load(); p != nil {
			f(&p.t)
		}
	}
}

// count adds 1 and reports whether another processor did something to the counter meanwhile, which
// only counts that are alone are looked at for.
func count(c *atomic.Uint64, alone bool) (clash bool) {
	if alone {
		if n := c.Load(); c.CompareAndSwap(n, n+1) {
			return false
		}
	}
	c.Add(1)
	return alone
}

// A Counter counts what many goroutines do. The zero value is ready.
type Counter struct{ s spread[atomic.Uint64] }

// Inc counts one more. It allocates only until each processor was there once.
func (c *Counter) Inc() { c.inc(nil) }

func (c *Counter) inc(r *room) {
	n, alone := c.s.here()
	if count(n, alone) {
		c.s.clashed(r)
	}
}

// Load is how many there were.
func (c *Counter) Load() (n uint64) {
	c.s.each(func(v *atomic.Uint64) { n += v.Load() })
	return n
}

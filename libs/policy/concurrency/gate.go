package concurrency

import (
	"sync/atomic"
	"time"
)

// A gate is the requests that a route has in flight. Its methods may be called from any goroutine.
type gate struct {
	inFlight        atomic.Int64
	passed, refused atomic.Uint64
	_               [40]byte // routes do not share a line of the cache

	learned learned
}

// enter takes a slot, unless limit of them are taken.
func (g *gate) enter(limit int64) bool {
	if n := g.inFlight.Add(1); n > limit {
		g.inFlight.Add(-1)
		g.refused.Add(1)
		return false
	}
	g.passed.Add(1)
	return true
}

// leave gives a slot back.
func (g *gate) leave() { g.inFlight.Add(-1) }

// sample notes how long an answer took.
func (g *gate) sample(now time.Time, took time.Duration, least, most int64) {
	g.learned.sample(now, took, g.inFlight.Load(), least, most)
}

package concurrency

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// The limit is learned as Gradient2 of Netflix's concurrency-limits does it
// (https://github.com/Netflix/concurrency-limits): answers that take longer than they have for long
// show that requests wait somewhere behind, and then fewer are let in.
const (
	// window is the least time between two looks, and fewest how many answers one takes.
	window = 100 * time.Millisecond
	fewest = 10
	// tolerance is how many times as long as usual answers may take.
	tolerance = 1.5
	// smooth is the part that a look has in the limit, usual that in what is usual.
	smooth = 0.2
	usual  = 1.0 / 120
	// warmup is how many looks are averaged for what is usual to begin with.
	warmup = 10
)

// learned is the limit that follows from how long answers take.
type learned struct {
	now atomic.Int64 // the limit; 0: nothing is learned yet

	count, sum atomic.Int64 // of the answers since the last look, in nanoseconds
	peak       atomic.Int64 // of what was in flight
	next       atomic.Int64 // when the next look is due, as time.Time.UnixNano

	mu     sync.Mutex
	value  float64 // guarded by mu; the limit before it is rounded
	usual  float64 // guarded by mu; how long answers take usually, in nanoseconds
	looked int     // guarded by mu
}

// limit is how many requests may be in flight. Before anything is learned it is a moderate number:
// nobody knows yet what the endpoints bear.
func (l *learned) limit(least, most int64) int64 {
	n := l.now.Load()
	if n == 0 {
		n = first
	}
	return min(max(n, least), most)
}

// first is the limit to begin with.
const first = 50

// sample notes how long an answer took, and looks at all of them where that is due.
func (l *learned) sample(now time.Time, took time.Duration, inFlight, least, most int64) {
	l.sum.Add(int64(max(took, 1)))
	count := l.count.Add(1)
	if inFlight > l.peak.Load() {
		l.peak.Store(inFlight)
	}
	due := l.next.Load()
	if count < fewest || now.UnixNano() < due ||
		!l.next.CompareAndSwap(due, now.Add(window).UnixNano()) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n, sum := l.count.Swap(0), l.sum.Swap(0)
	if n > 0 {
		l.look(float64(sum)/float64(n), l.peak.Swap(0), float64(least), float64(most))
	}
}

// look learns from answers that took so long on average. The lock has to be held.
func (l *learned) look(took float64, inFlight int64, least, most float64) {
	if l.value == 0 {
		l.value = min(max(first, least), most)
	}
	l.looked++
	if part := max(usual, 1/float64(l.looked)); l.looked <= warmup {
		l.usual += (took - l.usual) * part
	} else {
		l.usual += (took - l.usual) * usual
	}
	// What was slow for long and is fast again is forgotten soon, or the limit would grow while
	// answers get slower.
	if l.usual > 2*took {
		l.usual *= 0.95
	}
	// Where little of what is allowed is used, nothing shows what could be.
	if float64(inFlight) < l.value/2 {
		return
	}
	gradient := max(0.5, min(1, tolerance*l.usual/took))
	// The root of what is allowed is tried beside it, as Envoy's adaptive concurrency does.
	next := l.value*(1-smooth) + (l.value*gradient+math.Sqrt(l.value))*smooth
	l.value = min(max(next, least), most)
	l.now.Store(int64(math.Round(l.value)))
}

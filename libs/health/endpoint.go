package health

import (
	"sync/atomic"
	"time"
)

// buckets is the number of parts in which the window is forgotten.
const buckets = 10

// An endpoint is down by its active checks after fall failed ones in a row, and up again after rise good ones. These are
// HAProxy's numbers.
const (
	fall = 3
	rise = 2
)

// A check is kept in checkBits bits of Endpoint.checks, the last one lowest; the number of checks is above the last fall ones.
const (
	checkBits = 4
	checkMask = 1<<(checkBits*fall) - 1
)

// Endpoint is the state of one address of one cluster. Record and RecordActive may be called from any number of goroutines;
// neither blocks nor allocates.
type Endpoint struct {
	// One cache line that requests write, and nothing else in it. The counters only ever grow; the window is the difference to
	// what they were, so nobody has to clear a counter while another adds to it.
	counters [outcomes]atomic.Uint64
	checks   atomic.Uint64

	plan uint64 // guarded by Registry.mu; the last one that asked for the endpoint

	// Guarded by judging.mu of the cluster name.

	borders [buckets]Counts // the counters when each bucket began
	newest  int             // index of the newest border
	turned  time.Time       // when the newest bucket began
	counts  Counts          // in the window
	share   float64         // of failures in the window, 1 if down
	enough  bool            // to lower the weight
	weight  float64         // what the endpoint deserves by itself, as a share of its configured weight
	checked time.Time       // when the last new check was seen
	seen    uint64          // how many checks there were then
	stale   uint64          // how many checks are too old to count
	down    bool            // by active checks

	looked time.Time     // when it was last judged
	window time.Duration // as of then
	last   Counts        // the counters then
	lately lately        // what became of the last that was asked of it
	told   time.Time     // when that was seen
	said   []saying      // what others have lost of it
	left   float64       // what they leave of its weight
}

// lately is what an endpoint did when it was last asked for anything.
type lately uint8

const (
	unknown lately = iota
	working        // some of it went well
	failing        // all of it failed
)

// Record counts the outcome of a request.
func (e *Endpoint) Record(o Outcome) {
	if int(o) < len(e.counters) {
		e.counters[o].Add(1)
	}
}

// RecordActive notes the outcome of an active check. Checks are too few for shares, so they have a rule of their own: three
// failures in a row are as bad as a window full of them, two successes in a row end that. Slow is a success here.
func (e *Endpoint) RecordActive(o Outcome) {
	if int(o) >= outcomes {
		return
	}
	for {
		old := e.checks.Load()
		n := old>>(checkBits*fall) + 1
		if e.checks.CompareAndSwap(old, n<<(checkBits*fall)|(old<<checkBits|uint64(o))&checkMask) {
			return
		}
	}
}

// look brings the window and the checks up to the time.
func (e *Endpoint) look(now time.Time, s *Settings) {
	var current Counts
	for i := range current {
		current[i] = e.counters[i].Load()
	}
	checks := e.seen
	e.turn(now, s.bucket(), &current)
	e.counts = current.since(&e.borders[(e.newest+1)%buckets])
	e.share = e.counts.Share()
	e.enough = e.counts.Total() >= uint64(s.MinRequests)
	e.lookAtChecks(now, s)
	if e.down {
		e.share, e.enough = 1, true
	}
	e.lookAtLast(now, s, &current, e.seen != checks)
}

// lookAtLast works out what became of the last that was asked of the endpoint; checked says that checks came.
func (e *Endpoint) lookAtLast(now time.Time, s *Settings, current *Counts, checked bool) {
	fresh := current.since(&e.last)
	e.looked, e.window, e.last = now, s.Window, *current
	requests := fresh.Total()
	switch {
	case requests > 0 && fresh.Failed() < requests:
		e.lately, e.told = working, now
	case requests > 0:
		e.lately, e.told = failing, now
	case checked && Outcome(e.checks.Load()&(1<<checkBits-1)).Failed():
		e.lately, e.told = failing, now
	case checked:
		e.lately, e.told = working, now
	case now.Sub(e.told) > s.checksLast():
		e.lately = unknown
	}
}

// turn begins the buckets that are due. What came while nobody looked is counted to the last bucket before.
func (e *Endpoint) turn(now time.Time, bucket time.Duration, current *Counts) {
	since := now.Sub(e.turned)
	switch {
	case e.turned.IsZero() || since < 0: // the first time, or a clock that was set back
		e.turned = now
		return
	case since < bucket:
		return
	}
	due := since / bucket
	if due >= buckets {
		due, e.turned = buckets, now
	} else {
		e.turned = e.turned.Add(due * bucket)
	}
	for range due {
		e.newest = (e.newest + 1) % buckets
		e.borders[e.newest] = *current
	}
}

// lookAtChecks works out whether the endpoint is down by its active checks.
func (e *Endpoint) lookAtChecks(now time.Time, s *Settings) {
	checks := e.checks.Load()
	n := checks >> (checkBits * fall)
	if n != e.seen || now.Before(e.checked) { // before: a clock that was set back
		e.seen, e.checked = n, now
	} else if n == e.stale {
		return // none that counts
	} else if now.Sub(e.checked) > s.checksLast() {
		e.stale, e.down = n, false
		return
	}
	good, bad := run(checks, n-e.stale)
	if bad >= fall {
		e.down = true
	} else if good >= rise {
		e.down = false
	}
}

// run returns how many of the last checks, n of which count, are good or bad in a row.
func run(checks, n uint64) (good, bad int) {
	for range min(n, fall) {
		failed := Outcome(checks & (1<<checkBits - 1)).Failed()
		if failed && good > 0 || !failed && bad > 0 {
			break
		}
		if failed {
			bad++
		} else {
			good++
		}
		checks >>= checkBits
	}
	return good, bad
}

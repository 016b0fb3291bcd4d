package health

import (
	"math"
	"sync/atomic"
	"time"
)

// buckets is the number of parts in which the window is forgotten.
const buckets = 10

// An endpoint is down by its active checks after fall failed ones in a row, and up again after rise
// good ones. These are HAProxy's numbers.
const (
	fall = 3
	rise = 2
)

// A check is kept in checkBits bits of Endpoint.checks, the last one lowest; the number of checks
// is above the last fall ones.
const (
	checkBits = 4
	checkMask = 1<<(checkBits*fall) - 1
)

// Endpoint is the state of one address of one cluster. Record and RecordActive may be called from
// any number of goroutines; neither blocks nor allocates.
type Endpoint struct {
	// One cache line that requests write, and nothing else in it. The counters only ever grow; the
	// window is the difference to what they were, so nobody has to clear a counter while another
	// adds to it.
	counters [outcomes]atomic.Uint64
	checks   atomic.Uint64

	// Guarded by judging.mu of the cluster name. Judging many endpoints is waiting for memory, so
	// what it needs of each that nothing has happened to is in two cache lines, and what it needs
	// of the others follows.

	turned time.Time // when the newest bucket began
	share  float64   // of failures in the window, 1 if down
	// what the endpoint deserves by itself, as a share of its configured weight
	weight float64
	left   float64       // what others leave of its weight
	total  uint64        // of the counters when it was last judged
	window time.Duration // as of then

	looked time.Time // when it was last judged
	said   []saying  // what others have lost of it
	seen   uint64    // how many checks there were when a new one was last seen
	recent uint32    // requests in the window, or as many as there is room for
	newest uint8     // index of the newest border
	enough bool      // to lower the weight
	down   bool      // by active checks
	lately lately    // what became of the last that was asked of it

	told    time.Time // when that was seen
	checked time.Time // when the last new check was seen
	stale   uint64    // how many checks are too old to count
	failed  uint64    // of the counters when it was last judged
	returns time.Time // until when its first success ends an outage that all had

	clean  bool          // nothing of what lately tells of failed
	out    bool          // nothing is to be expected of it; see Cluster.expect
	gone   bool          // it has lost so much weight that its return is a slow start
	fresh  bool          // its slow start is to begin
	absent bool          // its configured weight was 0 in the plan before, or it was in none
	slow   float64       // what a slow start leaves of its weight
	inRow  uint64        // failed requests since the last that went well
	since  time.Time     // when its slow start began; zero: there is none
	rest   time.Duration // how long it was left alone when it had last tried itself and failed
	rested time.Time     // until when

	counts  Counts          // in the window
	borders [buckets]Counts // the counters when each bucket began

	plan    uint64 // guarded by Registry.mu; the last one that asked for the endpoint
	address string // never changes
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

// RecordActive notes the outcome of an active check. Checks are too few for shares, so they have a
// rule of their own: three failures in a row are as bad as a window full of them, two successes in
// a row end that. Slow is a success here.
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
	checks, down := e.seen, e.down
	total := current.Total()
	requests := total - e.total // counters only grow, so without any all are what they were
	e.total = total
	turned := e.turn(now, s.bucket(), &current)
	if requests > 0 || turned {
		e.counts = current.since(&e.borders[(e.newest+1)%buckets])
	}
	e.lookAtChecks(now, s)
	switch {
	case e.down:
		e.share = 1
	case requests > 0 || turned || down:
		e.share = e.counts.Share()
		e.recent = uint32(min(e.counts.Total(), math.MaxUint32))
	}
	e.enough = e.down || uint64(e.recent) >= uint64(s.MinRequests)
	e.lookAtLast(now, s, &current, requests, e.seen != checks)
}

// lookAtLast works out what became of the last that was asked of the endpoint: so many requests,
// and, if checked is true, checks.
func (e *Endpoint) lookAtLast(
	now time.Time, s *Settings, current *Counts, requests uint64, checked bool,
) {
	e.looked, e.window = now, s.Window
	switch {
	case requests > 0:
		failed := current.Failed()
		e.lately, e.told, e.clean = working, now, failed == e.failed
		if failed-e.failed == requests {
			e.lately = failing
			e.inRow += requests
		} else {
			e.inRow = 0
		}
		e.failed = failed
	case checked && Outcome(e.checks.Load()&(1<<checkBits-1)).Failed():
		e.lately, e.told = failing, now
	case checked:
		e.lately, e.told, e.clean = working, now, true
	case e.lately != unknown && now.Sub(e.told) > s.checksLast():
		e.lately = unknown
	}
}

// forgive makes void what is known of the endpoint: it begins with its full weight, and what its
// active checks found counts no more.
func (e *Endpoint) forgive() {
	current := e.borders[(e.newest+1)%buckets]
	for i := range current {
		current[i] += e.counts[i]
	}
	for i := range e.borders {
		e.borders[i] = current
	}
	e.counts, e.recent, e.share, e.weight = Counts{}, 0, 0, 1
	e.down, e.enough, e.stale = false, false, e.seen
	e.out, e.inRow = false, 0
}

// turn begins the buckets that are due, and says whether there were any. What came while nobody
// looked is counted to the last bucket before.
func (e *Endpoint) turn(now time.Time, bucket time.Duration, current *Counts) bool {
	since := now.Sub(e.turned)
	switch {
	case e.turned.IsZero() || since < 0: // the first time, or a clock that was set back
		e.turned = now
		return false
	case since < bucket:
		return false
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
	return true
}

// lookAtChecks works out whether the endpoint is down by its active checks.
func (e *Endpoint) lookAtChecks(now time.Time, s *Settings) {
	checks := e.checks.Load()
	n := checks >> (checkBits * fall)
	if n == 0 {
		return // there never was one
	}
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

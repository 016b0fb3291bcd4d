package ratelimit

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A Pot is a limit in use by this node: all of it, or a share that may change at any time. Its
// methods may be called from any goroutine.
//
// Time passes in a pot only as fast as its share is large: with a quarter of a limit, a quarter of
// a second in each. So buckets fill at the share's rate, and what they hold stays what it is when
// the share changes.
type Pot struct{ now atomic.Pointer[portion] }

// A portion is the share of a pot between two changes. It does not change.
type portion struct {
	since, until int64 // ticks of the node's clock; the time stands still from until on
	share        int64 // of Whole
	start        int64 // the pot's own time at since
	floor        int64 // no bucket was empty before that, by the pot's own time
	span         int64 // what a full bucket holds, as time
	interval     int64 // ticks for one request
	// next comes at until; nil: nothing.
	next *portion
}

// NewPot returns a pot with all of a limit.
func NewPot(l Limit) *Pot {
	p := new(Pot)
	p.now.Store(&portion{
		until: math.MaxInt64, share: Whole, span: l.span(l.Burst), floor: math.MinInt64 / 4,
		interval: l.interval(),
	})
	return p
}

// NewShare returns a pot that has nothing of a limit yet.
func NewShare(now time.Duration, l Limit) *Pot {
	p := new(Pot)
	at := int64(now) * tick
	p.now.Store(&portion{
		since: at, until: at, start: at, floor: at, interval: l.interval(),
	})
	return p
}

// at is the pot's own time at a time of the node's.
func (o *portion) at(now int64) int64 {
	passed := min(now, o.until) - o.since
	if o.share == Whole || passed <= 0 {
		return o.start + max(passed, 0)
	}
	return o.start + part(passed, o.share)
}

// part is a share of a time.
func part(of, share int64) int64 {
	hi, lo := bits.Mul64(uint64(of), uint64(share))
	return int64(hi<<34 | lo>>30)
}

// portion is what a pot has at a time.
func (p *Pot) portion(now int64) *portion {
	o := p.now.Load()
	for now >= o.until && o.next != nil {
		o = o.next
	}
	return o
}

// Share is what the pot has of its limit at a time, of Whole.
func (p *Pot) Share(now time.Duration) int64 {
	o := p.portion(int64(now) * tick)
	if int64(now)*tick >= o.until {
		return 0
	}
	return o.share
}

// A Lease is a share until a time.
type Lease struct {
	Share int64 // of Whole
	Until time.Duration
}

// SetShares gives the pot a share of a limit until a time, then another one until the next, and
// nothing after the last. The limit may be another one than before. It is for one goroutine at a
// time.
//
// A share that grows brings no requests with it: what is added to a bucket comes empty. The pot
// that gives it away has a smaller bucket from then on, and so the buckets of a fleet together
// never hold more than one burst.
func (p *Pot) SetShares(now time.Duration, l Limit, leases ...Lease) {
	at := int64(now) * tick
	old := p.portion(at)
	before := portion{until: at, start: old.at(at), floor: old.floor, span: old.span}
	if at >= old.until {
		before.span = 0
	}
	first := before.then(l, Lease{Until: now})
	last := first
	for _, lease := range leases {
		switch until := int64(lease.Until) * tick; {
		case until <= last.until:
		case last.until == at:
			first = before.then(l, lease)
			last = first
		default:
			last.next = last.then(l, lease)
			last = last.next
		}
	}
	p.now.Store(first)
}

// then is the portion that comes when another one ends.
func (o *portion) then(l Limit, lease Lease) *portion {
	next := &portion{
		since: o.until, until: int64(lease.Until) * tick, share: lease.Share,
		start: o.at(o.until), interval: l.interval(), span: l.shared(lease.Share),
	}
	next.floor = max(o.floor, next.start-o.span)
	return next
}

// A Verdict is what a table says of one request.
type Verdict struct {
	// Passed says that the request is within the limit, and was counted.
	Passed bool
	// Remaining is how many more would pass now.
	Remaining int
	// Full is the time until all of the burst is there again, Wait that until one request is; 0
	// where one is now.
	Full, Wait time.Duration
}

// never is the time that a pot without a share asks to wait, since nobody knows.
const never = time.Second

// take takes one request out of a bucket that was empty at a time of the pot's own, and returns the
// time that it was empty at now.
func (o *portion) take(empty, now int64) (int64, Verdict) {
	at := o.at(now)
	empty = max(empty, o.floor, at-o.span)
	if now >= o.until || o.share == 0 {
		return empty, Verdict{Wait: never, Full: never}
	}
	var v Verdict
	if o.span >= o.interval && empty+o.interval <= at {
		empty += o.interval
		v.Passed = true
		v.Remaining = int((at - empty) / o.interval)
	}
	v.Full = o.real(o.span - (at - empty))
	if wait := empty + o.interval - at; wait > 0 {
		v.Wait = o.real(wait)
	}
	return empty, v
}

// real is how long a time of the pot's own takes, rounded up.
func (o *portion) real(t int64) time.Duration {
	if o.share != Whole {
		hi, lo := bits.Mul64(uint64(t), Whole)
		if hi >= uint64(o.share) {
			return mostSpan
		}
		q, _ := bits.Div64(hi, lo, uint64(o.share))
		t = int64(min(q, uint64(mostSpan)*tick))
	}
	return time.Duration((t + tick - 1) / tick)
}

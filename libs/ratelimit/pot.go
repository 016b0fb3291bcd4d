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
type Pot struct {
	limit    Limit
	interval int64 // ticks for one request
	now      atomic.Pointer[portion]
}

// A portion is the share of a pot between two changes. It does not change.
type portion struct {
	since, until int64 // ticks of the node's clock; the time stands still from until on
	share        int64 // of Whole
	start        int64 // the pot's own time at since
	floor        int64 // no bucket was empty before that, by the pot's own time
	span         int64 // what a full bucket holds, as time
}

// NewPot returns a pot with all of a limit.
func NewPot(l Limit) *Pot {
	p := &Pot{limit: l, interval: l.interval()}
	p.now.Store(&portion{
		until: math.MaxInt64, share: Whole, span: l.span(l.Burst), floor: math.MinInt64 / 4,
	})
	return p
}

// Limit is what the pot is made of.
func (p *Pot) Limit() Limit { return p.limit }

// at is the pot's own time at a time of the node's.
func (o *portion) at(now int64) int64 {
	passed := min(now, o.until) - o.since
	if o.share == Whole || passed <= 0 {
		return o.start + max(passed, 0)
	}
	hi, lo := bits.Mul64(uint64(passed), uint64(o.share))
	return o.start + int64(hi<<34|lo>>30)
}

// Share is what the pot has of its limit at a time, of Whole.
func (p *Pot) Share(now time.Duration) int64 {
	o := p.now.Load()
	if int64(now)*tick >= o.until {
		return 0
	}
	return o.share
}

// SetShare gives the pot a share of its limit until a time, at which it has none. It is for one
// goroutine at a time.
//
// A share that grows brings no requests with it: what is added to a bucket comes empty. The pot
// that gives it away has a smaller bucket from then on, and so the buckets of a fleet together
// never hold more than one burst. full says that there is nobody who could have used it: the
// buckets are full.
//
// burst is the burst of the whole fleet, which may be more than the limit's: each share has to be
// enough for one request.
func (p *Pot) SetShare(now, until time.Duration, share int64, burst int, full bool) {
	old := p.now.Load()
	at, end := int64(now)*tick, int64(until)*tick
	whole := p.limit.span(burst)
	next := &portion{since: at, until: end, share: share, start: old.at(at)}
	hi, lo := bits.Mul64(uint64(whole), uint64(share))
	next.span = int64(hi<<34 | lo>>30)
	had := old.span
	if at >= old.until {
		had = 0
	}
	next.floor = max(old.floor, next.start-had)
	if full {
		next.floor = next.start - next.span
	}
	p.now.Store(next)
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
func (p *Pot) take(o *portion, empty, now int64) (int64, Verdict) {
	at := o.at(now)
	empty = max(empty, o.floor, at-o.span)
	if now >= o.until || o.share == 0 {
		return empty, Verdict{Wait: never, Full: never}
	}
	var v Verdict
	if o.span >= p.interval && empty+p.interval <= at {
		empty += p.interval
		v.Passed = true
		v.Remaining = int((at - empty) / p.interval)
	}
	v.Full = o.real(o.span - (at - empty))
	if wait := empty + p.interval - at; wait > 0 {
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

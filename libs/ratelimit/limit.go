package ratelimit

import (
	"math"
	"math/bits"
	"time"
)

// tick is what times are counted in: so many to a nanosecond, so that rates of millions a second
// are kept to a part in a thousand, and 18 years fit in 63 bits.
const tick = 16

// Whole is the share of a limit that is all of it.
const Whole = 1 << 30

// mostSpan bounds the time that a burst takes to refill. Longer ones are as good as for ever.
const mostSpan = 10 * 365 * 24 * time.Hour

// A Limit is how much is allowed: Requests in the time Per, and Burst of them at once.
type Limit struct {
	Requests int
	Per      time.Duration
	Burst    int // at least 1
}

// interval is the time in ticks that one request takes to refill, rounded up: no limit lets more
// through than it says.
func (l Limit) interval() int64 {
	hi, lo := bits.Mul64(uint64(l.Per), tick)
	n := uint64(l.Requests)
	lo, carry := bits.Add64(lo, n-1, 0)
	hi += carry
	if hi >= n {
		return math.MaxInt64 / 4
	}
	q, _ := bits.Div64(hi, lo, n)
	return max(int64(min(q, uint64(mostSpan)*tick)), 1)
}

// span is the time in ticks that burst requests take to refill.
func (l Limit) span(burst int) int64 {
	hi, lo := bits.Mul64(uint64(l.interval()), uint64(max(burst, 1)))
	if hi > 0 || lo > uint64(mostSpan)*tick {
		return int64(mostSpan) * tick
	}
	return int64(lo)
}

// shared is what a full bucket holds of a share, as time: nothing, where that is less than one
// request. Where the burst is one request, more than half of it is enough for that one: nobody else
// has as much.
func (l Limit) shared(share int64) int64 {
	span := part(l.span(l.Burst), share)
	switch {
	case span >= l.interval():
		return span
	case share > Whole/2:
		return l.interval()
	}
	return 0
}

// Least is the smallest share that lets anything through, of Whole.
func (l Limit) Least() int64 {
	burst := int64(max(l.Burst, 1))
	return min((Whole+burst-1)/burst, Whole/2+1)
}

// PerSecond is the rate of the limit.
func (l Limit) PerSecond() float64 { return float64(l.Requests) / l.Per.Seconds() }

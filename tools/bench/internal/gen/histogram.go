package gen

import (
	"math/bits"
	"time"
)

// subBits is the precision of a histogram: 1/64, better than 2 %.
const subBits = 6

// A histogram counts durations in buckets whose width grows with the value.
type histogram struct {
	counts [64 << subBits]uint32
	total  int64
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(0, d)))]++
	h.total++
}

// quantile is the upper end of the bucket the q-th part of all values lies in.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(q * float64(h.total))
	var seen int64
	for i, n := range h.counts {
		if seen += int64(n); seen > rank {
			return time.Duration(upper(i))
		}
	}
	return 0
}

// Counts is a histogram for the way from one process to another: pairs of a bucket and how many
// durations are in it.
type Counts [][2]uint32

func (h *histogram) sparse() Counts {
	out := Counts{}
	for i, n := range h.counts {
		if n > 0 {
			out = append(out, [2]uint32{uint32(i), n})
		}
	}
	return out
}

// Total is how many durations there are.
func Total(all ...Counts) (n int64) {
	for _, c := range all {
		for _, pair := range c {
			n += int64(pair[1])
		}
	}
	return n
}

// Quantile is the upper end of the bucket the q-th part of all values of all histograms together
// lies in, 0 if there is none.
func Quantile(q float64, all ...Counts) time.Duration {
	var h histogram
	for _, c := range all {
		for _, pair := range c {
			if int(pair[0]) < len(h.counts) {
				h.counts[pair[0]] += pair[1]
				h.total += int64(pair[1])
			}
		}
	}
	return h.quantile(q)
}

// bucket keeps the subBits+1 highest bits of v.
func bucket(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)<<subBits + int(v>>shift) - 1<<subBits
}

func upper(i int) uint64 {
	if i < 1<<subBits {
		return uint64(i)
	}
	shift := i>>subBits - 1
	return uint64(i&(1<<subBits-1)+1<<subBits+1)<<shift - 1
}

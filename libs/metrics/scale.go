package metrics

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// A scale says which values of a histogram are counted together. Each of its cells lies within one
// bucket of the native histogram and within one of the classic one, so that one addition serves
// both.
type scale struct {
	// schema is that of the native histogram: 2^schema buckets for each doubling.
	schema int32
	// one is what the unit of the metric is here, such as nanoseconds of a second.
	one float64
	// zero is the upper bound of the native bucket that has the least values.
	zero float64
	// classic are the upper bounds of the classic buckets, without that of infinity.
	classic []float64

	bounds []int64 // upper bounds of the cells: the last is the largest number
	native []int32 // the native bucket of each cell but the first, which is that of zero
	bucket []int   // the classic bucket of each cell
	// start is the first cell that a value can be in, by the places of its highest bit and the
	// next four.
	start [64 * steps]uint16
}

// steps is how many parts start divides a doubling into.
const steps = 16

// durations is the scale of all histograms of seconds. Neighbouring bounds of native buckets are a
// factor of 1.09 apart. Less than 8 us is the bucket of zero, more than 9 hours are the last one.
var durations = newScale(3, float64(time.Second), -17, 15, classicSeconds())

// sizes is the scale of all histograms of bytes. Neighbouring bounds of native buckets are a factor
// of 1.19 apart; more than a tebibyte is the last one.
var sizes = newScale(2, 1, 0, 40, []int64{
	256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20,
})

func classicSeconds() (all []int64) {
	for _, b := range bounds {
		all = append(all, int64(b))
	}
	return all
}

// newScale makes a scale of the doublings from low to high, as powers of two of the metric's unit.
func newScale(schema int32, one float64, low, high int, classic []int64) *scale {
	s := &scale{schema: schema, one: one, zero: math.Ldexp(1, low)}
	if one == 1 {
		s.zero = 0 // values are whole numbers: nothing but 0 is less than 1
		s.add(0, 0)
	}
	per := 1 << schema
	for i := low * per; i <= high*per; i++ {
		b := int64(math.Floor(math.Exp2(float64(i)/float64(per)) * one))
		for _, c := range classic {
			if len(s.bounds) > 0 && c > s.bounds[len(s.bounds)-1] && c < b {
				s.add(c, int32(i))
			}
		}
		s.add(b, int32(i))
	}
	s.add(math.MaxInt64, int32(high*per+1))
	for _, c := range classic {
		s.classic = append(s.classic, float64(c)/one)
	}
	for _, b := range s.bounds {
		i, _ := slices.BinarySearch(classic, b)
		s.bucket = append(s.bucket, i)
	}
	for k := range s.start {
		place, step := k/steps, int64(k%steps)
		least := (steps + step) << max(place-4, 0) >> max(4-place, 0)
		i, _ := slices.BinarySearch(s.bounds, least)
		s.start[k] = uint16(i)
	}
	return s
}

// add adds a cell, unless no whole number is in it.
func (s *scale) add(bound int64, native int32) {
	if n := len(s.bounds); n == 0 || bound > s.bounds[n-1] {
		s.bounds, s.native = append(s.bounds, bound), append(s.native, native)
	}
}

// cell is where a value is counted; what is less than 0 counts as 0.
func (s *scale) cell(v int64) int {
	if v <= s.bounds[0] {
		return 0
	}
	place := bits.Len64(uint64(v)) - 1
	step := uint64(v) << (63 - place) >> 59 & (steps - 1)
	i := int(s.start[place*steps+int(step)])
	for v > s.bounds[i] {
		i++
	}
	return i
}

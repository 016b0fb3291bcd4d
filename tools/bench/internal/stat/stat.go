// Package stat holds the little arithmetic the benchmark needs over the rounds of one measurement.
package stat

import (
	"math"
	"slices"
)

// Summary is what is reported of one quantity over all rounds. The median, not the mean, is
// compared: one round that something else on the machine disturbed does not move it.
type Summary struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	N      int     `json:"rounds"`
}

// Of summarises values; it leaves them as they were. No values give the zero Summary.
func Of(values []float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return Summary{
		Median: median(sorted), Min: sorted[0], Max: sorted[len(sorted)-1], N: len(sorted),
	}
}

// Spread is the distance from the lowest to the highest round as a share of the median.
func (s Summary) Spread() float64 {
	if s.Median == 0 {
		return 0
	}
	return (s.Max - s.Min) / s.Median
}

// Ratio is a/b, and NaN where there is nothing to compare with.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

func median(sorted []float64) float64 {
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

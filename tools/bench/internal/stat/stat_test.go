package stat

import (
	"math"
	"slices"
	"testing"
)

func TestSummaryOfRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []float64
		want   Summary
		spread float64
	}{
		{"none", nil, Summary{}, 0},
		{"one", []float64{4}, Summary{4, 4, 4, 1}, 0},
		{"odd", []float64{9, 1, 4}, Summary{4, 1, 9, 3}, 2},
		{"even", []float64{8, 1, 3, 5}, Summary{4, 1, 8, 4}, 7.0 / 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(c.values)
			got := Of(c.values)
			if got != c.want || got.Spread() != c.spread {
				t.Errorf("Of(%v) = %+v with spread %v, want %+v with %v", c.values, got,
					got.Spread(), c.want, c.spread)
			}
			if !slices.Equal(before, c.values) {
				t.Errorf("Of changed its argument to %v", c.values)
			}
		})
	}
}

func TestRatioToNothingIsNotANumber(t *testing.T) {
	t.Parallel()
	if r := Ratio(3, 0); !math.IsNaN(r) {
		t.Errorf("Ratio(3, 0) = %v", r)
	}
	if r := Ratio(3, 4); r != 0.75 {
		t.Errorf("Ratio(3, 4) = %v", r)
	}
}

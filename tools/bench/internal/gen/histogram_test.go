package gen

import (
	"testing"
	"time"
)

func TestHistogramKeepsTwoPercent(t *testing.T) {
	t.Parallel()
	for v := uint64(1); v < 1<<40; v = v*3/2 + 1 {
		up := upper(bucket(v))
		if up < v || float64(up) > float64(v)*1.02+1 {
			t.Errorf("%d is counted as up to %d", v, up)
		}
		if v > 1 && bucket(v) < bucket(v-1) {
			t.Errorf("the bucket of %d is before that of %d", v, v-1)
		}
	}
}

func TestHistogramQuantiles(t *testing.T) {
	t.Parallel()
	var h histogram
	if q := h.quantile(0.5); q != 0 {
		t.Errorf("an empty histogram has a median of %v", q)
	}
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	h.add(-time.Second) // a clock that went back counts as no time
	for q, want := range map[float64]time.Duration{
		0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond,
	} {
		if got := h.quantile(q); got < want*98/100 || got > want*102/100 {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
}

package health

import "testing"

func TestMoreFailuresNeverAllowMoreWeight(t *testing.T) {
	for total := range 450 {
		for failed := range total + 1 {
			f, s := float64(failed)/2, float64(total-failed)/2 // halves, for slow ones
			high, low := bounds(f, s, DefaultFloor)
			if low > high || high < DefaultFloor || high > 1 {
				t.Fatalf("%v failed, %v did not: rises to %v, falls to %v", f, s, low, high)
			}
			for _, more := range [][2]float64{
				{f + 0.5, s}, {f + 1, s}, {f + 0.5, s - 0.5}, {f + 1, s - 1},
			} {
				if more[1] < 0 {
					continue
				}
				if h, l := bounds(more[0], more[1], DefaultFloor); h > high || l > low {
					t.Fatalf("%v failed, %v did not: %v and %v; with %v and %v: %v and %v", f, s,
						high, low, more[0], more[1], h, l)
				}
			}
		}
	}
}

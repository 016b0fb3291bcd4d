package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func TestOnlyEndpointKeepsItsWeight(t *testing.T) {
	for _, weights := range [][]int{{4}, {0, 4, 0}} {
		tr := newTrial(weights...)
		bad := make([][2]int, len(weights))
		for i := range bad {
			bad[i] = [2]int{0, 20}
		}
		tr.pass(5*time.Second, bad...)
		if !slices.Equal(tr.Weights(), tr.full()) {
			t.Errorf("configured %v, weights %v", weights, tr.Weights())
		}
	}
}

func TestClusterNeverLosesMoreThanHalf(t *testing.T) {
	for _, c := range []struct {
		name           string
		weights, share []int // failures in 20 requests
		want           []int
	}{
		{"one of two dead", []int{1, 1}, []int{20, 0}, []int{1, 100}},
		{"the heavy one of two dead", []int{3, 1}, []int{20, 0}, []int{100, 100}},
		{"one of two dead, the other suffers", []int{1, 1}, []int{20, 6}, []int{24, 77}},
		{"two of four dead", []int{1, 1, 1, 1}, []int{20, 20, 0, 0}, []int{2, 2, 100, 100}},
		{"three of four dead", []int{1, 1, 1, 1}, []int{20, 20, 20, 0}, []int{34, 34, 34, 100}},
		{
			"eight of ten dead", []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			[]int{20, 20, 20, 20, 20, 20, 20, 20, 0, 0},
			[]int{38, 38, 38, 38, 38, 38, 38, 38, 100, 100},
		},
	} {
		tr := newTrial(c.weights...)
		var each [][2]int
		for _, failed := range c.share {
			each = append(each, [2]int{20 - failed, failed})
		}
		tr.pass(5*time.Second, each...)
		tr.must(t)
		for i, got := range tr.Weights() {
			if got < c.want[i]-1 || got > c.want[i] {
				t.Errorf("%s: weights %v, want %v", c.name, tr.Weights(), c.want)
				break
			}
		}
	}
}

func TestEndpointsThatAllFailAlikeKeepTheirWeights(t *testing.T) {
	for _, failed := range []int{20, 18, 11} {
		tr := newTrial(5, 3, 1)
		each := [2]int{20 - failed, failed}
		tr.pass(time.Second, each, each, each)
		if !slices.Equal(tr.Weights(), tr.full()) {
			t.Errorf("all fail %d of 20: weights %v", failed, tr.Weights())
		}
	}
	// 17 and 20 of 20 are too far apart to begin with it, and close enough to go on with it.
	near, far := [2]int{3, 17}, [2]int{0, 20}
	tr := newTrial(1, 1)
	tr.pass(time.Second, near, far)
	if w := tr.Weights(); w[0] <= w[1] {
		t.Errorf("shares of 0.85 and 1 taken for alike: %v", w)
	}
	tr = newTrial(1, 1)
	tr.pass(15*time.Second, far, far)
	tr.pass(15*time.Second, near, far)
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("no longer alike at once: %v", tr.Weights())
	}
	// One that recovers has its weight at once: its failures were never held against it.
	tr.pass(15*time.Second, [2]int{20, 0}, far)
	if !slices.Equal(tr.Weights(), []int{100, 1}) {
		t.Errorf("one of two has recovered: %v", tr.Weights())
	}
}

func TestOneThatIsNotJudgedYetSparesNobody(t *testing.T) {
	tr := newTrial(1, 1, 1)
	tr.pass(time.Second, [2]int{0, 20}, [2]int{20, 0})
	if !slices.Equal(tr.Weights(), []int{1, 100, 100}) {
		t.Errorf("weights %v", tr.Weights())
	}
	tr = newTrial(1, 1, 1)
	tr.pass(time.Second, [2]int{0, 20}, [2]int{0, 20})
	if w := tr.Weights(); w[0] != w[1] || w[2] != 100 || w[0] > 30 {
		t.Errorf("two dead and one without requests: %v", w)
	}
}

func TestHugeAndRepeatedEndpointsAreHarmless(t *testing.T) {
	const huge = int(^uint(0) >> 1)
	c := health.NewRegistry().Cluster("c", health.Settings{}, []health.Configured{
		{Address: "a", Weight: huge}, {Address: "b", Weight: huge}, {Address: "c", Weight: -5},
	})
	for range 20 {
		c.Endpoint(0).Record(health.Reset)
	}
	c.Judge(time.Unix(1000, 0))
	if w := c.Weights(); w[0] <= 0 || w[1] <= 0 || w[0] > w[1]/90 || w[2] != 0 {
		t.Errorf("weights %v", w)
	}
	tr := newTrial(1, 1, 1)
	tr.configured[2].Address = tr.configured[1].Address
	tr.reload()
	tr.pass(time.Second, [2]int{20, 0}, [2]int{0, 20})
	tr.must(t)
	was := tr.Weights()[1]
	for range 60 {
		tr.record(0, health.Success, 9)
		tr.judge()
		now := tr.Weights()
		if now[1] != now[2] || now[1] > max(2*was, 51) {
			t.Fatalf("an endpoint that is there twice went from %d to %v", was, now)
		}
		was = now[1]
	}
}

func TestClusterWithoutEndpoints(t *testing.T) {
	for _, weights := range [][]int{nil, {0}, {0, 0}} {
		tr := newTrial(weights...)
		if tr.judge() {
			t.Errorf("%v: changed", weights)
		}
		tr.must(t)
	}
}

package wrr_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

func sequence(s *wrr.Schedule, n int) string {
	var cursor atomic.Uint64
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + s.Pick(&cursor))
	}
	return string(b)
}

func TestSequenceIsThatOfNginx(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    string
	}{
		{[]int{5, 1, 1}, "aabacaa"},
		{[]int{1, 1, 1}, "abc"},
		{[]int{2, 1}, "aba"},
		{[]int{4, 2, 0, 2}, "abda"},
		{[]int{500, 100, 100}, "aabacaa"},
		{[]int{0, 7}, "b"},
		{[]int{3, 1}, "aaba"},
	} {
		s := wrr.New(c.weights)
		if s.Len() != len(c.want) {
			t.Errorf("%v: %d slots, want %d", c.weights, s.Len(), len(c.want))
		}
		if got := sequence(s, 2*len(c.want)); got != c.want+c.want {
			t.Errorf("%v: %s, want %s twice", c.weights, got, c.want)
		}
	}
}

func TestNothingToPick(t *testing.T) {
	var cursor atomic.Uint64
	for _, s := range []*wrr.Schedule{nil, wrr.New(nil), wrr.New([]int{0, 0}), wrr.New([]int{-1})} {
		if s.Pick(&cursor) != -1 || s.At(3) != -1 || s.Len() != 0 || s.Choices() != 0 {
			t.Errorf("%+v is not empty", s)
		}
	}
}

// Over one round each choice gets its share, and at any point of the round it is never more than a
// pick or so away from it.
func TestSharesAreExactAndSmooth(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		weights := make([]int, 1+r.IntN(20))
		sum := 0
		for i := range weights {
			weights[i] = r.IntN(30)
			sum += weights[i]
		}
		s := wrr.New(weights)
		if sum == 0 {
			continue
		}
		got := make([]float64, len(weights))
		for step := range s.Len() {
			got[s.At(uint64(step))]++
			for i, w := range weights {
				if off := math.Abs(got[i] - float64(step+1)*float64(w)/float64(sum)); off > 2.5 {
					t.Fatalf("%v: after %d picks choice %d is %.2f away from its share", weights,
						step+1, i, off)
				}
			}
		}
		for i, w := range weights {
			if want := float64(s.Len()) * float64(w) / float64(sum); got[i] != want {
				t.Fatalf("%v: choice %d got %v of %d, want %v", weights, i, got[i], s.Len(), want)
			}
		}
	}
}

func TestHugeWeightsAreScaledWithinTheStatedError(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	cases := [][]int{
		{999983, 1000003}, {math.MaxInt, math.MaxInt - 1, 1}, {math.MaxInt, 3}, {1, 1 << 40},
	}
	for range 200 {
		weights := make([]int, 2+r.IntN(50))
		for i := range weights {
			weights[i] = r.IntN(1 << (10 + r.IntN(40)))
		}
		cases = append(cases, weights)
	}
	for _, weights := range cases {
		s := wrr.New(weights)
		if s.Len() > wrr.MaxSlots+len(weights) {
			t.Fatalf("%v: %d slots", weights, s.Len())
		}
		var sum float64
		for _, w := range weights {
			sum += float64(w)
		}
		got := make([]int, len(weights))
		for step := range s.Len() {
			got[s.At(uint64(step))]++
		}
		for i, w := range weights {
			want := float64(w) / sum * min(float64(s.Len()), wrr.MaxSlots)
			if w > 0 && got[i] == 0 {
				t.Fatalf("%v: choice %d starves", weights, i)
			}
			if math.Abs(float64(got[i])-want) > 1 {
				t.Fatalf("%v: choice %d has %d of %d slots, want %.2f", weights, i, got[i], s.Len(),
					want)
			}
		}
	}
}

func TestManyChoicesStaySmoothAndQuickToBuild(t *testing.T) {
	weights := make([]int, 5000)
	for i := range weights {
		weights[i] = 1 + i%3
	}
	s := wrr.New(weights)
	if s.Choices() != len(weights) {
		t.Fatalf("%d choices", s.Choices())
	}
	last := make([]int, len(weights))
	for step := range 2 * s.Len() {
		i := s.At(uint64(step))
		if gap := step + 1 - last[i]; last[i] != 0 &&
			float64(gap) > 2*float64(s.Len())/float64(weights[i]) {
			t.Fatalf("choice %d waits %d picks", i, gap)
		}
		last[i] = step + 1
	}
}

func TestConcurrentPicksAreSharedExactly(t *testing.T) {
	s := wrr.New([]int{5, 1, 1})
	var cursor atomic.Uint64
	const workers, each = 8, 7 * 500
	got := make([][3]int, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				got[w][s.Pick(&cursor)]++
			}
		})
	}
	wg.Wait()
	var sum [3]int
	for _, g := range got {
		for i := range g {
			sum[i] += g[i]
		}
	}
	if want := []int{
		workers * each * 5 / 7, workers * each / 7, workers * each / 7,
	}; !slices.Equal(sum[:], want) {
		t.Errorf("%v, want %v", sum, want)
	}
}

func TestPickAllocatesNothing(t *testing.T) {
	s := wrr.New([]int{5, 1, 1})
	var cursor atomic.Uint64
	if n := testing.AllocsPerRun(100, func() { s.Pick(&cursor) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzSchedulePicksOnlyPositiveWeights(f *testing.F) {
	f.Add(5, 1, 1)
	f.Add(math.MaxInt, 0, math.MinInt)
	f.Fuzz(func(t *testing.T, a, b, c int) {
		weights := []int{a, b, c}
		s := wrr.New(weights)
		for step := range s.Len() {
			if i := s.At(uint64(step)); weights[i] <= 0 {
				t.Fatalf("%v: picked %d", weights, i)
			}
		}
	})
}

func BenchmarkPick(b *testing.B) {
	s := wrr.New([]int{5, 1, 1})
	var cursor atomic.Uint64
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Pick(&cursor)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s.Pick(&cursor)
			}
		})
	})
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{3, 100, 10_000} {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = 100 + i%17
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				wrr.New(weights)
			}
		})
	}
}

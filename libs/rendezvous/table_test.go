package rendezvous_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
)

func endpoints(r *rand.Rand, n int) (names []string, weights []int) {
	for i := range n {
		names = append(names, fmt.Sprintf("10.%d.%d.%d:%d", r.IntN(256), r.IntN(256), i,
			1024+r.IntN(60000)))
		weights = append(weights, 1)
	}
	return names, weights
}

// each calls f with the hash of each of many keys.
func each(f func(hash uint64)) {
	for i := range 100_000 {
		f(rendezvous.Sum(fmt.Appendf(nil, "user-%d", i)))
	}
}

func TestKeysAreSharedByWeight(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, weights := range [][]int{
		{1, 1}, {3, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {100, 1}, {5, 0, 1, 1}, {7, 7, 0},
		{1_000_000, 999_999, 500_000}, {0, 0, 9},
	} {
		names, _ := endpoints(r, len(weights))
		table := rendezvous.New(names, weights)
		got, sum := make([]float64, len(weights)), 0
		each(func(h uint64) { got[table.At(h)]++ })
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			want := float64(w) / float64(sum) * 100_000
			if w == 0 && got[i] > 0 || math.Abs(got[i]-want) > 0.05*want+100 {
				t.Errorf("%v: choice %d has %.0f keys of 100,000, want about %.0f", weights, i,
					got[i], want)
			}
		}
	}
}

// Whatever changes, a key moves only away from what has lost weight, or to what has won some.
func TestOnlyKeysThatMustMoveDo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		names, weights := endpoints(r, 2+r.IntN(20))
		if r.IntN(2) == 0 {
			for i := range weights {
				weights[i] = 1 + r.IntN(9)
			}
		}
		before := rendezvous.New(names, weights)
		after := slices.Clone(weights)
		changed := r.IntN(len(after))
		after[changed] = r.IntN(2 * after[changed])
		table := rendezvous.New(names, after)
		each(func(h uint64) {
			from, to := before.At(h), table.At(h)
			switch lost := after[changed] < weights[changed]; {
			case from == to, lost && from == changed, !lost && to == changed:
			default:
				t.Fatalf("%v -> %v: a key has moved from %d to %d", weights, after, from, to)
			}
		})
	}
}

func TestRemovingOneOfTenMovesATenth(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		names, weights := endpoints(r, 10)
		before, gone := rendezvous.New(names, weights), r.IntN(10)
		after := rendezvous.New(slices.Delete(slices.Clone(names), gone, gone+1), weights[:9])
		moved := 0
		each(func(h uint64) {
			to := after.At(h)
			if to >= gone {
				to++
			}
			if to != before.At(h) {
				moved++
			}
		})
		if moved < 9_000 || moved > 11_000 {
			t.Errorf("%d of 100,000 keys have moved, want at most 11 %%", moved)
		}
	}
}

// The order in a document says nothing, and another process finds the same.
func TestTheOrderOfChoicesDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	names, weights := endpoints(r, 7)
	table := rendezvous.New(names, weights)
	shuffled := slices.Clone(names)
	r.Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	other := rendezvous.New(shuffled, weights)
	each(func(h uint64) {
		if names[table.At(h)] != shuffled[other.At(h)] {
			t.Fatalf("%x is %s's and %s's", h, names[table.At(h)], shuffled[other.At(h)])
		}
	})
}

// What a key belongs to must not change from version to version: a fleet that is half updated
// would disagree.
func TestHashesStayWhatTheyAre(t *testing.T) {
	for key, want := range map[string]uint64{
		"": 0xc3817c016ba4ff30, "a": 0x15bcda8d37786026, "10.0.0.1:8080": 0xd753b348f214f669,
		"a key of more than eight bytes": 0x413cf7ff1316f354,
	} {
		if got := rendezvous.Sum([]byte(key)); got != want {
			t.Errorf("Sum(%q) = %#x, want %#x", key, got, want)
		}
	}
}

func TestNoChoices(t *testing.T) {
	for _, table := range []*rendezvous.Table{
		nil, rendezvous.New(nil, nil), rendezvous.New([]string{"a"}, []int{0}),
	} {
		if table.At(7) != -1 {
			t.Error("nothing has keys")
		}
	}
}

func TestIs(t *testing.T) {
	table := rendezvous.New([]string{"a", "b"}, []int{1, 2})
	if !table.Is([]string{"a", "b"}, []int{1, 2}) || table.Is([]string{"a", "b"}, []int{1, 1}) ||
		table.Is([]string{"a", "c"}, []int{1, 2}) || (*rendezvous.Table)(nil).Is(nil, nil) {
		t.Error("a table does not know what it was made of")
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte("a"), []byte("b"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if same := rendezvous.Sum(a) == rendezvous.Sum(b); same != slices.Equal(a, b) {
			t.Errorf("the hashes of %q and %q: equal is %v", a, b, same)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{10, 1000} {
		names, weights := endpoints(rand.New(rand.NewPCG(9, 9)), n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				rendezvous.New(names, weights)
			}
		})
		weights[0] = 2
		b.Run(fmt.Sprint("weighted-", n), func(b *testing.B) {
			for b.Loop() {
				rendezvous.New(names, weights)
			}
		})
	}
}

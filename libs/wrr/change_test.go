package wrr_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// ledger says how many picks each choice is behind what its weights have earned it.
type ledger []float64

func (l ledger) earn(weights []int) {
	for i, share := range sharesOf(weights) {
		l[i] += share
	}
}

// drop forgets what choices of weight 0 are behind; the others have it, in proportion to their
// weights.
func (l ledger) drop(weights []int) {
	sum, shares := 0.0, sharesOf(weights)
	for i, w := range weights {
		if w == 0 {
			l[i] = 0
		}
		sum += l[i]
	}
	for i := range l {
		l[i] -= shares[i] * sum
	}
}

func sharesOf(weights []int) []float64 {
	sum, shares := 0, make([]float64, len(weights))
	for _, w := range weights {
		sum += w
	}
	for i, w := range weights {
		shares[i] = float64(w) / float64(sum)
	}
	return shares
}

// However often weights change, and wherever the cursor is then, no choice is ever more than a few
// picks away from its due. So in any k picks it gets at most its share of k and twice that many.
func TestWeightChangesMakeNoBurstAndLeaveNobodyOut(t *testing.T) {
	const bound = 4
	change := map[string]func(r *rand.Rand, weights []int){
		"one weight a little": func(r *rand.Rand, weights []int) {
			weights[r.IntN(len(weights))] = 10 + r.IntN(5)
		},
		"one weight": func(r *rand.Rand, weights []int) {
			weights[r.IntN(len(weights))] = 1 + r.IntN(20)
		},
		"one weight a lot": func(r *rand.Rand, weights []int) {
			weights[r.IntN(len(weights))] = []int{1, 100, 1000}[r.IntN(3)]
		},
		"all weights": func(r *rand.Rand, weights []int) {
			for i := range weights {
				weights[i] = 1 + r.IntN(50)
			}
		},
		"gone and back": func(r *rand.Rand, weights []int) {
			if i := r.IntN(len(weights)); weights[i] > 0 {
				weights[i] = 0
			} else {
				weights[i] = 1 + r.IntN(20)
			}
			weights[0] = max(weights[0], 1) // never nobody
		},
	}
	for name, change := range change {
		for _, n := range []int{2, 3, 7, 20} {
			for _, most := range []int{1, 4, 60} { // picks between two changes
				r := rand.New(rand.NewPCG(uint64(n), uint64(most)))
				weights, due := make([]int, n), make(ledger, n)
				for i := range weights {
					weights[i] = 10
				}
				var cursor atomic.Uint64
				s := wrr.New(weights)
				for range 800/most + 50 {
					change(r, weights)
					s = wrr.New(weights).After(s, &cursor, nil)
					due.drop(weights)
					for range 1 + r.IntN(most) {
						due.earn(weights)
						due[s.Pick(&cursor)]--
						for i, d := range due {
							if math.Abs(d) > bound {
								t.Fatalf("%s, %d choices, up to %d picks between changes: choice "+
									"%d is %.2f picks away from its due, %v", name, n, most, i, d,
									weights)
							}
						}
					}
				}
			}
		}
	}
}

// Two sequences of even length taken in turn, a pick each: started afresh at the cursor, both give
// a on all of their turns.
func TestAlternatingSchedulesDoNotAlias(t *testing.T) {
	var cursor atomic.Uint64
	weights := [][]int{{1, 1}, {3, 1}}
	s, got := wrr.New(weights[0]), [2]int{}
	const picks = 800
	for i := range picks {
		s = wrr.New(weights[i%2]).After(s, &cursor, nil)
		got[s.Pick(&cursor)]++
	}
	if want := int(picks * (0.5 + 0.25) / 2); got[1] < want-2 || got[1] > want+2 {
		t.Errorf("%v, want %d for the second", got, want)
	}
}

func TestChangeFollowsChoicesThroughAddedRemovedAndMovedOnes(t *testing.T) {
	const bound = 4
	r := rand.New(rand.NewPCG(21, 22))
	type choice struct{ id, weight int }
	choices, next := []choice{{0, 5}, {1, 1}, {2, 1}}, 3
	due := map[int]float64{} // by id
	var cursor atomic.Uint64
	cursor.Store(math.MaxUint64 - 500) // and over the end
	s := wrr.New([]int{5, 1, 1})
	for range 2000 {
		old := slices.Clone(choices)
		switch k := r.IntN(3); {
		case k == 0 && len(choices) < 12:
			choices = append(choices, choice{next, 1 + r.IntN(9)})
			next++
		case k == 1 && len(choices) > 1:
			i := r.IntN(len(choices))
			choices = slices.Delete(choices, i, i+1)
		}
		r.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		var weights, from []int
		now, sum := map[int]float64{}, 0.0
		for _, c := range choices {
			weights = append(weights, c.weight)
			from = append(from, slices.IndexFunc(old, func(o choice) bool { return o.id == c.id }))
			now[c.id] = due[c.id]
			sum += due[c.id]
		}
		shares := sharesOf(weights)
		for i, c := range choices {
			now[c.id] -= shares[i] * sum
		}
		due, s = now, wrr.New(weights).After(s, &cursor, from)
		for range 1 + r.IntN(12) {
			for i, c := range choices {
				due[c.id] += shares[i]
			}
			due[choices[s.Pick(&cursor)].id]--
			for id, d := range due {
				if math.Abs(d) > bound && cursor.Load() > 1000 { // a cursor at its end jumps once
					t.Fatalf("choice %d is %.2f picks away from its due: %v", id, d, choices)
				}
			}
		}
		if cursor.Load() < 1000 {
			clear(due)
		}
	}
}

func TestUnchangedWeightsGoOnInTheSameOrder(t *testing.T) {
	var cursor atomic.Uint64
	s := wrr.New([]int{5, 1, 1})
	var got []byte
	for range 14 {
		got = append(got, byte('a'+s.Pick(&cursor)))
		s = wrr.New([]int{10, 2, 2}).After(s, &cursor, nil)
	}
	if string(got) != "aabacaaaabacaa" {
		t.Errorf("%s", got)
	}
}

func TestAfterNothing(t *testing.T) {
	var cursor atomic.Uint64
	s := wrr.New([]int{2, 1})
	for _, old := range []*wrr.Schedule{nil, wrr.New(nil), wrr.New([]int{0})} {
		if s.After(old, &cursor, nil) != s {
			t.Error("something is inherited from nothing")
		}
		if got := old.After(s, &cursor, nil); got.Len() != 0 {
			t.Errorf("nothing has become %+v", got)
		}
	}
	if got := s.After(wrr.New([]int{1, 1, 1}), &cursor, []int{2}); sequence(got, 3) == "" ||
		got.Len() != 3 {
		t.Errorf("a short list of origins: %+v", got)
	}
}

func TestChangesWhilePicksGoOnKeepShares(t *testing.T) {
	// About the same shares, in sequences of all lengths.
	weights := func(change int) []int { return []int{400 + change%7, 100 + change%3, 100} }
	var cursor atomic.Uint64
	var published atomic.Pointer[wrr.Schedule]
	published.Store(wrr.New(weights(0)))
	const workers, changes = 4, 300
	var got [workers][3]float64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for !stop.Load() {
				for range 100 {
					got[w][published.Load().Pick(&cursor)]++
				}
				runtime.Gosched()
			}
		})
	}
	for i := range changes {
		published.Store(wrr.New(weights(i)).After(published.Load(), &cursor, nil))
		for seen := cursor.Load(); cursor.Load() < seen+1000; {
			runtime.Gosched()
		}
	}
	stop.Store(true)
	wg.Wait()
	var sum [3]float64
	for _, g := range got {
		for i := range g {
			sum[i] += g[i] / float64(cursor.Load())
		}
	}
	for i, want := range []float64{403. / 604, 101. / 604, 100. / 604} {
		if math.Abs(sum[i]-want) > 0.01 {
			t.Errorf("choice %d has %.3f of the picks, want about %.3f", i, sum[i], want)
		}
	}
}

// A fleet reloads at the same moment. What its processes pick next must be spread as the weights
// say.
func TestProcessesStayOutOfStepOverAChange(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	const processes = 4000
	var first, next [3]int
	for range processes {
		var cursor atomic.Uint64
		cursor.Store(r.Uint64())
		s := wrr.New([]int{5, 1, 1})
		first[s.Pick(&cursor)]++
		next[wrr.New([]int{2, 1, 1}).After(s, &cursor, nil).Pick(&cursor)]++
	}
	for i, want := range []int{processes * 5 / 7, processes / 7, processes / 7} {
		if d := first[i] - want; d < -200 || d > 200 {
			t.Errorf("first picks %v, want about %d for choice %d", first, want, i)
		}
	}
	for i, n := range next {
		if n == 0 || n > processes*3/4 {
			t.Errorf("%d of %d processes pick choice %d after the change", n, processes, i)
		}
	}
}

func BenchmarkAfter(b *testing.B) {
	for _, n := range []int{3, 100, 10_000} {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = 100 + i%17
		}
		old := wrr.New(weights)
		weights[0]++
		s := wrr.New(weights)
		var cursor atomic.Uint64
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s.After(old, &cursor, nil)
			}
		})
	}
}

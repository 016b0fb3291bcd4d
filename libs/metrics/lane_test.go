package metrics

import (
	"runtime"
	"sync"
	"testing"
)

// crowd has a number of goroutines call do many times each, at the same time.
func crowd(goroutines, each int, do func()) {
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range each {
				do()
			}
		})
	}
	group.Wait()
}

// inLanes has counters move to lanes, whatever the machine: what tells a clash is not the clash.
func inLanes[T any](s *spread[T], r *room) {
	for range enough {
		s.clashed(r)
	}
}

func TestNothingIsLostOnTheWayToLanes(t *testing.T) {
	var c Counter
	var group sync.WaitGroup
	group.Go(func() { crowd(4, 20_000, c.Inc) })
	inLanes(&c.s, nil)
	group.Wait()
	if c.s.lanes.Load() == nil {
		t.Error("the counter is not in lanes")
	}
	if n := c.Load(); n != 80_000 {
		t.Errorf("counted %d, want 80000", n)
	}
}

// Counters that are asked for now and then take no more memory than they have to.
func TestOnlyWhatClashesIsInLanes(t *testing.T) {
	var c Counter
	crowd(1, 10_000, c.Inc)
	if c.s.lanes.Load() != nil {
		t.Error("a counter of one goroutine is in lanes")
	}
}

func TestLanesAreBounded(t *testing.T) {
	var r room
	r.left.Store(2)
	counters := make([]spread[page], 5)
	taken := func() (n int) {
		for i := range counters {
			if counters[i].lanes.Load() != nil {
				n++
			}
		}
		return n
	}
	for i := range counters {
		inLanes(&counters[i], &r)
	}
	if n := taken(); n != 2 {
		t.Errorf("%d are in lanes, want 2", n)
	}
	counters[0].leave(&r)
	inLanes(&counters[4], &r)
	if n := taken(); n != 3 {
		t.Errorf("%d are in lanes after one has left, want 3", n)
	}
}

func TestALaneAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	var c Counter
	inLanes(&c.s, nil)
	crowd(runtime.GOMAXPROCS(0), 1000, c.Inc)
	if n := testing.AllocsPerRun(1000, c.Inc); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCounter(b *testing.B) {
	for name, lanes := range map[string]bool{"once": false, "lanes": true} {
		b.Run(name, func(b *testing.B) {
			var c Counter
			if lanes {
				inLanes(&c.s, nil)
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c.Inc()
				}
			})
		})
	}
}

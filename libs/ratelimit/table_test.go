package ratelimit_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

const start = time.Hour // by the table's clock

// asked asks n times at a time, and says how often it passed.
func asked(t *ratelimit.Table, p *ratelimit.Pot, k ratelimit.Key, at time.Duration, n int) int {
	passed := 0
	for range n {
		if t.Take(p, k, at).Passed {
			passed++
		}
	}
	return passed
}

func TestABurstPassesAtOnceAndTheRestAtTheRate(t *testing.T) {
	for _, l := range []ratelimit.Limit{
		{Requests: 100, Per: time.Second, Burst: 200},
		{Requests: 1, Per: time.Second, Burst: 1},
		{Requests: 5, Per: time.Minute, Burst: 3},
		{Requests: 3, Per: 100 * time.Millisecond, Burst: 7},
		{Requests: 7, Per: 24 * time.Hour, Burst: 7},
	} {
		table, p := ratelimit.NewTable(1000), ratelimit.NewPot(l)
		k := table.Key(1, []byte("a"))
		if n := asked(table, p, k, start, l.Burst+5); n != l.Burst {
			t.Errorf("%+v: %d passed at once", l, n)
		}
		// Asked all the time, it gives what its rate is.
		passed, span := 0, l.Per*3
		for i := range 3000 {
			passed += asked(table, p, k, start+span*time.Duration(i+1)/3000, l.Requests/100+1)
		}
		if want := 3 * l.Requests; passed > want || passed < want-want/100-1 {
			t.Errorf("%+v: %d passed in %v, want %d", l, passed, span, want)
		}
		if n := asked(table, p, k, start+span+l.Per*100, l.Burst+5); n != l.Burst {
			t.Errorf("%+v: %d passed at once after a rest", l, n)
		}
	}
}

// Whatever comes when, no window has more than the burst and what it refills.
func TestNoWindowHasMoreThanRateAndBurst(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		l := ratelimit.Limit{
			Requests: 1 + r.IntN(50), Per: time.Duration(1 + r.IntN(int(2*time.Second))),
			Burst: 1 + r.IntN(60),
		}
		table, p := ratelimit.NewTable(1000), ratelimit.NewPot(l)
		k := table.Key(1, []byte("a"))
		var passed []time.Duration
		for at := start; at < start+5*l.Per; {
			at += time.Duration(r.ExpFloat64() * float64(l.Per) / float64(l.Requests) / 2)
			if r.IntN(50) == 0 {
				at += time.Duration(r.Int64N(int64(l.Per)))
			}
			if table.Take(p, k, at).Passed {
				passed = append(passed, at)
			}
		}
		for i := range passed {
			for j := i; j < len(passed); j++ {
				w := passed[j] - passed[i]
				most := float64(l.Burst) + float64(w)/float64(l.Per)*float64(l.Requests)
				if n := j - i + 1; float64(n) > most+1e-6 {
					t.Fatalf("%+v: %d passed in %v, at most %v may", l, n, w, most)
				}
			}
		}
	}
}

func TestAVerdictSaysWhatIsLeft(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 10, Per: time.Second, Burst: 3})
	k := table.Key(1, nil)
	const each = 100 * time.Millisecond
	for i, want := range []ratelimit.Verdict{
		{Passed: true, Remaining: 2, Full: each}, {Passed: true, Remaining: 1, Full: 2 * each},
		{Passed: true, Remaining: 0, Full: 3 * each, Wait: each},
		{Full: 3 * each, Wait: each},
	} {
		if got := table.Take(p, k, start); got != want {
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
	}
	if got := table.Take(p, k, start+each-1); got.Passed || got.Wait != 1 {
		t.Errorf("just before: %+v", got)
	}
	if got := table.Take(p, k, start+each); !got.Passed {
		t.Errorf("after what it said: %+v", got)
	}
}

func TestKeysAndLimitsAreCountedApart(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Second, Burst: 1})
	for _, limit := range []string{"a", "b"} {
		for _, key := range []string{"x", "y", ""} {
			k := table.Key(table.Identity(limit), []byte(key))
			if n := asked(table, p, k, start, 3); n != 1 {
				t.Errorf("%s %s: %d passed", limit, key, n)
			}
		}
	}
}

// What was used stays used where another pot takes the place of one, as after a reload.
func TestAChangedLimitKeepsWhatWasUsed(t *testing.T) {
	table := ratelimit.NewTable(1000)
	k := table.Key(1, nil)
	old := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Minute, Burst: 10})
	if n := asked(table, old, k, start, 20); n != 10 {
		t.Fatalf("%d passed", n)
	}
	for _, l := range []ratelimit.Limit{
		{Requests: 1, Per: time.Minute, Burst: 10}, {Requests: 2, Per: time.Minute, Burst: 10},
		{Requests: 1, Per: time.Minute, Burst: 100}, {Requests: 1, Per: time.Hour, Burst: 1},
	} {
		if n := asked(table, ratelimit.NewPot(l), k, start, 5); n != 0 {
			t.Errorf("%+v: %d passed right after the burst was used up", l, n)
		}
	}
}

func keyOf(table *ratelimit.Table, i int) ratelimit.Key {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(i))
	return table.Key(1, b[:])
}

// A million keys take less than 100 MB, and hardly one gives way to another.
func TestAMillionKeysFit(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const keys = 1_000_000
	table := ratelimit.NewTable(keys)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Hour, Burst: 1})
	for i := range keys {
		table.Take(p, keyOf(table, i), start)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	known, evicted := table.Keys()
	t.Logf("%d MB, %d keys, %d gave way", size>>20, known, evicted)
	if size >= 100<<20 {
		t.Errorf("a million keys take %d MB", size>>20)
	}
	if evicted > keys/1000 || known+int(evicted) != keys {
		t.Errorf("%d keys, %d gave way", known, evicted)
	}
	again := 0
	for i := range keys {
		if table.Take(p, keyOf(table, i), start+time.Second).Passed {
			again++
		}
	}
	if again > keys/200 {
		t.Errorf("%d of a million keys passed once more", again)
	}
	runtime.KeepAlive(table)
}

// More keys than fit take no more room, and those that are used stay.
func TestTheLeastRecentlyUsedGivesWay(t *testing.T) {
	const keys, kept = 2000, 50
	table := ratelimit.NewTable(keys)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Hour, Burst: 1})
	at := start
	for i := range kept {
		table.Take(p, keyOf(table, i), at)
	}
	for i := range 100 * keys {
		at += time.Millisecond
		table.Take(p, keyOf(table, kept+i), at)
		if i%100 == 0 {
			for k := range kept {
				if table.Take(p, keyOf(table, k), at).Passed {
					t.Fatalf("key %d, which is used all the time, was forgotten after %d others",
						k, i)
				}
			}
		}
	}
	known, evicted := table.Keys()
	if known > 8*keys || evicted == 0 || known+int(evicted) != 100*keys+kept {
		t.Errorf("%d keys, %d gave way", known, evicted)
	}
}

// However many ask at the same time, no more pass than may.
func TestManyAtTheSameTime(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Hour, Burst: 1000})
	var passed atomic.Int64
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 4000 {
				k := table.Key(1, fmt.Append(nil, (i+g)%2))
				if table.Take(p, k, start).Passed {
					passed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if passed.Load() != 2000 {
		t.Errorf("%d passed of 2 keys with 1000 each", passed.Load())
	}
}

func TestADecisionAllocatesNothing(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Second, Burst: 10})
	text := []byte("192.0.2.1")
	if n := testing.AllocsPerRun(1000, func() {
		table.Take(p, table.Key(1, text), table.Now())
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTake(b *testing.B) {
	for _, keys := range []int{1, 1000, 1_000_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			table := ratelimit.NewTable(keys)
			p := ratelimit.NewPot(ratelimit.Limit{Requests: 1000, Per: time.Second, Burst: 1000})
			all := make([]ratelimit.Key, keys)
			for i := range all {
				all[i] = keyOf(table, i)
				table.Take(p, all[i], start)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				i := rand.Uint32()
				for pb.Next() {
					i = i*1664525 + 1013904223
					table.Take(p, all[int(i>>8)%keys], start)
				}
			})
		})
	}
}

func BenchmarkTakeAlone(b *testing.B) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1000, Per: time.Second, Burst: 1000})
	k := keyOf(table, 1)
	for b.Loop() {
		table.Take(p, k, start)
	}
}

func BenchmarkKey(b *testing.B) {
	table := ratelimit.NewTable(1000)
	var a [16]byte
	for b.Loop() {
		table.Key(1, a[:])
	}
}

package ratelimit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

const forever = 1000 * time.Hour

func share(f float64) int64 { return int64(f * ratelimit.Whole) }

func TestAShareHasItsPartOfRateAndBurst(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 100, Per: time.Second, Burst: 40})
	p.SetShare(start, forever, share(0.25), 40, true)
	k := table.Key(1, nil)
	if n := asked(table, p, k, start, 100); n != 10 {
		t.Errorf("%d passed at once", n)
	}
	passed := 0
	for i := range 4000 {
		passed += asked(table, p, k, start+time.Duration(i+1)*time.Millisecond, 2)
	}
	if passed < 99 || passed > 100 {
		t.Errorf("%d passed in 4 s of a quarter of 100/s", passed)
	}
	v := table.Take(p, k, start+4*time.Second)
	if v.Passed || v.Wait <= 0 || v.Wait > 40*time.Millisecond {
		t.Errorf("%+v", v)
	}
}

func TestWhatAShareGrowsByComesEmpty(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1, Per: time.Hour, Burst: 80})
	p.SetShare(start, forever, share(0.125), 80, true)
	used, fresh := table.Key(1, []byte("used")), table.Key(1, []byte("fresh"))
	if n := asked(table, p, used, start, 4); n != 4 {
		t.Fatalf("%d passed", n)
	}
	p.SetShare(start+1, forever, ratelimit.Whole, 80, false)
	if n := asked(table, p, used, start+1, 100); n != 6 {
		t.Errorf("%d more passed of a key that had 6 left", n)
	}
	if n := asked(table, p, fresh, start+1, 100); n != 10 {
		t.Errorf("%d passed of a key that had not come yet", n)
	}
	p.SetShare(start+2, forever, 0, 80, false)
	p.SetShare(start+3, forever, ratelimit.Whole, 80, false)
	for _, k := range []ratelimit.Key{used, fresh, table.Key(1, []byte("new"))} {
		if n := asked(table, p, k, start+3, 100); n != 0 {
			t.Errorf("%d passed after the share was given away", n)
		}
	}
}

func TestAShareEndsByItself(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 1000, Per: time.Second, Burst: 100})
	p.SetShare(start, start+time.Second, share(0.5), 100, true)
	k := table.Key(1, nil)
	if v := table.Take(p, k, start+time.Second-1); !v.Passed {
		t.Error("it does not pass before the end")
	}
	if v := table.Take(p, k, start+time.Second); v.Passed || v.Wait <= 0 {
		t.Errorf("at the end: %+v", v)
	}
	if p.Share(start+time.Second) != 0 || p.Share(start) != share(0.5) {
		t.Error("the share is another")
	}
	// Having it again later brings nothing of the time between.
	p.SetShare(start+time.Minute, forever, share(0.5), 100, false)
	if n := asked(table, p, k, start+time.Minute, 100); n != 0 {
		t.Errorf("%d passed", n)
	}
}

// Shares that move between pots in any way, as long as they never add up to more than 1, let no
// more through together than one pot: the burst and what refills.
func TestPotsOfAFleetPassNoMoreThanOne(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		l := ratelimit.Limit{Requests: 100, Per: time.Second, Burst: 5 + r.IntN(300)}
		const nodes = 5
		var tables [nodes]*ratelimit.Table
		var pots [nodes]*ratelimit.Pot
		var shares [nodes]int64
		var keys [nodes]ratelimit.Key
		for i := range nodes {
			tables[i], pots[i] = ratelimit.NewTable(100), ratelimit.NewPot(l)
			shares[i] = ratelimit.Whole / nodes
			pots[i].SetShare(start, forever, shares[i], l.Burst, true)
			keys[i] = tables[i].Key(1, nil)
		}
		var passed []time.Duration
		for at := start; at < start+10*time.Second; at += time.Duration(r.IntN(int(4e6))) {
			i := r.IntN(nodes)
			if at/time.Second%2 == 0 {
				i = 0
			}
			for range r.IntN(4) {
				if tables[i].Take(pots[i], keys[i], at).Passed {
					passed = append(passed, at)
				}
			}
			if from, to := r.IntN(nodes), r.IntN(nodes); r.IntN(20) == 0 && from != to {
				moved := r.Int64N(shares[from] + 1)
				shares[from] -= moved
				pots[from].SetShare(at, forever, shares[from], l.Burst, false)
				shares[to] += moved
				pots[to].SetShare(at, forever, shares[to], l.Burst, false)
			}
		}
		for i, j := 0, 0; j < len(passed); j++ {
			for ; passed[j]-passed[i] > time.Second; i++ {
			}
			if n := j - i + 1; n > 100+l.Burst {
				t.Fatalf("burst %d: %d passed in a second", l.Burst, n)
			}
		}
	}
}

package ratelimit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

const forever = 1000 * time.Hour

func share(f float64) int64 { return int64(f * ratelimit.Whole) }

// full returns a pot that has had a share for so long that its buckets are full at start.
func full(l ratelimit.Limit, f float64) *ratelimit.Pot {
	p := ratelimit.NewShare(0, l)
	p.SetShares(0, l, ratelimit.Lease{Share: share(f), Until: forever})
	return p
}

func TestAShareHasItsPartOfRateAndBurst(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := full(ratelimit.Limit{Requests: 100, Per: time.Second, Burst: 40}, 0.25)
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

func TestAPotWithoutAShareLetsNothingThrough(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewShare(0, ratelimit.Limit{Requests: 100, Per: time.Second, Burst: 40})
	if v := table.Take(p, table.Key(1, nil), start); v.Passed || v.Wait != time.Second {
		t.Errorf("%+v", v)
	}
}

func TestWhatAShareGrowsByComesEmpty(t *testing.T) {
	table := ratelimit.NewTable(1000)
	l := ratelimit.Limit{Requests: 1000, Per: time.Hour, Burst: 80}
	p := full(l, 0.125)
	start := 10 * time.Hour
	set := func(at time.Duration, f float64) {
		p.SetShares(at, l, ratelimit.Lease{Share: share(f), Until: forever})
	}
	used, fresh := table.Key(1, []byte("used")), table.Key(1, []byte("fresh"))
	if n := asked(table, p, used, start, 4); n != 4 {
		t.Fatalf("%d passed", n)
	}
	set(start+1, 1)
	if n := asked(table, p, used, start+1, 100); n != 6 {
		t.Errorf("%d more passed of a key that had 6 left", n)
	}
	if n := asked(table, p, fresh, start+1, 100); n != 10 {
		t.Errorf("%d passed of a key that had not come yet", n)
	}
	set(start+2, 0)
	set(start+3, 1)
	for _, k := range []ratelimit.Key{used, fresh, table.Key(1, []byte("new"))} {
		if n := asked(table, p, k, start+3, 100); n != 0 {
			t.Errorf("%d passed after the share was given away", n)
		}
	}
}

// A share ends by itself, and what it falls back to begins with no more than that holds.
func TestAShareEndsByItself(t *testing.T) {
	table := ratelimit.NewTable(1000)
	l := ratelimit.Limit{Requests: 1000, Per: time.Second, Burst: 100}
	p := ratelimit.NewShare(0, l)
	p.SetShares(start-time.Second, l,
		ratelimit.Lease{Share: share(0.5), Until: start + time.Second},
		ratelimit.Lease{Share: share(0.101), Until: start + time.Minute},
		ratelimit.Lease{Share: share(0.9), Until: start + time.Second}) // is over before it begins
	k := table.Key(1, nil)
	if v := table.Take(p, k, start+time.Second-1); !v.Passed || v.Remaining != 49 {
		t.Errorf("before the end: %+v", v)
	}
	if n := asked(table, p, k, start+time.Second, 100); n != 10 {
		t.Errorf("%d passed at the end", n)
	}
	for at, want := range map[time.Duration]int64{
		start: share(0.5), start + time.Second: share(0.101), start + time.Minute: 0,
		start + time.Hour: 0,
	} {
		if got := p.Share(at); got != want {
			t.Errorf("at %v the share is %d, want %d", at, got, want)
		}
	}
	if v := table.Take(p, k, start+time.Minute); v.Passed || v.Wait <= 0 {
		t.Errorf("at the last end: %+v", v)
	}
	// Having it again later brings nothing of the time between.
	p.SetShares(start+time.Hour, l, ratelimit.Lease{Share: share(0.5), Until: forever})
	if n := asked(table, p, k, start+time.Hour, 100); n != 0 {
		t.Errorf("%d passed", n)
	}
}

// After a change of the limit a bucket that was empty still is.
func TestASharesLimitMayChange(t *testing.T) {
	table := ratelimit.NewTable(1000)
	l := ratelimit.Limit{Requests: 10, Per: time.Second, Burst: 20}
	p := full(l, 0.5)
	k := table.Key(1, nil)
	if n := asked(table, p, k, start, 100); n != 10 {
		t.Fatalf("%d passed", n)
	}
	l.Requests, l.Burst = 1000, 2000
	p.SetShares(start+1, l, ratelimit.Lease{Share: share(0.5), Until: forever})
	if n := asked(table, p, k, start+1, 100); n != 0 {
		t.Errorf("%d passed at once", n)
	}
	if n := asked(table, p, k, start+100*time.Millisecond, 100); n != 49 && n != 50 {
		t.Errorf("%d passed after 100 ms", n)
	}
}

func TestTheLeastShareLetsOneThrough(t *testing.T) {
	for _, burst := range []int{1, 2, 3, 7, 100, 1e6} {
		l := ratelimit.Limit{Requests: 10, Per: time.Second, Burst: burst}
		for less, want := range []bool{true, false} {
			table := ratelimit.NewTable(1000)
			p := ratelimit.NewShare(0, l)
			p.SetShares(0, l, ratelimit.Lease{Share: l.Least() - int64(less), Until: forever})
			if v := table.Take(p, table.Key(1, nil), forever/2); v.Passed != want {
				t.Errorf("burst %d, %d less than the least: %+v", burst, less, v)
			}
		}
	}
}

// Shares that move between pots in any way, as long as they never add up to more than 1, let no
// more through together than one pot: the burst and what refills, in windows of any length.
func TestPotsOfAFleetPassNoMoreThanOne(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 150 {
		burst := 5 + r.IntN(300)
		if round%3 == 0 {
			burst = 1 + r.IntN(4)
		}
		l := ratelimit.Limit{Requests: 100, Per: time.Second, Burst: burst}
		const nodes = 5
		var tables [nodes]*ratelimit.Table
		var pots [nodes]*ratelimit.Pot
		var shares [nodes]int64
		var keys [nodes]ratelimit.Key
		set := func(i int, at time.Duration) {
			pots[i].SetShares(at, l, ratelimit.Lease{Share: shares[i], Until: forever})
		}
		for i := range nodes {
			tables[i], pots[i] = ratelimit.NewTable(100), ratelimit.NewShare(0, l)
			shares[i] = ratelimit.Whole / nodes
			set(i, 0)
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
				if r.IntN(2) == 0 {
					moved = shares[from] // all of it
				}
				shares[from] -= moved
				set(from, at)
				if r.IntN(8) == 0 { // a node ends, and begins anew with what it has
					tables[to], pots[to] = ratelimit.NewTable(100), ratelimit.NewShare(at, l)
				}
				shares[to] += moved
				set(to, at)
			}
		}
		// So many pass in the window from one request to another as lie between them.
		for i := range passed {
			for j := i; j < len(passed); j += 1 + (j-i)/20 {
				window := (passed[j] - passed[i]).Seconds()
				if n := j - i + 1; float64(n) > 100*window+float64(l.Burst)+1e-6 {
					t.Fatalf("burst %d: %d passed in %v s", l.Burst, n, window)
				}
			}
		}
	}
}

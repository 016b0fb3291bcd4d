package ratelimit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

func TestWhatIsGivenBackCanBeTakenAgain(t *testing.T) {
	table := ratelimit.NewTable(1000)
	p := ratelimit.NewPot(ratelimit.Limit{Requests: 10, Per: time.Second, Burst: 3})
	k := table.Key(1, []byte("a"))
	for i := range 100 {
		if v := table.Take(p, k, start); !v.Passed || v.Remaining != 2 {
			t.Fatalf("%d: %+v", i, v)
		}
		if v := table.GiveBack(p, k, start); !v.Passed || v.Remaining != 3 || v.Full != 0 {
			t.Fatalf("%d: given back: %+v", i, v)
		}
	}
	if n := asked(table, p, k, start, 9); n != 3 {
		t.Errorf("%d passed", n)
	}
	if v := table.GiveBack(p, k, start); v.Remaining != 1 || v.Wait != 0 ||
		v.Full != 200*time.Millisecond {
		t.Errorf("%+v", v)
	}
	if v := table.GiveBack(p, table.Key(1, []byte("never seen")), start); v.Remaining != 3 {
		t.Errorf("a key without a bucket: %+v", v)
	}
}

// Whatever is given back, no window has more requests that stay than the burst and what it refills,
// also where the share of the limit changes.
func TestGivingBackAddsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		l := ratelimit.Limit{Requests: 1 + r.IntN(50), Per: time.Second, Burst: 1 + r.IntN(30)}
		table, p := ratelimit.NewTable(100), ratelimit.NewPot(l)
		k := table.Key(1, nil)
		var stay []time.Duration
		now := start
		for range 2000 {
			now += time.Duration(r.IntN(int(20 * time.Millisecond)))
			if r.IntN(50) == 0 {
				share := int64(r.IntN(ratelimit.Whole))
				p.SetShares(now, l, ratelimit.Lease{Share: share, Until: forever})
			}
			if !table.Take(p, k, now).Passed {
				continue
			}
			if r.IntN(2) == 0 {
				table.GiveBack(p, k, now)
				continue
			}
			stay = append(stay, now)
		}
		for i := range stay {
			for j := i; j < len(stay); j++ {
				window := stay[j] - stay[i]
				most := float64(l.Burst) + window.Seconds()*float64(l.Requests)
				if n := float64(j - i + 1); n > most+1e-6 {
					t.Fatalf("%+v: %v in %v, and %v are the most", l, n, window, most)
				}
			}
		}
	}
}

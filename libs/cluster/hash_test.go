package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
)

// owners are the endpoints that keys belong to while nothing is in flight.
func owners(c *Cluster) (all []string) {
	for i := range 20_000 {
		all = append(all, c.PickFor(rendezvous.Sum(fmt.Appendf(nil, "key-%d", i))).Address)
	}
	return all
}

// moved is how many of the owners differ, in percent.
func moved(before, after []string) float64 {
	n := 0
	for i := range before {
		if before[i] != after[i] {
			n++
		}
	}
	return 100 * float64(n) / float64(len(before))
}

func TestKeysHaveOneEndpointEach(t *testing.T) {
	s := newSet(t, balanced(config.BalanceHash, "path", 1, 2, 0, 3))
	c := s.At(0)
	before := owners(c)
	count := map[string]float64{}
	for _, a := range before {
		count[a]++
	}
	for i, w := range []float64{1, 2, 0, 3} {
		if got, want := count[names(4)[i]], 20_000*w/6; math.Abs(got-want) > 0.04*want {
			t.Errorf("endpoint %d has %.0f keys, want about %.0f", i, got, want)
		}
	}
	if moved(before, owners(c)) != 0 {
		t.Error("a key has two endpoints")
	}
	swap(t, s, balanced(config.BalanceHash, "path", 1, 2, 0, 3))
	if moved(before, owners(s.At(0))) != 0 {
		t.Error("a reload moves keys")
	}
}

func TestOneOfTenThatGoesMovesItsKeysOnly(t *testing.T) {
	s := newSet(t, balanced(config.BalanceHash, "client", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
	before := owners(s.At(0))
	d := balanced(config.BalanceHash, "client", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	gone := d.Clusters[0].Endpoints[4].Address
	d.Clusters[0].Endpoints = slices.Delete(d.Clusters[0].Endpoints, 4, 5)
	swap(t, s, d)
	after := owners(s.At(0))
	if m := moved(before, after); m < 9 || m > 11 {
		t.Errorf("%.1f %% of the keys have moved, want a tenth", m)
	}
	for i := range before {
		if before[i] != after[i] && before[i] != gone {
			t.Fatalf("a key has moved from %s to %s", before[i], after[i])
		}
	}
	// The same by weight: maintenance.
	d = balanced(config.BalanceHash, "client", 1, 1, 1, 1, 0, 1, 1, 1, 1, 1)
	swap(t, s, d)
	if m := moved(after, owners(s.At(0))); m != 0 {
		t.Errorf("gone or without weight makes a difference: %.1f %%", m)
	}
}

// With many requests in flight nobody has over 1.25 of its share of them, however unevenly keys
// come.
func TestNobodyHasTooMuchInFlight(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, weights := range [][]int{
		{1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {5, 1, 1}, {9, 0, 3, 3, 1},
	} {
		c := newSet(t, balanced(config.BalanceHash, "path", weights...)).At(0)
		sum := 0
		for _, w := range weights {
			sum += w
		}
		var flying []*Load
		for step := range 6000 {
			key := uint64(r.IntN(3)) // most have one of three keys
			if r.IntN(4) == 0 {
				key = r.Uint64()
			}
			flying = append(flying, c.Begin(c.PickFor(rendezvous.Mix(key))))
			for i, w := range weights {
				n := c.endpoints[i].load.n.Load()
				most := math.Ceil(1.25 * float64(len(flying)) * float64(w) / float64(sum))
				most = max(most, always)
				// What was let in while there were more stays.
				if step < 500 && float64(n) > most {
					t.Fatalf("%v: endpoint %d has %d of %d, and %.0f are the most", weights, i, n,
						len(flying), most)
				}
			}
			if step >= 500 && len(flying) > 200 {
				k := r.IntN(len(flying))
				flying[k].End()
				flying = slices.Delete(flying, k, k+1)
			}
		}
	}
}

// An endpoint that health leaves less weight keeps that share of its keys, and gets no others.
func TestHealthTakesKeysInProportion(t *testing.T) {
	s := newSet(t, balanced(config.BalanceHash, "path", 1, 1, 1, 1, 1))
	c := s.At(0)
	before := owners(c)
	for range 100 {
		for i := range c.endpoints {
			o := health.Success
			if i == 0 {
				o = health.ServerError
			}
			c.endpoints[i].Health.Record(o)
		}
	}
	tables := c.hashing.first
	s.look(after(1), false)
	if c.hashing.first != tables {
		t.Error("a verdict makes the table anew")
	}
	after := owners(c)
	left, had := 0, 0
	for i := range before {
		switch {
		case before[i] != names(5)[0] && before[i] != after[i]:
			t.Fatalf("a key of a healthy endpoint has moved from %s to %s", before[i], after[i])
		case before[i] == names(5)[0]:
			had++
			if after[i] == before[i] {
				left++
			}
		}
	}
	if share := float64(left) / float64(had); share > 0.03 {
		t.Errorf("with 1 %% of its weight an endpoint keeps %.1f %% of its keys", 100*share)
	}
}

func TestWithoutAKeyEndpointsTakeTurns(t *testing.T) {
	at := names(3)
	c := newSet(t, balanced(config.BalanceHash, "cookie:none", 1, 1, 1)).At(0)
	if got, want := picks(c, 6), slices.Concat(at, at); !slices.Equal(got, want) {
		t.Errorf("picked %v, want %v", got, want)
	}
	if k := c.Key(); k == nil || *k != (config.BalanceKey{Kind: "cookie", Name: "none"}) {
		t.Errorf("the key is %v", k)
	}
}

func TestNoKeyHasAnEndpointWhereNobodyMayGetAnything(t *testing.T) {
	c := newSet(t, balanced(config.BalanceHash, "path", 0, 0)).At(0)
	if c.PickFor(1) != nil || c.Pick() != nil {
		t.Error("an endpoint without weight was picked")
	}
}

func TestSharingAllocatesNothing(t *testing.T) {
	for _, policy := range []string{config.BalanceLeastRequest, config.BalanceHash} {
		c := newSet(t, balanced(policy, "", 3, 1, 1)).At(0)
		hash := uint64(1)
		if n := testing.AllocsPerRun(100, func() {
			e := c.Pick()
			if c.Key() != nil {
				hash = rendezvous.Mix(hash)
				e = c.PickFor(hash)
			}
			c.Begin(e).End()
		}); n != 0 {
			t.Errorf("%s: %v allocations", policy, n)
		}
	}
}

func BenchmarkPickFor(b *testing.B) {
	for _, n := range []int{10, 1000} {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = 1
		}
		for _, busy := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d-busy-%v", n, busy), func(b *testing.B) {
				c := newSet(b, balanced(config.BalanceHash, "path", weights...)).At(0)
				key := []byte("/products/4711/reviews")
				for i := 0; busy && i < 5*n; i++ {
					c.Begin(c.PickFor(rendezvous.Mix(uint64(i))))
				}
				b.ReportAllocs()
				for b.Loop() {
					key[10]++
					c.Begin(c.PickFor(rendezvous.Sum(key))).End()
				}
			})
		}
	}
}

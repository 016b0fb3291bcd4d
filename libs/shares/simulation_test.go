package shares

import (
	"flag"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 60, "fleets to simulate")
	first = flag.Int("first", 1, "the seed of the first of them")
)

// shortRules are the rules with leases that are short enough for many of them to end in a run.
func shortRules() rules { return rulesOf(leaderLease, extraLease, 12*time.Second) }

// Whatever happens, nodes never act on more than the whole of a limit together; and when all is
// well again, they soon use all of it.
//
//	go test ./libs/shares -run TestFleets -timeout 2h -args -seeds 20000
func TestFleetsShareNoMoreThanTheWhole(t *testing.T) {
	for seed := uint64(*first); seed < uint64(*first+*seeds); seed++ {
		r := shortRules()
		if seed%10 == 0 {
			r = defaultRules()
		}
		voters := []int{3, 5, 4, 1, 2, 7, 3}[seed%7]
		wrong, w := simulate(seed, r, voters, 60*time.Second)
		if wrong == "" {
			wrong = w.settles()
		}
		if wrong != "" {
			t.Errorf("seed %d: %s", seed, wrong)
		}
	}
}

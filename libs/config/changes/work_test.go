package changes

import (
	"fmt"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A reload happens beside traffic, so the work to compare two large documents has to grow as they
// do, and not as the number of pairs does.
func TestEntriesArePairedWithoutLookingAtEachOther(t *testing.T) {
	const n = 10_000
	looked := 0
	name := func(number func(i int) int) func(int) string {
		return func(i int) string {
			looked++
			return fmt.Sprintf("route-%d", number(i))
		}
	}
	from, removed := pair(n, n, name(func(i int) int { return i }),
		name(func(i int) int { return n - 1 - i }))
	for j, i := range from {
		if i != n-1-j {
			t.Fatalf("entry %d is paired with %d", j, i)
		}
	}
	if len(removed) > 0 {
		t.Errorf("%d are removed", len(removed))
	}
	if looked > 4*n {
		t.Errorf("the names of %d entries are looked at %d times, and %d is the limit", n, looked,
			4*n)
	}
}

// Comparing routes that are the same makes no garbage: what is allocated is for the lists of names.
func TestRoutesThatAreTheSameAreComparedWithoutGarbage(t *testing.T) {
	many := func() *config.Document {
		d := config.New()
		for i := range 2_000 {
			r := config.NewRoute(fmt.Sprintf("route-%d", i), "users")
			r.Hosts, r.Methods = []string{"a.example"}, []string{"GET", "POST"}
			r.Headers = new(config.RouteHeaders)
			r.Headers.Request.Set = map[string]string{"X-A": "1"}
			r.Retry = &config.Retry{Attempts: 2, On: []string{"connect"}}
			d.Routes = append(d.Routes, r)
		}
		return d
	}
	old, new := many(), many()
	kept := 0
	allocations := testing.AllocsPerRun(3, func() { kept = Diff(old, new).Routes.Kept })
	if kept != 2_000 {
		t.Errorf("%d are kept", kept)
	}
	if allocations > 1_000 {
		t.Errorf("%v allocations to compare %d routes", allocations, kept)
	}
}

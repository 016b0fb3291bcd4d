package changes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

// shuffled returns a document of things with few names, some twice, in any order.
func shuffled(r *rand.Rand) *config.Document {
	d := config.New()
	for range r.IntN(8) {
		c := config.NewCluster(string(rune('a'+r.IntN(6))), "127.0.0.1:1", "127.0.0.1:2")
		c.Endpoints[r.IntN(2)].Weight = r.IntN(3)
		d.Clusters = append(d.Clusters, c)
	}
	return d
}

func checkCounts(t *testing.T, old, new *config.Document) {
	t.Helper()
	c := changes.Diff(old, new)
	for _, x := range []struct {
		s        changes.Set
		old, new int
	}{{c.Listeners, len(old.Listeners), len(new.Listeners)},
		{c.Clusters, len(old.Clusters), len(new.Clusters)},
		{c.Routes, len(old.Routes), len(new.Routes)}} {
		if n := x.s.Kept + len(x.s.Changed) + len(x.s.Removed); n != x.old {
			t.Fatalf("kept, changed and removed are %d, and there were %d: %s", n, x.old,
				words(t, c))
		}
		if n := x.s.Kept + len(x.s.Changed) + len(x.s.Added); n != x.new {
			t.Fatalf("kept, changed and added are %d, and there are %d: %s", n, x.new, words(t, c))
		}
	}
}

func TestWhatIsKeptChangedAndAddedIsTheNewDocument(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		old, new := shuffled(r), shuffled(r)
		checkCounts(t, old, new)
		c := changes.Diff(old, new).Clusters
		// The names of the old ones, without the removed and with the added, are the names of the
		// new ones.
		names := slices.Clone(c.Added)
		removed := slices.Clone(c.Removed)
		for _, x := range old.Clusters {
			if i := slices.Index(removed, x.Name); i >= 0 {
				removed = slices.Delete(removed, i, i+1)
			} else {
				names = append(names, x.Name)
			}
		}
		var want []string
		for _, x := range new.Clusters {
			want = append(want, x.Name)
		}
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) || len(removed) > 0 {
			t.Fatalf("seed %d: applied to the old names the diff gives %v, want %v", seed, names,
				want)
		}
	}
}

func FuzzDiff(f *testing.F) {
	for _, s := range []string{whole(f), "version: 1\nlisteners: [{name: a, address: ':1'}]"} {
		f.Add(s, whole(f))
		f.Add("version: 1\nlisteners: [{name: b, address: ':2'}]", s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		old, _ := config.Decode("a.yaml", []byte(a))
		new, _ := config.Decode("b.yaml", []byte(b))
		if old == nil || new == nil {
			return
		}
		checkCounts(t, old, new)
		if c := changes.Diff(new, new); !c.Empty() {
			t.Fatal(words(t, c))
		}
		c := changes.Diff(old, new)
		if config.Digest(old) == config.Digest(new) && !c.Empty() {
			t.Fatalf("one digest, and yet %s", words(t, c))
		}
		for _, r := range words(t, c) {
			if r < ' ' || r == 0x7f {
				t.Fatalf("a control byte in %q", words(t, c))
			}
		}
	})
}

// manyRoutes returns a document of n routes, each with what routes usually have.
func manyRoutes(n int) *config.Document {
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("c", "127.0.0.1:1")}
	for i := range n {
		r := config.NewRoute(fmt.Sprintf("route-%d", i), "c")
		r.Hosts, r.PathPrefix, r.Methods = []string{fmt.Sprintf("h%d.example.com", i%100)},
			fmt.Sprintf("/p/%d", i), []string{"GET", "POST"}
		r.Retry = &config.Retry{Attempts: 2, On: []string{"connect", "reset"}, Budget: 0.2}
		r.Headers = &config.RouteHeaders{Request: config.HeaderEdit{
			Set: map[string]string{"X-From": "edge"}, Remove: []string{"X-Debug"},
		}}
		d.Routes = append(d.Routes, r)
	}
	return d
}

func BenchmarkDiff(b *testing.B) {
	old, new, moved := manyRoutes(10_000), manyRoutes(10_000), manyRoutes(10_000)
	slices.Reverse(moved.Routes)
	for name, doc := range map[string]*config.Document{"same": new, "moved": moved} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				changes.Diff(old, doc)
			}
		})
	}
}

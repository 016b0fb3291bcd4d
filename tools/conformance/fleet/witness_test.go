package fleet_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

// failed is how the reason of an endpoint begins that has failed lately.
var failed = regexp.MustCompile(`^([1-9][0-9]* of|active checks fail)`)

// An edge that loses its network to all endpoints, while it still hears the others, takes nobody
// else's weights with it: whether its requests or its checks tell it, and whether it has known
// better days or not.
func TestAnEdgeThatIsCutOffMovesNobody(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name, health string
		warm, loaded bool
	}{
		{name: "under load", warm: true, loaded: true},
		{name: "from its first request on", loaded: true},
		{
			name:   "idle with active checks",
			health: "active: {type: tcp, interval: 1s, timeout: 500ms}",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, uint64(20+i))
			f.health = c.health
			for i := range size {
				f.start(t, i)
			}
			f.acquainted(t)
			load := func() {
				if c.loaded {
					f.load(t, 0, 1, 2, 3)
				}
			}
			if c.warm {
				load()
				always(t, window, func() {})
			}
			f.lab.Set(func(from, to string) netlab.Link {
				up := func(name string) bool { return strings.HasPrefix(name, "upstream-") }
				return netlab.Link{Cut: from == "edge-0" && up(to) || to == "edge-0" && up(from)}
			})
			if !c.warm {
				load()
			}
			least := 1.0
			noticed := make([]bool, len(f.upstreams))
			always(t, 20*time.Second, func() {
				for i := 1; i < size; i++ {
					for k, e := range f.endpoints(t, i) {
						if e.share() <= 0.95 && e.share() < least {
							t.Errorf("edge %d leaves %v to endpoint %d: %s", i, e.share(), k,
								e.Reason)
						}
						least = min(least, e.share())
					}
				}
				for k, e := range f.endpoints(t, 0) {
					noticed[k] = noticed[k] || failed.MatchString(e.Reason)
				}
			})
			t.Logf("the least that the others leave to any endpoint: %v", least)
			for k, ok := range noticed {
				if !ok {
					t.Errorf("the edge that is cut off has not noticed that it does not reach "+
						"endpoint %d", k)
				}
			}
		})
	}
}

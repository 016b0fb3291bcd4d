// Package canary_test does what this folder's README does, step by step, so that the README stays
// true.
package canary_test

import (
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const get = "GET /version.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"

// version is an upstream that counts the requests it answers.
func version(t *testing.T, name string) (addr string, answered *atomic.Int64) {
	answered = new(atomic.Int64)
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			answered.Add(1)
			if c.Send(exampletest.Text(200, name)) != nil {
				return
			}
		}
	})
	return up.Addr(), answered
}

func TestCanary(t *testing.T) {
	stableAddr, stable := version(t, "stable\n")
	canaryAddr, canary := version(t, "canary\n")
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9001": stableAddr, "127.0.0.1:9002": canaryAddr,
	})
	load := exampletest.StartLoad(t, edge.Addr("public"), 8, get)

	// canaries is the part of the next 1000 requests that the canary answers.
	canaries := func() float64 {
		load.More(t, 20) // those that began before a reload have ended
		s, c := stable.Load(), canary.Load()
		load.More(t, 1000)
		s, c = stable.Load()-s, canary.Load()-c
		return float64(c) / float64(s+c)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) <= 0.02 }

	if got := canaries(); !near(got, 0.1) {
		t.Errorf("at 90/10 the canary answered %v", got)
	}

	t.Run("other weights are in force at once", func(t *testing.T) {
		edge.Edit(t, "stable, weight: 90", "stable, weight: 50", "canary, weight: 10",
			"canary, weight: 50")
		edge.Reload(t)
		if got := canaries(); !near(got, 0.5) {
			t.Errorf("at 50/50 the canary answered %v", got)
		}
	})

	t.Run("the receipt says what changed", func(t *testing.T) {
		reloads := edge.Status(t).Reloads
		if what := strings.Join(changes(reloads), "; "); !strings.Contains(what, "90 -> 50") ||
			!strings.Contains(what, "10 -> 50") {
			t.Errorf("it says %q", what)
		}
		for _, r := range reloads {
			if len(r.StreamsClosed) > 0 {
				t.Errorf("a reload closed connections: %+v", r.StreamsClosed)
			}
		}
	})

	t.Run("weight 0 takes a version out", func(t *testing.T) {
		edge.Edit(t, "stable, weight: 50", "stable, weight: 0")
		edge.Reload(t)
		if got := canaries(); got != 1 {
			t.Errorf("at 0/50 the canary answered %v", got)
		}
	})

	t.Run("a rollback brings it back", func(t *testing.T) {
		var r admin.Receipt
		if status := edge.Admin(t, "POST /rollback", &r); status != 200 ||
			r.Result != admin.RolledBack {
			t.Fatalf("status %d, %+v", status, r)
		}
		if got := canaries(); !near(got, 0.5) {
			t.Errorf("after the rollback the canary answered %v", got)
		}
	})

	requests, failures := load.Stop()
	if len(failures) > 0 {
		t.Errorf("%d of %d requests failed: %.5q", len(failures), requests, failures)
	}
	testkit.Eventually(t, "the route's hits are all requests, those before the reloads too",
		func() bool {
			return edge.Catalog(t)["shop"].Hits == uint64(requests)
		})
	if code := edge.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// changes are what the receipts say of the route.
func changes(receipts []admin.Receipt) (what []string) {
	for _, r := range receipts {
		for _, c := range r.Routes.Changed {
			what = append(what, c.What...)
		}
	}
	return what
}

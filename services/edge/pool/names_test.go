package pool_test

import (
	"net"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// Many connections to a name ask for it once; `never` has each client make one.
func TestANameIsAskedForOnceForMany(t *testing.T) {
	t.Parallel()
	const clients = 30
	for _, cluster := range []string{"http1", "h2c"} {
		authority := testkit.NewAuthority(t)
		_, port, err := net.SplitHostPort(edgetest.Serve(t, authority, cluster, open()))
		if err != nil {
			t.Fatal(err)
		}
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: "localhost:" + port, Protocol: cluster, More: ", reuse: never",
		})
		seen := map[string]bool{}
		for range clients {
			seen[newCaller(t, f, "HTTP/1.1").get(t, "").connection] = true
		}
		if len(seen) != clients {
			t.Errorf("%s: %d clients have %d connections", cluster, clients, len(seen))
		}
		m := f.Metrics(t)
		// An answer holds for 5 s, and a busy machine may need longer than that.
		if n := m[`gateway_dns_lookups_total{result="ok"}`]; n < 1 || n > clients/3 {
			t.Errorf("%s: %v lookups for %d connections", cluster, n, clients)
		}
		if n := m["gateway_dns_stale_answers_total"]; n != 0 {
			t.Errorf("%s: %v stale answers", cluster, n)
		}
	}
}

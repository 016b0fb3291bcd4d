package probe_test

import (
	"net/http"
	"testing"

	"google.golang.org/grpc/health"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// BenchmarkAsk makes one check after another; the endpoint's share is in it.
func BenchmarkAsk(b *testing.B) {
	for kind, address := range map[string]string{
		config.CheckTCP:  testkit.NewUpstream(b, func(c *testkit.Conn) { _ = c.Drain() }).Addr(),
		config.CheckHTTP: serve(b, nil, http1, func(http.ResponseWriter, *http.Request) {}),
		config.CheckGRPC: serveGRPC(b, health.NewServer()),
	} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			t := target(kind, address)
			for b.Loop() {
				if r := probe.Ask(b.Context(), t); r.Kind != probe.Passed {
					b.Fatal(r)
				}
			}
		})
	}
}

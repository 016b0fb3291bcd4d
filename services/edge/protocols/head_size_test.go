package protocols_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// What an endpoint with HTTP/2 has said it does not take is refused by the edge: nothing of it
// is sent, the connection goes on, and the endpoint keeps its weight.
func TestAHeadLargerThanTheEndpointTakes(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"h2c", "h2"} {
		for _, client := range []string{"HTTP/1.1", "HTTP/2 over TLS"} {
			t.Run(cluster+" "+strings.ReplaceAll(client, "/", "-"), func(t *testing.T) {
				t.Parallel()
				authority := testkit.NewAuthority(t)
				var served atomic.Int64
				// net/http allows 320 bytes more than this for its own count of the head.
				address := edgetest.ServeWith(t, authority, cluster, &http.Server{
					MaxHeaderBytes: 2000,
					Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
						served.Add(1)
					}),
				})
				f := testkit.StartFront(t, authority, testkit.Cluster{
					Address: address, Protocol: cluster,
				})
				c, base := edgetest.ClientOf(t, authority, f.Process, client)
				for i := range 20 {
					large := i%2 == 1
					if got := send(t, c, base, large, i%4 == 3); large != (got.status == 431) {
						t.Fatalf("request %d, large %v: %+v", i, large, got)
					} else if large && i%4 == 3 && client != "HTTP/1.1" && got.grpc != "8" {
						t.Errorf("a gRPC call is answered %+v", got)
					}
				}
				if served.Load() != 10 {
					t.Errorf("%d requests were served, want those that fit", served.Load())
				}
				e := edgetest.Status(t, f.Process).Clusters[0].Endpoints[0]
				if e.EffectiveWeight != float64(e.Weight) {
					t.Errorf("the endpoint has weight %v of %d: %s", e.EffectiveWeight, e.Weight,
						e.Reason)
				}
			})
		}
	}
}

// A trailer section that is too large is not sent either.
func TestATrailerLargerThanTheEndpointTakes(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	address := edgetest.ServeWith(t, authority, "h2c", &http.Server{
		MaxHeaderBytes: 2000,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
		}),
	})
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address, Protocol: "h2c"})
	c := testkit.Dial(t, f.Addr("plain"))
	r := c.Exchange(t, "POST", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"+
		"\r\n5\r\nhello\r\n0\r\nX-Large: "+strings.Repeat("x", 4000)+"\r\n\r\n")
	edgetest.WantError(t, r, 431, "GW_HEADERS_TOO_LARGE")
	e := edgetest.Status(t, f.Process).Clusters[0].Endpoints[0]
	if e.EffectiveWeight != float64(e.Weight) {
		t.Errorf("the endpoint has weight %v: %s", e.EffectiveWeight, e.Reason)
	}
}

// got is what a client learns of a request.
type got struct {
	status int
	grpc   string // grpc-status
}

// send sends a request, with a large head or a small one. A gRPC call that is refused counts
// as answered with 431.
func send(t *testing.T, c *http.Client, base string, large, grpc bool) (g got) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/a.B/C", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if large {
		r.Header.Set("X-Large", strings.Repeat("x", 4000))
	}
	if grpc {
		r.Header.Set("Content-Type", "application/grpc")
		r.Header.Set("Te", "trailers")
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	g = got{resp.StatusCode, resp.Header.Get("Grpc-Status")}
	if g.grpc == "" {
		g.grpc = resp.Trailer.Get("Grpc-Status")
	}
	if grpc && g.status == 200 && g.grpc == "8" {
		g.status = 431
	}
	return g
}

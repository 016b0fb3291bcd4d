package ratelimit_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// several is an edge with two limits for a route, after a part that a test chooses.
func several(up, protocol, more string) string {
	return fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", trusted_proxies: [127.0.0.1/32]}
%[3]s
clusters: [{name: up, protocol: %[2]s, endpoints: [{address: "%[1]s"}]}]
routes:
  - name: r
    cluster: up
    rate_limit:
      - {requests: 2, per: 1h}
      - {requests: 3, per: 3h, key: route}
admin: {address: "127.0.0.1:0"}
`, up, protocol, more)
}

// http2 is a client of HTTP/2 without TLS.
func http2(t *testing.T) *http.Client {
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: &p}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// Over both protocols, for requests and for calls of gRPC: all limits have to be met, the client is
// told of each, and the longest wait counts. A reload of the same keeps what was used.
func TestSeveralLimits(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	for protocol, calls := range map[string]bool{"http1": false, "h2c": true} {
		e := edgetest.StartReloadable(t, several(up.Addr(), protocol, ""))
		c := http2(t)
		for i, tc := range []struct {
			client      string
			retry, left string
		}{
			{"192.0.2.1", "", `"1";r=1;t=1800, "2";r=2;t=3600`},
			{"192.0.2.1", "", `"1";r=0;t=1800, "2";r=1;t=7200`},
			{"192.0.2.1", "1800", `"1";r=0;t=1800, "2";r=1;t=7200`},
			{"192.0.2.2", "", `"1";r=1;t=1800, "2";r=0;t=3600`},
			{"192.0.2.2", "3600", `"1";r=1;t=1800, "2";r=0;t=3600`},
			{"192.0.2.1", "3600", `"1";r=0;t=1800, "2";r=0;t=3600`},
		} {
			if i == 4 {
				more := "  - {name: more, address: \"127.0.0.1:0\"}"
				e.Change(t, several(up.Addr(), protocol, more))
			}
			r := call(t, c, "http://"+e.Addr("public")+"/s/m", calls, tc.client)
			want := 200
			if tc.retry != "" && !calls {
				want = 429
			}
			if r.StatusCode != want || r.Header.Get("Retry-After") != tc.retry ||
				r.Header.Get("RateLimit-Policy") != `"1";q=2;w=3600, "2";q=3;w=10800` ||
				r.Header.Get("RateLimit") != tc.left {
				t.Errorf("%s %d: %s %v", protocol, i, r.Status, r.Header)
			}
			if calls && tc.retry != "" && (r.Header.Get("Grpc-Status") != "8" ||
				r.Header.Get("X-Gateway-Code") != "GW_RATE_LIMITED") {
				t.Errorf("%s %d: %v", protocol, i, r.Header)
			}
		}
	}
}

// call makes a request of a client, or a call of gRPC. Of one that is refused there is nothing but
// a head, which is the end as well.
func call(t *testing.T, c *http.Client, url string, grpc bool, client string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, http.NoBody)
	edgetest.Must(t, err)
	if grpc {
		r.Header.Set("Content-Type", "application/grpc")
		r.Header.Set("Te", "trailers")
	}
	r.Header.Set(from, client)
	resp, err := c.Do(r)
	edgetest.Must(t, err)
	edgetest.Must(t, resp.Body.Close())
	return resp
}

// Configurations that are refused after their policies were made, however many, change nothing for
// the one in force: neither what it counts nor how many keys it keeps.
func TestReloadsThatAreRefusedTakeNothingAway(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	good := config(up.Addr(), "requests: 3, per: 1h")
	e := edgetest.StartReloadable(t, good)
	c, base := new(http.Client), "http://"+e.Addr("public")
	t.Cleanup(c.CloseIdleConnections)
	get(t, c, base+"/client")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	edgetest.Must(t, err)
	t.Cleanup(func() { taken.Close() })
	bad := fmt.Sprintf(`
version: 1
listeners: [{name: other, address: %q}]
clusters: [{name: up, endpoints: [{address: "127.0.0.1:1"}]}]
routes: [{name: unseen, cluster: up, rate_limit: {requests: 1}}]
limits: {rate_limit_keys: 1000}
admin: {address: "127.0.0.1:0"}
`, taken.Addr())
	e.Replace(t, bad)
	for range 5 {
		if _, r := e.Post(t, "/reload"); r.Result != admin.Refused ||
			r.Reason != admin.ReasonListen {
			t.Fatalf("%+v", r)
		}
	}
	m := e.Metrics(t)
	const passed = `gateway_rate_limit_requests_total{result="passed",route="client"}`
	if m[passed] != 1 {
		t.Errorf("%v are counted as passed, of one", m[passed])
	}
	for name := range m {
		if strings.Contains(name, "unseen") {
			t.Errorf("a route that never served is counted: %s", name)
		}
	}
	e.Change(t, config(up.Addr(), "requests: 3, per: 1h, burst: 3"))
	get(t, c, base+"/client")
	if m := e.Metrics(t); m[passed] != 2 {
		t.Errorf("%v are counted as passed after a reload, of two", m[passed])
	}
}

package ratelimit_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// config is an edge with a route for each way to count. Nothing comes back within the test.
func config(up, limit string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", trusted_proxies: [127.0.0.1/32]}]
clusters: [{name: up, endpoints: [{address: "%s"}]}, {name: none, endpoints: [{address: "%s"}]}]
routes:
  - {name: client, path_prefix: /client, cluster: up, rate_limit: {%[3]s}}
  - {name: tenant, path_prefix: /tenant, cluster: up, rate_limit: {%[3]s, key: "header:X-Tenant"}}
  - {name: all, path_prefix: /all, cluster: up, rate_limit: {%[3]s, key: route}}
  - {name: quiet, path_prefix: /quiet, cluster: up, rate_limit: {%[3]s, headers: false}}
  - {name: here, path_prefix: /here, respond: {body: hi}, rate_limit: {%[3]s}}
  - {name: broken, path_prefix: /broken, cluster: none, rate_limit: {%[3]s}}
  - name: dressed
    path_prefix: /dressed
    cluster: up
    rate_limit: {%[3]s}
    cors: {origins: ["*"]}
    headers: {response: {set: {X-From: edge}}}
    compress: {}
  - {name: free, path_prefix: /free, cluster: up}
admin: {address: "127.0.0.1:0"}
access_log: {output: off}
`, up, "127.0.0.1:1", limit)
}

const from = "X-Forwarded-For"

// Over every protocol of clients: what is within the limit passes and is told what is left, what is
// not gets 429 with the time to wait, and who is another client is not concerned.
func TestALimitOverEveryProtocol(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
			e := edgetest.StartReloadable(t, config(up.Addr(), "requests: 3, per: 1h"))
			var p http.Protocols
			p.SetHTTP1(protocol == "HTTP/1.1")
			p.SetUnencryptedHTTP2(protocol == "HTTP/2")
			tr := &http.Transport{Protocols: &p}
			t.Cleanup(tr.CloseIdleConnections)
			c, base := &http.Client{Transport: tr}, "http://"+e.Addr("public")
			for _, path := range []string{
				"/client", "/here", "/broken", "/tenant", "/all", "/dressed",
			} {
				for i := range 5 {
					r, body := get(t, c, base+path, from, "192.0.2.1")
					left := max(2-i, 0)
					if got := r.Header.Get("RateLimit"); !strings.HasPrefix(got,
						fmt.Sprintf(`"default";r=%d;t=`, left)) ||
						r.Header.Get("RateLimit-Policy") != `"default";q=3;w=3600` ||
						len(r.Header.Values("RateLimit")) != 1 {
						t.Errorf("%s %d: %v", path, i, r.Header)
					}
					if refused := r.StatusCode == 429; refused != (i >= 3) {
						t.Errorf("%s %d: %s", path, i, r.Status)
					}
					if i >= 3 && (r.Header.Get("Retry-After") != "1200" ||
						!strings.Contains(body, `"code":"GW_RATE_LIMITED"`)) {
						t.Errorf("%s %d: %v %s", path, i, r.Header, body)
					}
				}
			}
			for path, status := range map[string]int{
				"/client": 200, "/tenant": 200, "/here": 200, "/all": 429, "/free": 200,
			} {
				r, _ := get(t, c, base+path, from, "192.0.2.2")
				if r.StatusCode != status || path == "/free" && r.Header.Get("RateLimit") != "" {
					t.Errorf("another client: %s: %s %v", path, r.Status, r.Header)
				}
			}
			if r, _ := get(t, c, base+"/tenant", from, "192.0.2.1", "X-Tenant",
				"a"); r.StatusCode != 200 {
				t.Errorf("with a tenant: %s", r.Status)
			}
			for range 4 {
				r, _ := get(t, c, base+"/quiet", from, "192.0.2.1")
				if r.Header.Get("RateLimit")+r.Header.Get("RateLimit-Policy") != "" {
					t.Errorf("without headers: %v", r.Header)
				}
			}
			m := e.Metrics(t)
			for name, want := range map[string]float64{
				`gateway_rate_limit_requests_total{result="passed",route="client"}`:  4,
				`gateway_rate_limit_requests_total{result="refused",route="client"}`: 2,
				`gateway_rate_limit_requests_total{result="refused",route="all"}`:    3,
				`gateway_rate_limit_evictions_total`:                                 0,
			} {
				if m[name] != want {
					t.Errorf("%s is %v, want %v", name, m[name], want)
				}
			}
			if m["gateway_rate_limit_keys"] < 8 {
				t.Errorf("%v keys", m["gateway_rate_limit_keys"])
			}
		})
	}
}

// A reload does not give back what was used, whatever else it changes.
func TestAReloadKeepsWhatWasUsed(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := edgetest.StartReloadable(t, config(up.Addr(), "requests: 3, per: 1h"))
	base := "http://" + e.Addr("public")
	c := new(http.Client)
	t.Cleanup(c.CloseIdleConnections)
	for range 3 {
		if r, _ := get(t, c, base+"/client"); r.StatusCode != 200 {
			t.Fatal(r.Status)
		}
	}
	for i, change := range []string{
		"requests: 3, per: 1h, burst: 3", "requests: 4, per: 1h", "requests: 3, per: 2h",
		"requests: 300, per: 500h, burst: 5",
	} {
		if r := e.Change(t, config(up.Addr(), change)); r.NewDigest == r.OldDigest {
			t.Fatalf("%+v", r)
		}
		if r, _ := get(t, c, base+"/client"); r.StatusCode != 429 {
			t.Errorf("%d: %s after the reload", i, r.Status)
		}
		if r, _ := get(t, c, base+"/client", from, fmt.Sprint("192.0.2.", i)); r.StatusCode != 200 {
			t.Errorf("%d: another client gets %s", i, r.Status)
		}
	}
	m := e.Metrics(t)
	if n := m[`gateway_rate_limit_requests_total{result="passed",route="client"}`]; n != 7 {
		t.Errorf("%v are counted as passed", n)
	}
}

func TestACallOverTheLimitIsExhausted(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := edgetest.StartReloadable(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, protocol: h2c, endpoints: [{address: "%s"}]}]
routes: [{name: r, cluster: up, rate_limit: {requests: 1, per: 1h}}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: &p}
	t.Cleanup(tr.CloseIdleConnections)
	for i := range 2 {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+e.Addr("public")+"/s/m",
			http.NoBody)
		edgetest.Must(t, err)
		r.Header.Set("Content-Type", "application/grpc")
		r.Header.Set("Te", "trailers")
		resp, err := tr.RoundTrip(r)
		edgetest.Must(t, err)
		edgetest.Must(t, resp.Body.Close())
		if i == 1 && (resp.StatusCode != 200 || resp.Header.Get("Grpc-Status") != "8" ||
			resp.Header.Get("X-Gateway-Code") != "GW_RATE_LIMITED") {
			t.Errorf("%s %v", resp.Status, resp.Header)
		}
	}
}

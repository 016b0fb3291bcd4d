package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

func request(method string, status int, took time.Duration) metrics.Request {
	return metrics.Request{Method: []byte(method), Status: status, Took: took}
}

func scrape(t testing.TB, r *metrics.Registry) []string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return strings.Split(w.Body.String(), "\n")
}

// What is asked for with Accept is what is given, as docs/admin.md promises.
func TestOpenMetricsIsGivenToThoseWhoAskForIt(t *testing.T) {
	r := metrics.New()
	r.Route("public", "users", "users-a").Observe(request("GET", 200, time.Millisecond))
	for accept, want := range map[string]string{
		"": "text/plain", "text/plain": "text/plain",
		"application/openmetrics-text; version=1.0.0": "application/openmetrics-text",
	} {
		req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, req)
		text := w.Body.String()
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, want) ||
			strings.HasSuffix(text, "# EOF\n") != (want != "text/plain") ||
			!strings.Contains(text, "gateway_requests_total{") {
			t.Errorf("%q: %s\n%s", accept, got, text)
		}
	}
}

func TestScrapeHasTheContractsNames(t *testing.T) {
	r := metrics.New()
	a := r.Route("public", "users", "users-a")
	for range 5 {
		a.Begin()
	}
	a.Observe(request("GET", 200, 3*time.Millisecond))
	a.Observe(request("GET", 200, time.Hour))
	a.Observe(request("BREW", 418, -time.Second))
	a.Observe(request("GET", 0, 0))
	b := r.Route("private", "users", "users-a")
	b.Begin()
	b.Observe(request("GET", 200, time.Second))
	u := r.Upstream("users-a", "127.0.0.1:9001")
	u.SetConnections(func() (active, idle int) { return 2, 3 })
	u.SetWeights(5, 4)
	u.Responded(200, time.Millisecond, nil)
	r.Listener("public").Active.Add(7)
	c := r.Cluster("users-a")
	c.SetWaiting(func() int { return 4 })
	c.Waited(time.Second)
	c.Refused(metrics.QueueTimeout)
	c.Retried(metrics.RetryStatus)
	c.RetryDenied()
	u.Count(metrics.UpstreamReset)
	u.Connected(time.Millisecond)
	u.Secured(time.Millisecond)
	u.Tried(metrics.Connected)
	u.Tried(metrics.HandshakeFailed)
	r.Listener("public").Accepted.Add(8)
	r.Listener("public").Secured(time.Millisecond)
	b.Begin()
	b.Observe(metrics.Request{
		Method: []byte("PUT"), Status: 413, Code: gwerr.BodyTooLarge, Took: time.Millisecond,
		Received: 3000, Sent: 100,
	})
	r.SetDigest("abc")
	r.SetAccessLogDropped(func() uint64 { return 9 })
	r.CountReload("refused", "invalid")

	lines := scrape(t, r)
	for _, want := range []string{
		`gateway_requests_total{cluster="users-a",code="200",listener="public",method="GET",route="users"} 2`,
		`gateway_requests_total{cluster="users-a",code="418",listener="public",method="other",route="users"} 1`,
		`gateway_requests_total{cluster="users-a",code="other",listener="public",method="GET",route="users"} 1`,
		`gateway_requests_total{cluster="users-a",code="200",listener="private",method="GET",route="users"} 1`,
		`gateway_requests_total{cluster="users-a",code="413",listener="private",method="PUT",route="users"} 1`,
		`gateway_errors_total{code="GW_BODY_TOO_LARGE",listener="private",route="users"} 1`,
		`gateway_route_hits_total{route="users"} 6`,
		`gateway_request_duration_seconds_bucket{route="users",le="0.0005"} 2`,
		`gateway_request_duration_seconds_bucket{route="users",le="0.005"} 4`,
		`gateway_request_duration_seconds_bucket{route="users",le="1"} 5`,
		`gateway_request_duration_seconds_bucket{route="users",le="+Inf"} 6`,
		`gateway_request_duration_seconds_sum{route="users"} 3601.004`,
		`gateway_request_duration_seconds_count{route="users"} 6`,
		`gateway_request_body_bytes_bucket{route="users",le="1024"} 5`,
		`gateway_request_body_bytes_bucket{route="users",le="4096"} 6`,
		`gateway_request_body_bytes_sum{route="users"} 3000`,
		`gateway_response_body_bytes_sum{route="users"} 100`,
		`gateway_response_body_bytes_count{route="users"} 6`,
		`gateway_active_requests{route="users"} 1`,
		`gateway_upstream_requests_total{cluster="users-a",endpoint="127.0.0.1:9001",result="2xx"} 1`,
		`gateway_upstream_requests_total{cluster="users-a",endpoint="127.0.0.1:9001",result="reset"} 1`,
		`gateway_upstream_connections_total{cluster="users-a",endpoint="127.0.0.1:9001",result="opened"} 1`,
		`gateway_upstream_connections_total{cluster="users-a",endpoint="127.0.0.1:9001",result="tls_failed"} 1`,
		`gateway_upstream_connect_duration_seconds_count{cluster="users-a",endpoint="127.0.0.1:9001"} 1`,
		`gateway_upstream_tls_handshake_duration_seconds_count{cluster="users-a",endpoint="127.0.0.1:9001"} 1`,
		`gateway_upstream_queue_duration_seconds_sum{cluster="users-a"} 1`,
		`gateway_upstream_queue_requests{cluster="users-a"} 4`,
		`gateway_upstream_queue_refused_total{cluster="users-a",reason="timeout"} 1`,
		`gateway_retries_total{cluster="users-a",reason="status"} 1`,
		`gateway_retries_denied_total{cluster="users-a"} 1`,
		`gateway_connections_total{listener="public"} 8`,
		`gateway_tls_handshake_duration_seconds_count{listener="public"} 1`,
		`gateway_upstream_duration_seconds_count{cluster="users-a",endpoint="127.0.0.1:9001"} 1`,
		`gateway_upstream_connections{cluster="users-a",endpoint="127.0.0.1:9001",state="active"} 2`,
		`gateway_upstream_connections{cluster="users-a",endpoint="127.0.0.1:9001",state="idle"} 3`,
		`gateway_endpoint_weight{cluster="users-a",endpoint="127.0.0.1:9001",kind="configured"} 5`,
		`gateway_endpoint_weight{cluster="users-a",endpoint="127.0.0.1:9001",kind="effective"} 4`,
		`gateway_active_connections{listener="public"} 7`,
		`gateway_config_info{digest="abc"} 1`,
		`gateway_access_log_dropped_total 9`,
		`gateway_reloads_total{reason="invalid",result="refused"} 1`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %s", want)
		}
	}
	for _, prefix := range []string{
		"go_goroutines ", "process_start_time_seconds ", "go_sched_latencies_seconds_count ",
	} {
		if !slices.ContainsFunc(lines, func(l string) bool {
			return strings.HasPrefix(l, prefix)
		}) {
			t.Errorf("no %s", prefix)
		}
	}
}

func TestSameKeyIsTheSameCounter(t *testing.T) {
	r := metrics.New()
	route, upstream, listener := r.Route("l", "r", "c"), r.Upstream("c", "e"), r.Listener("l")
	if r.Route("l", "r", "c") != route || r.Upstream("c", "e") != upstream ||
		r.Listener("l") != listener {
		t.Error("a second call made a second counter")
	}
	if r.Route("l", "r", "c") == r.Route("l", "r", "d") {
		t.Error("two clusters share a counter")
	}
}

func TestConcurrentObservationsAreAllCounted(t *testing.T) {
	r := metrics.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m := r.Route("l", "r", "c")
			for i := range 1000 {
				m.Observe(request("GET", 200+i%400, time.Duration(i)))
			}
		})
	}
	for range 20 {
		scrape(t, r)
	}
	wg.Wait()
	if lines := scrape(t, r); !slices.Contains(lines, `gateway_route_hits_total{route="r"} 8000`) {
		t.Error("observations were lost")
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	m, u := metrics.New().Route("l", "r", "c"), metrics.New().Upstream("c", "e")
	if n := testing.AllocsPerRun(100, func() {
		m.Begin()
		m.Observe(metrics.Request{
			Method: []byte("GET"), Status: 204, Took: time.Millisecond, Received: 7, Sent: 1 << 20,
		})
		u.Responded(204, time.Millisecond, nil)
		u.Count(metrics.UpstreamReset)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	m := metrics.New().Route("l", "r", "c")
	q := metrics.Request{
		Method: []byte("GET"), Status: 200, Took: 2 * time.Millisecond, Received: 5, Sent: 100,
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Begin()
			m.Observe(q)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Begin()
				m.Observe(q)
			}
		})
	})
}

package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

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
	r.Route("public", "users", "users-a").Observe([]byte("GET"), 200, time.Millisecond)
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
	a.Active.Add(1)
	a.Observe([]byte("GET"), 200, 3*time.Millisecond)
	a.Observe([]byte("GET"), 200, time.Hour)
	a.Observe([]byte("BREW"), 418, -time.Second)
	a.Observe([]byte("GET"), 0, 0)
	r.Route("private", "users", "users-a").Observe([]byte("GET"), 200, time.Second)
	u := r.Upstream("users-a", "127.0.0.1:9001")
	u.Active.Store(2)
	u.Idle.Store(3)
	u.SetWeights(5, 4)
	u.Observe(time.Millisecond)
	r.Listener("public").Active.Add(7)
	r.SetDigest("abc")
	r.SetAccessLogDropped(func() uint64 { return 9 })
	r.CountReload("refused", "invalid")

	lines := scrape(t, r)
	for _, want := range []string{
		`gateway_requests_total{cluster="users-a",code="200",listener="public",method="GET",route="users"} 2`,
		`gateway_requests_total{cluster="users-a",code="418",listener="public",method="other",route="users"} 1`,
		`gateway_requests_total{cluster="users-a",code="other",listener="public",method="GET",route="users"} 1`,
		`gateway_requests_total{cluster="users-a",code="200",listener="private",method="GET",route="users"} 1`,
		`gateway_route_hits_total{route="users"} 5`,
		`gateway_request_duration_seconds_bucket{route="users",le="0.0005"} 2`,
		`gateway_request_duration_seconds_bucket{route="users",le="0.005"} 3`,
		`gateway_request_duration_seconds_bucket{route="users",le="1"} 4`,
		`gateway_request_duration_seconds_bucket{route="users",le="+Inf"} 5`,
		`gateway_request_duration_seconds_sum{route="users"} 3601.003`,
		`gateway_request_duration_seconds_count{route="users"} 5`,
		`gateway_active_requests{route="users"} 1`,
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
	for _, prefix := range []string{"go_goroutines ", "process_start_time_seconds "} {
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
				m.Observe([]byte("GET"), 200+i%400, time.Duration(i))
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
	method := []byte("GET")
	m.Observe(method, 200, time.Millisecond)
	if n := testing.AllocsPerRun(100, func() {
		m.Observe(method, 204, time.Millisecond)
		u.Observe(time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	m := metrics.New().Route("l", "r", "c")
	method := []byte("GET")
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Observe(method, 200, 2*time.Millisecond)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Observe(method, 200, 2*time.Millisecond)
			}
		})
	})
}

package metrics_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// wantLines fails unless a scrape has all of some lines.
func wantLines(t *testing.T, r *metrics.Registry, want ...string) {
	t.Helper()
	lines := scrape(t, r)
	for _, l := range want {
		if !slices.Contains(lines, l) {
			t.Errorf("no line %s", l)
		}
	}
}

// Names beyond the limits are counted together, and nothing that was counted is lost.
func TestNamesBeyondTheLimitsAreOther(t *testing.T) {
	r := metrics.NewWithin(metrics.Limits{Routes: 2, Clusters: 2, Endpoints: 3})
	for i := range 5 {
		name := strconv.Itoa(i)
		m := r.Route("l", "r"+name, "c"+name)
		m.Begin()
		m.Begin()
		m.Observe(request("GET", 200, time.Second))
		r.Cluster("c" + name).Retried(metrics.RetryReset)
		u := r.Upstream("c"+name, "e")
		u.SetWeights(1, 0.5)
		u.SetConnections(func() (int, int) { return 1, 2 })
		u.Responded(200, time.Second, nil)
	}
	wantLines(t, r,
		`gateway_requests_total{cluster="c1",code="200",listener="l",method="GET",route="r1"} 1`,
		`gateway_requests_total{cluster="other",code="200",listener="l",method="GET",`+
			`route="other"} 3`,
		`gateway_request_duration_seconds_count{route="other"} 3`,
		`gateway_active_requests{route="other"} 3`,
		`gateway_route_hits_total{route="other"} 3`,
		`gateway_retries_total{cluster="other",reason="reset"} 3`,
		`gateway_upstream_duration_seconds_count{cluster="c1",endpoint="e"} 1`,
		`gateway_upstream_duration_seconds_count{cluster="other",endpoint="other"} 3`,
		`gateway_upstream_connections{cluster="other",endpoint="other",state="idle"} 6`,
		`gateway_endpoint_weight{cluster="other",endpoint="other",kind="effective"} 1.5`,
	)
	if hits := r.RouteHits(); hits["r4"] != 1 {
		t.Errorf("the hits are %v: each route has its own all the same", hits)
	}
	// Those who leave make room for those who come.
	for range 3 {
		r.NextPlan()
	}
	m := r.Route("l", "new", "c")
	m.Begin()
	m.Observe(request("GET", 200, time.Second))
	wantLines(t, r, `gateway_route_hits_total{route="new"} 1`)
}

// An endpoint may answer with whatever status its clients ask for.
func TestAFloodOfStatusesIsOther(t *testing.T) {
	r := metrics.New()
	m := r.Route("l", "r", "c")
	const statuses = 500
	for range 3 {
		for status := range statuses {
			m.Begin()
			m.Observe(request("GET", 100+status, 0))
		}
	}
	series, other := 0, false
	for _, l := range scrape(t, r) {
		if !strings.HasPrefix(l, "gateway_requests_total{") {
			continue
		}
		series++
		other = other || strings.Contains(l, `code="other"`) && strings.HasSuffix(l, " 1116")
	}
	if series != 129 || !other { // of 1500, 128 times 3 are told apart
		t.Errorf("%d series, want 128 and one of other", series)
	}
}

// The weight of an endpoint that left is nobody's. What it has counted is kept for a while.
func TestAnEndpointThatLeftHasNoWeight(t *testing.T) {
	r := metrics.New()
	u := r.Upstream("c", "e")
	u.SetConnections(func() (int, int) { return 0, 0 })
	u.SetWeights(1, 1)
	u.Responded(200, time.Second, nil)
	u.Leave()
	for _, l := range scrape(t, r) {
		if strings.HasPrefix(l, "gateway_endpoint_weight{") {
			t.Errorf("there is %s", l)
		}
	}
	wantLines(t, r, `gateway_upstream_duration_seconds_count{cluster="c",endpoint="e"} 1`)
	u.SetConnections(func() (int, int) { return 0, 1 }) // it is back
	wantLines(t, r, `gateway_endpoint_weight{cluster="c",endpoint="e",kind="configured"} 1`)
}

package metrics_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

func TestScrapeHasSessions(t *testing.T) {
	r := metrics.New()
	reasons := []string{"client_closed", "overloaded"}
	s := r.Sessions("db", reasons)
	if r.Sessions("db", reasons) != s {
		t.Error("the same name has other counters")
	}
	s.Ended(0, time.Second)
	s.Ended(0, time.Hour)
	s.In.Add(3)
	s.Out.Add(4)
	lines := scrape(t, r)
	for _, want := range []string{
		`gateway_relay_sessions_total{close_reason="client_closed",listener="db"} 2`,
		`gateway_relay_session_duration_seconds_count{listener="db"} 2`,
		`gateway_relay_session_duration_seconds_sum{listener="db"} 3601`,
		`gateway_relay_bytes_total{direction="in",listener="db"} 3`,
		`gateway_relay_bytes_total{direction="out",listener="db"} 4`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %s", want)
		}
	}
	r.NextPlan()
	r.NextPlan()
	r.NextPlan()
	for _, l := range scrape(t, r) {
		if strings.HasPrefix(l, "gateway_relay_") {
			t.Errorf("after three plans without the listener there is %s", l)
		}
	}
}

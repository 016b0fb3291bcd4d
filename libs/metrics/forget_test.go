package metrics_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Plans come and go; the counters of names that no plan has any more must too,
// but not before a rollback could ask for them.
func TestWhatTwoPlansDoNotHaveIsForgotten(t *testing.T) {
	r := metrics.New()
	kept, gone := r.Route("l", "kept", "c"), r.Route("l", "gone", "c")
	kept.Observe(request("GET", 200, 1))
	gone.Observe(request("GET", 200, 1))
	r.NextPlan()
	if r.Route("l", "kept", "c") != kept {
		t.Error("a plan that goes on with a route got other counters for it")
	}
	if r.RouteHits()["gone"] != 1 {
		t.Error("a route was forgotten at once: a rollback would start it at zero")
	}
	r.NextPlan()
	r.Route("l", "kept", "c")
	r.NextPlan()
	hits := r.RouteHits()
	if _, there := hits["gone"]; there || hits["kept"] != 1 {
		t.Errorf("hits after two plans without it: %v, want kept 1 only", hits)
	}
}

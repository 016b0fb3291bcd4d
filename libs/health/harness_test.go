package health_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

const tick = 250 * time.Millisecond

// trial is a cluster whose time the test moves.
type trial struct {
	*health.Cluster
	registry   *health.Registry
	settings   health.Settings
	configured []health.Configured
	now        time.Time
	checks     int
}

func newTrial(weights ...int) *trial { return newTrialWith(health.Settings{}, weights...) }

func newTrialWith(s health.Settings, weights ...int) *trial {
	t := &trial{registry: health.NewRegistry(), settings: s, now: time.Unix(1_800_000_000, 0)}
	for i, w := range weights {
		t.configured = append(t.configured, health.Configured{Address: address(i), Weight: w})
	}
	t.reload()
	return t
}

func address(i int) string { return fmt.Sprintf("10.0.0.%d:80", i) }

// reload puts the next plan in force.
func (t *trial) reload() {
	t.registry.NextPlan()
	t.Cluster = t.registry.Cluster("c", t.settings, t.configured)
}

func (t *trial) record(i int, outcome health.Outcome, times int) {
	for range times {
		t.Endpoint(i).Record(outcome)
	}
}

// judge moves the time by one tick.
func (t *trial) judge() bool {
	t.now = t.now.Add(tick)
	return t.Judge(t.now)
}

// pass lets time pass with the given successes and failures at each endpoint in each tick.
func (t *trial) pass(d time.Duration, each ...[2]int) {
	for end := t.now.Add(d); t.now.Before(end); {
		for i, n := range each {
			t.record(i, health.Success, n[0])
			t.record(i, health.Reset, n[1])
		}
		t.judge()
	}
}

// full returns the scaled weight of each endpoint as configured.
func (t *trial) full() []int {
	full := make([]int, len(t.configured))
	for i, c := range t.configured {
		full[i] = c.Weight * health.Scale
	}
	return full
}

// check returns what is wrong with the weights whatever has happened, "" if nothing.
func (t *trial) check() string {
	floor := t.settings.Floor
	if floor == 0 {
		floor = health.DefaultFloor
	}
	weights := t.Weights()
	if len(weights) != len(t.configured) {
		return fmt.Sprintf("%d weights for %d endpoints", len(weights), len(t.configured))
	}
	var sum, configured, weighted int
	best := 0.0
	for i, w := range weights {
		full := t.configured[i].Weight * health.Scale
		if w > full || float64(w) < float64(full)*floor-1e-6 || full > 0 && w == 0 {
			return fmt.Sprintf("endpoint %d has %d of %d, the floor is %v", i, w, full, floor)
		}
		sum += w
		configured += full
		if full > 0 {
			weighted++
			best = max(best, float64(w)/float64(full))
		}
	}
	if 2*sum < configured {
		return fmt.Sprintf("the cluster has %d of %d, less than half", sum, configured)
	}
	for i, w := range weights {
		if w*configured > 2*t.configured[i].Weight*health.Scale*sum {
			return fmt.Sprintf("endpoint %d gets more than twice its share: %v", i, weights)
		}
	}
	if weighted == 1 && sum != configured {
		return fmt.Sprintf("the only endpoint has %d of %d", sum, configured)
	}
	if weighted > 0 && best < 0.5 {
		return fmt.Sprintf("no endpoint has half of its weight: %v", weights)
	}
	if t.checks++; t.checks%8 != 1 { // words take most of the time
		return ""
	}
	for i, v := range t.Verdicts() {
		if v.Effective != float64(weights[i])/health.Scale ||
			v.Configured != t.configured[i].Weight ||
			v.Address != t.configured[i].Address || v.Reason == "" ||
			!(v.Share >= 0 && v.Share <= 1) {
			return fmt.Sprintf("verdict %d does not fit weight %d: %+v", i, weights[i], v)
		}
	}
	return ""
}

func (t *trial) must(tb testing.TB) {
	tb.Helper()
	if wrong := t.check(); wrong != "" {
		tb.Fatal(wrong)
	}
}

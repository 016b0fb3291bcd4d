package report

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/stat"
)

// Finding is what a target came to.
type Finding string

// The findings. Unproven: the number misses the target, but it is only a bound, because the load
// could not be made higher, or it says little, because the machine was doing something else most of
// the time.
const (
	Met      Finding = "met"
	Missed   Finding = "missed"
	Unproven Finding = "unproven"
)

// Target is one promise of the project and what was found.
type Target struct {
	Name    string  `json:"name"`
	Got     float64 `json:"got"`
	Limit   float64 `json:"limit"`
	Unit    string  `json:"unit"`
	AtLeast bool    `json:"at_least"` // the limit is a lower one
	Finding Finding `json:"verdict"`
}

// The targets for the edge. "Rival" is the better of nginx and HAProxy, except where nginx is
// named.
const (
	smallCPU       = 0.90 // of the rival's CPU per request
	smallRate      = 1.10 // of the rival's throughput
	bigCPU         = 1.10 // of nginx's CPU per request
	routesCPU      = 1.05 // of nginx's CPU per request, both with an access log
	reloadLimit    = 300 * time.Millisecond
	reloadP99      = 2 // of the p99 without a reload
	idleMegabytes  = 20
	startLimit     = 100 * time.Millisecond
	keptMegabytes  = 60
	KeptConnection = 5000 // idle connections that keptMegabytes is about
	megabyte       = 1e6
)

func targets(r Report) []Target {
	var out []Target
	for _, row := range r.Rows {
		add := func(t Target) {
			if t.Finding == Missed && row.noisy() {
				t.Finding = Unproven
			}
			out = append(out, t)
		}
		for _, t := range relayTargets(row) {
			add(t)
		}
		edge := row.line(rig.Edge)
		if row.Case.Over != "" {
			for _, t := range policyTargets(row) {
				add(t)
			}
			continue
		}
		if edge != nil && row.Case.Kind != "" {
			for _, t := range frontTargets(row, *edge) {
				add(t)
			}
			continue
		}
		if edge != nil && (row.Case.Name == EdgeObserved || row.Case.Name == EdgeTraced) {
			for _, t := range observedTargets(row) {
				add(t)
			}
			continue
		}
		if edge == nil || row.Case.Rate > 0 {
			continue
		}
		if row.Case.Routes > 0 {
			if nginx := row.line("nginx"); nginx != nil {
				add(atMost(row.Case.Name+": CPU per request, of nginx",
					stat.Ratio(edge.CPU.Median, nginx.CPU.Median), routesCPU, "x"))
			}
			continue
		}
		if row.Case.Body.Size > 1000 {
			if nginx := row.line("nginx"); nginx != nil {
				add(atMost(row.Case.Name+": CPU per request, of nginx",
					stat.Ratio(edge.CPU.Median, nginx.CPU.Median), bigCPU, "x"))
			}
			continue
		}
		if edge.CPURatio != nil {
			add(atMost(row.Case.Name+": CPU per request, of the better rival", *edge.CPURatio,
				smallCPU, "x"))
		}
		if edge.RateRatio != nil {
			t := atLeast(row.Case.Name+": throughput, of the better rival", *edge.RateRatio,
				smallRate, "x")
			if t.Finding == Missed && row.held(*edge) {
				t.Finding = Unproven
			}
			add(t)
		}
	}
	if x := r.Reloads; x != nil {
		took := durations(x.Durations)
		p99 := atMost("p99 during reloads, of that between",
			stat.Ratio(float64(x.During.P99), float64(x.Between.P99)), reloadP99, "x")
		if x.Disturbed() {
			p99.Finding = Unproven // either way: what disturbs makes the p99 between as high
		}
		out = append(out,
			atMost(fmt.Sprintf("reload of %d routes, the longest", x.Routes), took.Max,
				float64(reloadLimit.Milliseconds()), "ms"), p99)
	}
	if f, ok := r.Facts[rig.Edge]; ok {
		start := durations(f.Start)
		out = append(out,
			atMost("idle memory", float64(f.Idle)/megabyte, idleMegabytes, "MB"),
			atMost("start to first byte", start.Median, float64(startLimit.Milliseconds()), "ms"))
		if f.Connections == KeptConnection {
			out = append(out,
				atMost(fmt.Sprintf("memory with %d idle connections", f.Connections),
					float64(f.Kept)/megabyte, keptMegabytes, "MB"))
		}
	}
	return out
}

func atMost(name string, got, limit float64, unit string) Target {
	t := Target{Name: name, Got: got, Limit: limit, Unit: unit, Finding: Missed}
	if got <= limit {
		t.Finding = Met
	}
	return t
}

func atLeast(name string, got, limit float64, unit string) Target {
	t := Target{Name: name, Got: got, Limit: limit, Unit: unit, AtLeast: true, Finding: Missed}
	if got >= limit {
		t.Finding = Met
	}
	return t
}

// durations summarises in milliseconds.
func durations(ds []time.Duration) stat.Summary {
	values := make([]float64, len(ds))
	for i, d := range ds {
		values[i] = float64(d) / float64(time.Millisecond)
	}
	return stat.Of(values)
}

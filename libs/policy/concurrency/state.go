package concurrency

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// State is what routes have in flight, and what was learned, by the name of the route. All plans of
// a process have the same one, so that requests of the plan before count in the next one. Its
// methods may be called from any goroutine. The zero value is ready.
type State struct{ gates policy.Kept[string, gate] }

// NextPlan says that the policies of another plan are made next, and its number. See policy.Kept.
func (s *State) NextPlan(plan int) { s.gates.NextPlan(plan) }

// InForce says that a plan serves from now on.
func (s *State) InForce(plan int) { s.gates.InForce(plan) }

func (s *State) gate(route string) *gate { return s.gates.Of(route) }

// Collector reports what is in flight, and what was decided.
func (s *State) Collector() prometheus.Collector { return collector{s} }

type collector struct{ s *State }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(k, ch) }

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	k.s.gates.Each(func(route string, g *gate) {
		metrics.Const(ch, prometheus.GaugeValue, "gateway_limit_in_flight",
			"Requests in flight of routes with a limit.", float64(g.inFlight.Load()),
			"route", route)
		if n := g.learned.now.Load(); n > 0 {
			metrics.Const(ch, prometheus.GaugeValue, "gateway_limit_learned",
				"How many requests in flight an adaptive limit allows.", float64(n),
				"route", route)
		}
		for result, n := range map[string]uint64{
			"passed": g.passed.Load(), "refused": g.refused.Load(),
		} {
			metrics.Const(ch, prometheus.CounterValue, "gateway_limit_requests_total",
				"Requests of routes with a limit, by what it said.", float64(n),
				"route", route, "result", result)
		}
	})
}

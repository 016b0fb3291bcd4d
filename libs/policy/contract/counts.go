package contract

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Counts are the counters of all routes. They outlive plans: a route is found again by its name.
type Counts struct {
	routes policy.Kept[string, routeCounts]
}

// NextPlan says that the policies of another plan are made next, and its number. See policy.Kept.
func (c *Counts) NextPlan(plan int) { c.routes.NextPlan(plan) }

// InForce says that a plan serves from now on.
func (c *Counts) InForce(plan int) { c.routes.InForce(plan) }

// routeCounts are those of one route.
type routeCounts struct {
	broken sync.Map // of breach to *atomic.Uint64
	passed sync.Map // of skipped to *atomic.Uint64
}

// breach is what is counted of a violation. All of it comes from the document or from a list of the
// gateway's own, so there are only so many.
type breach struct{ message, operation, where, rule string }

type skipped struct{ message, why string }

// noOperation is the operation of a request that the document does not have.
const noOperation = "none"

func (c *routeCounts) violations(message string, o *openapi.Operation, all []openapi.Violation) {
	operation := noOperation
	if o != nil {
		operation = o.Name()
	}
	for _, v := range all {
		add(&c.broken, breach{message, operation, v.Where, v.Rule})
	}
}

func (c *routeCounts) unchecked(message, why string) { add(&c.passed, skipped{message, why}) }

func add(m *sync.Map, key any) {
	n, ok := m.Load(key)
	if !ok {
		n, _ = m.LoadOrStore(key, new(atomic.Uint64))
	}
	n.(*atomic.Uint64).Add(1)
}

// Collector reports what was counted.
func (c *Counts) Collector() prometheus.Collector { return collector{c} }

type collector struct{ c *Counts }

// Describe is prometheus.Collector's. It describes nothing: which there are is seen in traffic.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	k.c.routes.Each(func(route string, counts *routeCounts) {
		counts.broken.Range(func(key, n any) bool {
			b := key.(breach)
			metrics.Const(ch, prometheus.CounterValue, "gateway_contract_violations_total",
				"What messages had against the OpenAPI document of their route.",
				float64(n.(*atomic.Uint64).Load()), "route", route, "operation", b.operation,
				"message", b.message, "where", b.where, "rule", b.rule)
			return true
		})
		counts.passed.Range(func(key, n any) bool {
			s := key.(skipped)
			metrics.Const(ch, prometheus.CounterValue, "gateway_contract_unchecked_total",
				"Messages whose body could not be checked against the OpenAPI document.",
				float64(n.(*atomic.Uint64).Load()), "route", route, "message", s.message,
				"reason", s.why)
			return true
		})
	})
}

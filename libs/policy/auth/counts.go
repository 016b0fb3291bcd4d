package auth

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Counts are what the authenticators of all routes have said. They outlive plans: a counter is
// found again by the names of route and authenticator. Any goroutine may call the methods.
type Counts struct{ all policy.Kept[asked, count] }

// asked is an authenticator of a route.
type asked struct {
	route string
	of    config.AuthRef
}

// count is what one authenticator has said of the requests of one route.
type count struct {
	accepted, refused, absent, forbidden, unavailable atomic.Uint64

	_ [24]byte // the next one has another line of the cache
}

// NextPlan says that the policies of another plan are made next, and its number. See policy.Kept.
func (c *Counts) NextPlan(plan int) { c.all.NextPlan(plan) }

// InForce says that a plan serves from now on.
func (c *Counts) InForce(plan int) { c.all.InForce(plan) }

// of returns the counters of an authenticator of a route; on a nil Counts ones that nobody reads.
func (c *Counts) of(route string, ref config.AuthRef) *count {
	if c == nil {
		return new(count)
	}
	return c.all.Of(asked{route, ref})
}

// failed counts a verdict that did not let a request through: Accepted is one that lacks a scope or
// a role.
func (n *count) failed(v Verdict) {
	switch v {
	case Accepted:
		n.forbidden.Add(1)
	case Refused:
		n.refused.Add(1)
	case Unavailable:
		n.unavailable.Add(1)
	default:
		n.absent.Add(1)
	}
}

// Collector reports what was counted.
func (c *Counts) Collector() prometheus.Collector { return collector{c} }

type collector struct{ c *Counts }

// Describe is prometheus.Collector's. It describes nothing: which there are is up to the plan.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	k.c.all.Each(func(of asked, n *count) {
		for result, times := range map[string]uint64{
			"accepted": n.accepted.Load(), "refused": n.refused.Load(),
			"absent": n.absent.Load(), "forbidden": n.forbidden.Load(),
			"unavailable": n.unavailable.Load(),
		} {
			metrics.Const(ch, prometheus.CounterValue, "gateway_auth_total",
				"What authenticators said of the requests of routes.", float64(times),
				"route", of.route, "authenticator", of.of.Kind+" "+of.of.Name, "result", result)
		}
	})
}

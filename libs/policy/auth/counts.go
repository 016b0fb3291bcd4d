package auth

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Counts are what the authenticators of all routes have said. They outlive plans: a counter is
// found again by the names of route and authenticator. Any goroutine may call the methods.
type Counts struct {
	mu   sync.Mutex
	plan int              // guarded by mu; the number of plans that began
	all  map[asked]*count // guarded by mu
}

// asked is an authenticator of a route.
type asked struct {
	route string
	of    config.AuthRef
}

// count is what one authenticator has said of the requests of one route.
type count struct {
	accepted, refused, absent, forbidden, unavailable atomic.Uint64

	plan int      // guarded by Counts.mu; the last one that had it
	_    [16]byte // the next one has another line of the cache
}

// NextPlan says that the policies of another plan are made next. What two plans in a row did not
// have is counted no more.
func (c *Counts) NextPlan() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan++
	for k, n := range c.all {
		if n.plan < c.plan-2 {
			delete(c.all, k)
		}
	}
}

// of returns the counters of an authenticator of a route; on a nil Counts ones that nobody reads.
func (c *Counts) of(route string, ref config.AuthRef) *count {
	if c == nil {
		return new(count)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = make(map[asked]*count)
	}
	k := asked{route, ref}
	n := c.all[k]
	if n == nil {
		n = new(count)
		c.all[k] = n
	}
	n.plan = c.plan
	return n
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
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	for of, n := range k.c.all {
		for result, times := range map[string]uint64{
			"accepted": n.accepted.Load(), "refused": n.refused.Load(),
			"absent": n.absent.Load(), "forbidden": n.forbidden.Load(),
			"unavailable": n.unavailable.Load(),
		} {
			metrics.Const(ch, prometheus.CounterValue, "gateway_auth_total",
				"What authenticators said of the requests of routes.", float64(times),
				"route", of.route, "authenticator", of.of.Kind+" "+of.of.Name, "result", result)
		}
	}
}

package l7

import (
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// active is a plan with what it needs to run: pools and counters, found before
// the first request instead of on each.
type active struct {
	plan     *plan.Plan
	clusters []*cluster
	// routes is indexed by listener, then route.
	routes [][]route
	// unrouted takes, by listener, what matched no route.
	unrouted []*metrics.Route
}

type route struct {
	*plan.Route
	cluster *cluster
	metrics *metrics.Route
}

type cluster struct {
	*plan.Cluster
	pool      *upstream.Cluster
	endpoints []endpoint

	_      [64]byte // the cursor is written on every request: keep its cache line to itself
	cursor atomic.Uint64
	_      [64]byte
}

type endpoint struct {
	*upstream.Endpoint
	metrics *metrics.Upstream
}

func activate(p *plan.Plan, w *netx.Watch, m *metrics.Registry) *active {
	a := &active{plan: p}
	for i := range p.Clusters {
		c := &p.Clusters[i]
		rt := &cluster{Cluster: c, pool: upstream.NewCluster(upstream.Options{
			MaxConnections: c.Limits.MaxConnections,
			ConnectTimeout: c.Timeouts.Connect,
			IdleTimeout:    c.Timeouts.Idle,
		}, w)}
		for _, ep := range c.Endpoints {
			pool := rt.pool.Endpoint(ep.Address)
			um := m.Upstream(c.Name, ep.Address)
			um.ConfiguredWeight.Store(int64(ep.Weight))
			um.EffectiveWeight.Store(int64(ep.Weight))
			rt.endpoints = append(rt.endpoints, endpoint{pool, um})
		}
		a.clusters = append(a.clusters, rt)
	}
	for _, l := range p.Listeners {
		var routes []route
		for i := range p.Routes {
			r := &p.Routes[i]
			c := a.clusters[r.Cluster]
			routes = append(routes, route{r, c, m.Route(l.Name, r.Name, c.Name)})
		}
		a.routes = append(a.routes, routes)
		a.unrouted = append(a.unrouted, m.Route(l.Name, "-", "-"))
	}
	return a
}

// pick chooses the endpoint for a request; nil if none may get any.
func (c *cluster) pick() *endpoint {
	i := c.Schedule.Pick(&c.cursor)
	if i < 0 {
		return nil
	}
	return &c.endpoints[i]
}

// sweep closes connections that were idle for too long, and publishes how many
// there are.
func (a *active) sweep() {
	a.each(func(e *endpoint) {
		e.Sweep()
		idle := e.IdleConns()
		e.metrics.Idle.Store(int64(idle))
		e.metrics.Active.Store(int64(max(e.Conns()-idle, 0)))
	})
}

func (a *active) retire() {
	a.each(func(e *endpoint) { e.Retire() })
}

func (a *active) each(do func(*endpoint)) {
	for _, c := range a.clusters {
		for i := range c.endpoints {
			do(&c.endpoints[i])
		}
	}
}

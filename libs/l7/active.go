package l7

import (
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// active is a plan with what it needs to run, found before the first request
// instead of on each. What outlives a plan (pools, cursors, counters) it shares
// with the plans before and after it, found by name.
type active struct {
	plan     *plan.Plan
	clusters []*cluster        // by index in the plan; nil for one that no request goes to
	splits   map[string]*split // by route

	counts Counts
}

// Counts are the outcomes of the requests that ran with one plan.
type Counts struct {
	_ [64]byte // written on every request: keep the cache line
	// Requests is how many there were, Failures how many of them ended with a 5xx,
	// Connects how many connections to endpoints could not be made.
	Requests, Failures, Connects atomic.Uint64
	_                            [64]byte
}

// here is a listener as a plan has it. A request takes the one of its listener
// when it begins and keeps to it.
type here struct {
	*active
	config *config.Listener
	limits http1.Limits
	routes []route
	tls    *tlsconf.Server // nil: plain text

	metrics *metrics.Listener
	// unrouted takes what matched no route.
	unrouted *metrics.Route
}

type route struct {
	*plan.Route
	targets []target
	split   *split // nil where there is one target
}

// split is the order in which a route takes its targets.
type split struct {
	cursor   *cursor
	schedule *wrr.Schedule
	clusters []string
}

// A target is one cluster of a route.
type target struct {
	*plan.Target
	cluster *cluster
	metrics *metrics.Route
}

type cluster struct {
	*plan.Cluster
	pool      *upstream.Cluster
	endpoints []endpoint
	health    *health.Cluster
	// schedule has indexes into endpoints; judge replaces it when weights change.
	schedule atomic.Pointer[wrr.Schedule]
	state    *clusterState
}

// clusterState is what a cluster keeps from plan to plan.
type clusterState struct {
	cursor   cursor
	retrying atomic.Int64 // requests that are being tried again
}

// cursor is a place in a schedule. It is written on every request.
type cursor struct {
	_ [64]byte
	atomic.Uint64
	_ [64]byte
}

type endpoint struct {
	*upstream.Endpoint
	metrics *metrics.Upstream
	health  *health.Endpoint
}

// activate prepares a plan. prev is the plan before it, nil for the first.
func activate(p *plan.Plan, prev *active, w *netx.Watch, streams *http2.Watch, m *metrics.Registry, h *health.Registry) *active {
	a := &active{plan: p, splits: map[string]*split{}}
	before := map[string]*cluster{}
	if prev != nil {
		for _, c := range prev.clusters {
			if c != nil {
				before[c.Name] = c
			}
		}
	}
	a.clusters = make([]*cluster, len(p.Clusters))
	for i := range p.Clusters {
		if !sessionsOnly(p, i) {
			a.clusters[i] = newCluster(&p.Clusters[i], before[p.Clusters[i].Name], w, streams, m, h)
		}
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		if r.Split == nil {
			continue
		}
		a.splits[r.Name] = newSplit(p, r, prev)
	}
	return a
}

// sessionsOnly reports whether a cluster is for TCP sessions and for no route: then it
// is the other engine's.
func sessionsOnly(p *plan.Plan, i int) (only bool) {
	for _, s := range p.Sessions {
		if s != nil {
			s.Clusters(func(j int) { only = only || i == j })
		}
	}
	for r := 0; only && r < len(p.Routes); r++ {
		only = !slices.ContainsFunc(p.Routes[r].Targets, func(t plan.Target) bool { return t.Cluster == i })
	}
	return only
}

func newSplit(p *plan.Plan, r *plan.Route, prev *active) *split {
	s := &split{schedule: r.Split, cursor: new(cursor), clusters: make([]string, len(r.Targets))}
	for i, t := range r.Targets {
		s.clusters[i] = p.Clusters[t.Cluster].Name
	}
	if prev == nil || prev.splits[r.Name] == nil {
		return s
	}
	before := prev.splits[r.Name]
	s.cursor = before.cursor
	s.schedule = r.Split.After(before.schedule, &s.cursor.Uint64, places(s.clusters, before.clusters))
	return s
}

// places says where each name was before, -1 for a new one; nil is the same places.
func places(names, before []string) []int {
	if slices.Equal(names, before) {
		return nil
	}
	at := make(map[string]int, len(before))
	for i, n := range before {
		at[n] = i
	}
	from := make([]int, len(names))
	for i, n := range names {
		was, ok := at[n]
		if !ok {
			was = -1
		}
		from[i] = was
		delete(at, n) // a name that comes twice is new the second time
	}
	return from
}

func addresses(eps []config.Endpoint) []string {
	out := make([]string, len(eps))
	for i, e := range eps {
		out[i] = e.Address
	}
	return out
}

func newCluster(c *plan.Cluster, prev *cluster, w *netx.Watch, streams *http2.Watch, m *metrics.Registry, h *health.Registry) *cluster {
	o := upstream.Options{
		MaxConnections: c.Limits.MaxConnections,
		MaxPending:     c.Limits.MaxPending,
		ConnectTimeout: c.Timeouts.Connect,
		IdleTimeout:    c.Timeouts.Idle,
		TLS:            c.TLS,
		Protocol:       c.Protocol,
		Streams:        streams,
	}
	rt := &cluster{Cluster: c, health: c.Judged(h), endpoints: make([]endpoint, 0, len(c.Endpoints))}
	schedule := wrr.New(rt.health.Weights())
	kept := map[string]*upstream.Endpoint{}
	if prev != nil {
		rt.state = prev.state
		from := places(addresses(c.Endpoints), addresses(prev.Cluster.Endpoints))
		schedule = schedule.After(prev.schedule.Load(), &rt.state.cursor.Uint64, from)
		// Connections made under other terms of security or protocol are others.
		if prev.pool.Fits(o) && prev.Protocol == c.Protocol && reflect.DeepEqual(prev.Security, c.Security) {
			rt.pool = prev.pool
			rt.pool.Update(o)
			for _, e := range prev.endpoints {
				kept[e.Address] = e.Endpoint
			}
		}
	}
	if rt.state == nil {
		rt.state = new(clusterState)
	}
	if rt.pool == nil {
		rt.pool = upstream.NewCluster(o, w)
	}
	rt.schedule.Store(schedule)
	for i, ep := range c.Endpoints {
		pool := kept[ep.Address]
		if pool == nil {
			pool = rt.pool.Endpoint(ep.Address)
		}
		delete(kept, ep.Address) // an address named twice has two pools
		rt.endpoints = append(rt.endpoints, endpoint{pool, m.Upstream(c.Name, ep.Address), rt.health.Endpoint(i)})
	}
	rt.publish()
	return rt
}

// judge puts what requests have told of the endpoints into force.
func (c *cluster) judge(now time.Time) {
	if !c.health.Judge(now) {
		return
	}
	next := wrr.New(c.health.Weights())
	c.schedule.Store(next.After(c.schedule.Load(), &c.state.cursor.Uint64, nil))
	c.publish()
}

// publish tells the metrics what weights are in force.
func (c *cluster) publish() {
	for i, w := range c.health.Weights() {
		c.endpoints[i].metrics.SetWeights(c.Cluster.Endpoints[i].Weight, float64(w)/health.Scale)
	}
}

// on prepares the plan for a listener. prev is what the listener has now; its
// configuration is kept when nothing in it changed, so that connections see that.
func (a *active) on(l *config.Listener, secured *tlsconf.Server, prev *here, m *metrics.Registry) *here {
	h := &here{active: a, config: l, tls: secured, metrics: m.Listener(l.Name), unrouted: m.Route(l.Name, "-", "-"), limits: http1.Limits{
		RequestLine:      l.Limits.MaxRequestLineBytes,
		HeadBytes:        l.Limits.MaxHeaderBytes,
		Fields:           l.Limits.MaxHeaders,
		AllowUnderscores: l.Limits.AllowUnderscores,
	}}
	if prev != nil && reflect.DeepEqual(prev.config, l) {
		h.config = prev.config
	}
	n := 0
	for i := range a.plan.Routes {
		n += len(a.plan.Routes[i].Targets)
	}
	targets := make([]target, 0, n) // one piece for all routes
	h.routes = make([]route, len(a.plan.Routes))
	for i := range a.plan.Routes {
		r := &a.plan.Routes[i]
		first := len(targets)
		for j := range r.Targets {
			c := a.clusters[r.Targets[j].Cluster]
			targets = append(targets, target{&r.Targets[j], c, m.Route(l.Name, r.Name, c.Name)})
		}
		h.routes[i] = route{Route: r, targets: targets[first:len(targets):len(targets)], split: a.splits[r.Name]}
	}
	return h
}

// choose picks the cluster for a request.
func (r *route) choose() *target {
	if r.split == nil {
		return &r.targets[0]
	}
	return &r.targets[max(r.split.schedule.Pick(&r.split.cursor.Uint64), 0)]
}

// pick chooses the endpoint for a request; nil if none may get any.
func (c *cluster) pick() *endpoint {
	i := c.schedule.Load().Pick(&c.state.cursor.Uint64)
	if i < 0 {
		return nil
	}
	return &c.endpoints[i]
}

// pickOther chooses another endpoint than one that has just failed, if the
// cluster has another that may get requests; otherwise that one. It takes nobody's
// turn: if it did, of two endpoints the broken one would be first for every request.
func (c *cluster) pickOther(failed *endpoint) *endpoint {
	schedule, now := c.schedule.Load(), c.state.cursor.Load()
	for k := range uint64(schedule.Len()) {
		if e := &c.endpoints[schedule.At(now+k)]; e.Endpoint != failed.Endpoint {
			return e
		}
	}
	return failed
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

// judge judges the endpoints of all clusters.
func (a *active) judge(now time.Time) {
	for _, c := range a.clusters {
		if c != nil {
			c.judge(now)
		}
	}
}

// retire closes the connections of the endpoints that the next plan, nil for
// none, does not have; those that carry a request when that has ended.
func (a *active) retire(next *active) {
	kept := map[*upstream.Endpoint]bool{}
	if next != nil {
		next.each(func(e *endpoint) { kept[e.Endpoint] = true })
	}
	a.each(func(e *endpoint) {
		if !kept[e.Endpoint] {
			e.Retire()
		}
	})
}

func (a *active) each(do func(*endpoint)) {
	for _, c := range a.clusters {
		if c == nil {
			continue
		}
		for i := range c.endpoints {
			do(&c.endpoints[i])
		}
	}
}

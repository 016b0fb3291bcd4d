package l4

import (
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// active is a plan with what it needs to run, found before the first session instead
// of on each. What outlives a plan (connection counts, cursors, verdicts) it shares
// with the plans before and after it, found by name.
type active struct {
	// clusters has an entry for each of the plan; nil where no session goes.
	clusters []*cluster
	counts   Counts
}

// Counts are the outcomes of the sessions that began with one plan.
type Counts struct {
	// Sessions is how many have ended, Failures how many of them because of an
	// endpoint, Connects how many connections to endpoints could not be made.
	Sessions, Failures, Connects atomic.Uint64
}

// here is a listener as a plan has it. A session keeps to the one that was in force
// when it was accepted, except that it goes where the latest one says.
type here struct {
	*active
	config   *config.Listener
	sessions *plan.Sessions
	metrics  *metrics.Sessions
	gauge    *metrics.Listener
}

type cluster struct {
	*plan.Cluster
	pool      *upstream.Cluster
	endpoints []endpoint
	health    *health.Cluster
	weights   []int // judge's: those that schedule was made from
	// schedule has indexes into endpoints; judge replaces it when weights change.
	schedule atomic.Pointer[wrr.Schedule]
	state    *clusterState
}

// clusterState is what a cluster keeps from plan to plan.
type clusterState struct{ cursor cursor }

// cursor is a place in a schedule. It is written by every session.
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
func activate(p *plan.Plan, prev *active, w *netx.Watch, m *metrics.Registry, h *health.Registry) *active {
	a := &active{clusters: make([]*cluster, len(p.Clusters))}
	for _, s := range p.Sessions {
		if s == nil {
			continue
		}
		s.Clusters(func(i int) {
			if a.clusters[i] == nil {
				c := &p.Clusters[i]
				a.clusters[i] = newCluster(c, prev.cluster(c.Name), w, m, h)
			}
		})
	}
	return a
}

// cluster finds a cluster by name; nil if sessions do not go there.
func (a *active) cluster(name string) *cluster {
	if a == nil {
		return nil
	}
	for _, c := range a.clusters {
		if c != nil && c.Name == name {
			return c
		}
	}
	return nil
}

func newCluster(c *plan.Cluster, prev *cluster, w *netx.Watch, m *metrics.Registry, h *health.Registry) *cluster {
	o := upstream.Options{MaxConnections: c.Limits.MaxConnections, ConnectTimeout: c.Timeouts.Connect, TLS: c.TLS}
	rt := &cluster{Cluster: c, health: c.Judged(h), endpoints: make([]endpoint, 0, len(c.Endpoints))}
	rt.weights = rt.health.Weights()
	schedule := wrr.New(rt.weights)
	kept := map[string]*upstream.Endpoint{}
	if prev != nil {
		rt.state = prev.state
		from := places(c.Endpoints, prev.Cluster.Endpoints)
		schedule = schedule.After(prev.schedule.Load(), &rt.state.cursor.Uint64, from)
		if prev.pool.Fits(o) {
			// So that the sessions there are count towards the limit.
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

// places says where each endpoint was before, -1 for a new one.
func places(now, before []config.Endpoint) []int {
	at := make(map[string]int, len(before))
	for i, e := range before {
		at[e.Address] = i
	}
	from := make([]int, len(now))
	for i, e := range now {
		was, ok := at[e.Address]
		if !ok {
			was = -1
		}
		from[i] = was
		delete(at, e.Address) // an address that comes twice is new the second time
	}
	return from
}

// judge puts what sessions have told of the endpoints into force. Another engine may
// judge the same cluster, so what counts is whether the weights are others.
func (c *cluster) judge(now time.Time) {
	c.health.Judge(now)
	weights := c.health.Weights()
	if slices.Equal(weights, c.weights) {
		return
	}
	c.weights = weights
	c.schedule.Store(wrr.New(weights).After(c.schedule.Load(), &c.state.cursor.Uint64, nil))
	c.publish()
}

// publish tells the metrics what weights are in force.
func (c *cluster) publish() {
	for i, w := range c.health.Weights() {
		c.endpoints[i].metrics.SetWeights(c.Cluster.Endpoints[i].Weight, float64(w)/health.Scale)
	}
}

// on prepares the plan for a listener. prev is what the listener has now; its
// configuration is kept when nothing in it changed.
func (a *active) on(l *config.Listener, s *plan.Sessions, prev *here, m *metrics.Registry) *here {
	h := &here{active: a, config: l, sessions: s, metrics: m.Sessions(l.Name, reasonNames()), gauge: m.Listener(l.Name)}
	if prev != nil && reflect.DeepEqual(prev.config, l) {
		h.config = prev.config
	}
	return h
}

// judge judges the endpoints of all clusters.
func (a *active) judge(now time.Time) {
	for _, c := range a.clusters {
		if c != nil {
			c.judge(now)
		}
	}
}

// sweep publishes how many connections there are.
func (a *active) sweep() {
	a.each(func(e *endpoint) { e.metrics.Active.Store(int64(e.Conns())) })
}

// retire takes leave of the endpoints that the next plan, nil for none, does not have.
// Their connections last as long as their sessions.
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

package l7

import (
	"reflect"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// active is a plan with what it needs to run, found before the first request
// instead of on each. What outlives a plan (clusters, cursors, counters) it shares with
// the plans before and after it, found by name.
type active struct {
	plan     *plan.Plan
	clusters []*cluster.Cluster        // by index in the plan; nil for one that no request goes to
	splits   map[string]*cluster.Split // by route

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
	split   *cluster.Split // nil where there is one target
}

// A target is one cluster of a route.
type target struct {
	*plan.Target
	cluster *cluster.Cluster
	metrics *metrics.Route
}

// activate prepares a plan, whose clusters the Set has in force. prev is the plan before
// it, nil for the first.
func activate(p *plan.Plan, prev *active, clusters *cluster.Set) *active {
	a := &active{plan: p, clusters: make([]*cluster.Cluster, len(p.Clusters)), splits: map[string]*cluster.Split{}}
	for i := range p.Clusters {
		a.clusters[i] = clusters.At(i)
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		if r.Split == nil {
			continue
		}
		var before *cluster.Split
		if prev != nil {
			before = prev.splits[r.Name]
		}
		a.splits[r.Name] = cluster.NewSplit(p, r, before)
	}
	return a
}

// on prepares the plan for a listener. prev is what the listener has now; its
// configuration is kept when nothing in it changed, so that connections see that.
func (a *active) on(
	l *config.Listener, secured *tlsconf.Server, prev *here, m *metrics.Registry,
) *here {
	h := &here{
		active: a, config: l, tls: secured,
		metrics: m.Listener(l.Name), unrouted: m.Route(l.Name, "-", "-"),
		limits: http1.Limits{
			RequestLine:      l.Limits.MaxRequestLineBytes,
			HeadBytes:        l.Limits.MaxHeaderBytes,
			Fields:           l.Limits.MaxHeaders,
			AllowUnderscores: l.Limits.AllowUnderscores,
		},
	}
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
	return &r.targets[r.split.Pick()]
}

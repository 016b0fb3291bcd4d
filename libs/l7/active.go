package l7

import (
	"reflect"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/differ"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// Counts are the outcomes of the requests that ran with one plan.
type Counts = exchange.Counts

// active is a plan with what it needs to run, found before the first request instead of
// on each. What outlives a plan (clusters, cursors, counters) it shares with the plans
// before and after it, found by name.
type active struct {
	plan     *plan.Plan
	clusters []*cluster.Cluster        // by index in the plan; nil for one without requests
	splits   map[string]*cluster.Split // by route

	counts Counts
}

// activate prepares a plan, whose clusters the Set has in force. prev is the plan before
// it, nil for the first.
func activate(p *plan.Plan, prev *active, clusters *cluster.Set) *active {
	a := &active{
		plan:     p,
		clusters: make([]*cluster.Cluster, len(p.Clusters)),
		splits:   map[string]*cluster.Split{},
	}
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
	l *config.Listener, secured *tlsconf.Server, prev *exchange.View, m *metrics.Registry,
) *exchange.View {
	v := &exchange.View{
		Plan: a.plan, Config: l, Table: a.plan.Table(l.Name), TLS: secured, Counts: &a.counts,
		Pages: a.plan.Pages(l.Name), Tracing: a.plan.Tracing,
		Metrics: m.Listener(l.Name), Unrouted: m.Route(l.Name, "-", "-"),
		Limits: http1.Limits{
			RequestLine:      l.Limits.MaxRequestLineBytes,
			HeadBytes:        l.Limits.MaxHeaderBytes,
			Fields:           l.Limits.MaxHeaders,
			AllowUnderscores: l.Limits.AllowUnderscores,
		},
	}
	if prev != nil && reflect.DeepEqual(prev.Config, l) {
		v.Config = prev.Config
	}
	n := 0
	for i := range a.plan.Routes {
		n += max(len(a.plan.Routes[i].Targets), 1)
	}
	targets := make([]exchange.Target, 0, n) // one piece for all routes
	v.Routes = make([]exchange.Route, len(a.plan.Routes))
	for i := range a.plan.Routes {
		r := &a.plan.Routes[i]
		first := len(targets)
		for j := range r.Targets {
			c := a.clusters[r.Targets[j].Cluster]
			targets = append(targets, exchange.Target{
				Target: &r.Targets[j], Cluster: c, Metrics: m.Route(l.Name, r.Name, c.Name),
			})
		}
		if len(r.Targets) == 0 {
			targets = append(targets, exchange.Nowhere(m.Route(l.Name, r.Name, "")))
		}
		v.Routes[i] = exchange.Route{
			Route: r, Targets: targets[first:len(targets):len(targets)],
			Split: a.splits[r.Name],
		}
		v.Routes[i].Mirrors = a.mirrors(r, m)
		v.Routes[i].Sticky = r.Split != nil && slices.ContainsFunc(v.Routes[i].Targets,
			func(t exchange.Target) bool { return t.Cluster != nil && t.Cluster.Sticky() != nil })
	}
	return v
}

// mirrors are the clusters that get copies of a route's requests.
func (a *active) mirrors(r *plan.Route, m *metrics.Registry) []mirror.Target {
	if len(r.Mirrors) == 0 {
		return nil
	}
	out := make([]mirror.Target, len(r.Mirrors))
	for i := range r.Mirrors {
		c := &r.Mirrors[i]
		t := mirror.Target{
			Config: &c.Mirror, Route: r.Name, Cluster: a.clusters[c.Cluster],
			Metrics: m.Mirror(r.Name, c.Mirror.Cluster), Rules: differ.New(c.Compare),
		}
		if t.Rules != nil {
			t.Metrics.Compares.Store(true)
		}
		out[i] = t
	}
	return out
}

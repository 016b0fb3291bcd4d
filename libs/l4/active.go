package l4

import (
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// active is a plan with what it needs to run, found before the first session instead
// of on each.
type active struct {
	// clusters has an entry for each of the plan; nil where no session goes.
	clusters []*cluster.Cluster
	counts   Counts
	veil     *config.Veil  // hides secrets in what is told
	digest   string        // of the document
	drain    time.Duration // its drain.timeout
}

// Counts are the outcomes of the sessions that began with one plan.
type Counts struct {
	// Sessions is how many have ended, Failures how many of them because of an endpoint or for
	// want of a route, Connects how many connections to endpoints could not be made.
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

// activate prepares a plan, whose clusters the Set has in force.
func activate(p *plan.Plan, clusters *cluster.Set) *active {
	a := &active{
		veil: p.Veil, digest: p.Digest, drain: p.DrainTimeout,
		clusters: make([]*cluster.Cluster, len(p.Clusters)),
	}
	for _, s := range p.Sessions {
		if s != nil {
			s.Clusters(func(i int) { a.clusters[i] = clusters.At(i) })
		}
	}
	return a
}

// has reports whether sessions may go to a cluster of this name.
func (a *active) has(name string) bool {
	for _, c := range a.clusters {
		if c != nil && c.Name == name {
			return true
		}
	}
	return false
}

// on prepares the plan for a listener. prev is what the listener has now; its
// configuration is kept when nothing in it changed.
func (a *active) on(l *config.Listener, s *plan.Sessions, prev *here, m *metrics.Registry) *here {
	h := &here{
		active: a, config: l, sessions: s,
		metrics: m.Sessions(l.Name, reasonNames()), gauge: m.Listener(l.Name),
	}
	if prev != nil && reflect.DeepEqual(prev.config, l) {
		h.config = prev.config
	}
	return h
}

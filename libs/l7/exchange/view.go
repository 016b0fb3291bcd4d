package exchange

import (
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// A View is a listener as a plan has it. A request takes the one of its listener when
// it begins and keeps to it. It does not change, but for what is counted.
type View struct {
	Plan   *plan.Plan
	Config *config.Listener
	// Table finds the route of a request.
	Table *plan.Table
	// Limits bound the heads of requests.
	Limits http1.Limits
	// Routes are those of the plan, by index.
	Routes []Route
	// Pages are the listener's own for errors that have none of a route; nil: there are none.
	Pages policy.OnAnswer
	// TLS is what is shown to clients, nil on plain text.
	TLS *tlsconf.Server
	// Tracing says which requests leave a trace; nil: none does.
	Tracing *plan.Tracing
	// Metrics count the listener's connections, Unrouted what matched no route.
	Metrics  *metrics.Listener
	Unrouted *metrics.Route
	// Counts are the plan's.
	Counts *Counts
}

// A Route is one of a plan's, with what it needs to run.
type Route struct {
	*plan.Route
	// Targets are the clusters that the route may choose. One that answers itself has one
	// without a Cluster, to be counted by.
	Targets []Target
	// Mirrors are the clusters that get copies of its requests.
	Mirrors []mirror.Target
	// Split is the order in which it does; nil where there is one.
	Split *cluster.Split
	// Sticky says that one of several Targets has sticky cookies.
	Sticky bool
}

// A Target is one cluster of a route.
type Target struct {
	*plan.Target
	Cluster *cluster.Cluster // nil: the route answers itself
	Metrics *metrics.Route
}

// Nowhere is the target of a route that answers itself.
func Nowhere(m *metrics.Route) Target { return Target{Target: new(plan.Target), Metrics: m} }

// name is the cluster's, "" where there is none.
func (t *Target) name() string {
	if t.Cluster == nil {
		return ""
	}
	return t.Cluster.Name
}

// ChooseFor picks the cluster for a request: one where the client has authenticated a
// connection, or whose turn it is.
func (r *Route) ChooseFor(o *upstream.Own) *Target {
	if r.Split != nil && o.Bound() {
		for i := range r.Targets {
			if r.Targets[i].Cluster.Held(o) != nil {
				return &r.Targets[i]
			}
		}
	}
	return r.choose()
}

func (r *Route) choose() *Target {
	if r.Split == nil {
		return &r.Targets[0]
	}
	return &r.Targets[r.Split.Pick()]
}

// Counts are the outcomes of the requests that ran with one plan.
type Counts struct {
	// Requests is how many there were.
	Requests metrics.Counter
	// Failures is how many of them ended with a 5xx or led nowhere (a 404, 405 or 421 of the
	// gateway's own), Connects how many connections to endpoints could not be made.
	Failures, Connects atomic.Uint64
}

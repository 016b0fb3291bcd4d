package plan

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/retry"
	"github.com/gatewayhomebrew/gateway/libs/policy/rewrite"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// A Route says what happens to the requests it matches. It carries the route of the document, so
// that a key whose value is used as it was written needs no line here. Where a field has the name
// of a key (Split, Rewrite, Retry), it is what was made of that key, and the one to use.
type Route struct {
	config.Route
	// Targets are the clusters the route may choose; none for a route that answers itself.
	Targets []Target
	// Split is the order they are chosen in; nil where there is only one.
	Split   *wrr.Schedule
	Rewrite rewrite.Prefix
	Retry   retry.Policy
	// Mirrors are the clusters that get copies of its requests.
	Mirrors []Mirror
	// Policies are what the route does to its requests beside passing them on.
	Policies *policy.Chain
}

// A Mirror is a cluster that gets copies of a route's requests.
type Mirror struct {
	config.Mirror
	Cluster int // index into Plan.Clusters
}

// A Target is one cluster of a route.
type Target struct {
	Cluster int // index into Plan.Clusters
	// ResponseTimeout is how long a response head of one attempt may take: the
	// shorter of the route's and the cluster's limit. 0 is no limit.
	ResponseTimeout time.Duration
	// BodyIdle is how long a body may stand still on the endpoint's side: the route's limit,
	// or else the cluster's. 0 is no limit.
	BodyIdle time.Duration
}

// build fills in the route; index finds clusters by name.
func (r *Route) build(c *config.Route, clusters []Cluster, index map[string]int, s *shared) error {
	shares := c.Split
	if len(shares) == 0 && !c.AnswersItself() {
		shares = []config.Share{{Cluster: c.Cluster, Weight: 1}}
	}
	*r = Route{
		Route: *c, Rewrite: rewrite.New(c), Targets: make([]Target, len(shares)),
	}
	weights := make([]int, len(shares))
	for i, s := range shares {
		n, ok := index[s.Cluster]
		if !ok {
			return fmt.Errorf("no cluster is named %q", s.Cluster)
		}
		weights[i] = s.Weight
		r.Targets[i] = Target{
			Cluster: n, ResponseTimeout: shorter(c.Timeouts.Request, clusters[n].Timeouts.Response),
			BodyIdle: clusters[n].Timeouts.BodyIdle,
		}
		if own := c.Timeouts.BodyIdle; own != nil {
			r.Targets[i].BodyIdle = *own
		}
	}
	if len(shares) > 1 {
		r.Split = wrr.New(weights)
	}
	for _, m := range c.Mirror {
		n, ok := index[m.Cluster]
		if !ok {
			return fmt.Errorf("no cluster is named %q", m.Cluster)
		}
		r.Mirrors = append(r.Mirrors, Mirror{m, n})
	}
	var err error
	if r.Retry, err = retry.New(c.Retry); err != nil {
		return err
	}
	r.Policies, err = chain(c, s)
	return err
}

// shorter is the shorter of two limits, of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

package cluster

import (
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// A Split is the order in which a route takes its clusters. Its cursor goes on from plan
// to plan, so that a reload does not begin the shares anew.
type Split struct {
	cursor   *cursor
	schedule *wrr.Schedule
	clusters []string
}

// NewSplit makes the split of a route of a plan. prev is the route's in the plan before,
// nil for none.
func NewSplit(p *plan.Plan, r *plan.Route, prev *Split) *Split {
	s := &Split{schedule: r.Split, cursor: new(cursor), clusters: make([]string, len(r.Targets))}
	for i, t := range r.Targets {
		s.clusters[i] = p.Clusters[t.Cluster].Name
	}
	if prev != nil {
		s.cursor = prev.cursor
		from := places(s.clusters, prev.clusters)
		s.schedule = r.Split.After(prev.schedule, &s.cursor.Uint64, from)
	}
	return s
}

// Pick chooses the target for a request: an index into the route's targets.
func (s *Split) Pick() int { return max(s.schedule.Pick(&s.cursor.Uint64), 0) }

package cluster

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/resolver"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Options are what a Set works with.
type Options struct {
	Metrics *metrics.Registry
	Health  *health.Registry
	// Requests and Sessions say what the process serves: the requests of routes, the
	// sessions of tcp listeners, or both. A cluster that gets neither is not run.
	Requests, Sessions bool
	// Secrets are what the process before this one has signed cookies with, by cluster, where the
	// document has no secret for it.
	Secrets map[string][]byte
}

// A Set is the clusters of the plan in force. Its methods may be called from any
// goroutine, but Swap and Retire from one at a time.
type Set struct {
	Options
	watch   *netx.Watch
	streams *http2.Watch
	// resolver is one for all plans: what it knows is not theirs.
	resolver *resolver.Resolver
	inForce  atomic.Pointer[[]*Cluster] // by index in the plan; nil for those not run
	// leaving are those of the plan before, until Retire. Only Swap and Retire use it.
	leaving []*Cluster
}

// NewSet makes the clusters of a plan.
func NewSet(p *plan.Plan, o Options) *Set {
	s := &Set{
		Options: o, watch: netx.NewWatch(), streams: http2.NewWatch(),
		resolver: resolver.New(resolver.Options{}),
	}
	s.inForce.Store(new([]*Cluster))
	s.Swap(p)
	return s
}

// Watch keeps the deadlines of the connections to endpoints, while Run runs. Those of
// clients are for it to keep as well: a process needs one.
func (s *Set) Watch() *netx.Watch { return s.watch }

// Streams is the Watch of HTTP/2 connections.
func (s *Set) Streams() *http2.Watch { return s.streams }

// Resolver finds the addresses of endpoints that have a name.
func (s *Set) Resolver() *resolver.Resolver { return s.resolver }

// judgeEvery is how often endpoints are judged.
const judgeEvery = 250 * time.Millisecond

// Run does what clusters need in time until ctx ends, and then closes the connections that
// are idle.
func (s *Set) Run(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { s.judge(ctx) })
	group.Go(func() { _ = s.streams.Run(ctx) }) // ends with ctx, and for no other reason
	err := s.watch.Run(ctx)
	group.Wait()
	retire(s.all(), nil)
	return err
}

// judge judges the endpoints, and sweeps every second, until ctx ends.
func (s *Set) judge(ctx context.Context) {
	t := time.NewTicker(judgeEvery)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			s.look(now, n%int(time.Second/judgeEvery) == 0)
		}
	}
}

// look judges the endpoints of all clusters, and sweeps their connections.
func (s *Set) look(now time.Time, sweep bool) {
	for _, c := range s.all() {
		if c == nil {
			continue
		}
		c.judge(now)
		if sweep {
			c.sweep()
		}
	}
}

// Swap puts the clusters of another plan in force; the caller has told the registries of
// metrics and health that a plan comes (NextPlan). Pools, cursors and counters of what
// both plans have go on. Retire is to follow when nothing begins with the plan before any
// more.
func (s *Set) Swap(p *plan.Plan) {
	before := s.all()
	byName := make(map[string]*Cluster, len(before))
	for _, c := range before {
		if c != nil {
			byName[c.Name] = c
		}
	}
	requests, sessions, copies := used(p)
	next := make([]*Cluster, len(p.Clusters))
	for i := range p.Clusters {
		sessionsOnly := sessions[i] && !requests[i] && !copies[i]
		// A cluster that nothing leads to is shown where requests are served.
		if s.Requests && !sessionsOnly || s.Sessions && sessions[i] {
			c := &p.Clusters[i]
			next[i] = s.newCluster(c, byName[c.Name], sessionsOnly)
			next[i].mirrorsOnly = copies[i] && !requests[i] && !sessions[i]
		}
	}
	s.inForce.Store(&next)
	s.leaving = append(s.leaving, before...)
}

// OwnSecrets are what cookies are signed with, by cluster, where the document has no secret for it.
// They are for the process that takes this one's place. It is not to be called beside Swap.
func (s *Set) OwnSecrets() map[string][]byte {
	out := map[string][]byte{}
	for _, c := range s.all() {
		if c != nil && c.state.secret != nil {
			out[c.Name] = c.state.secret
		}
	}
	return out
}

// Retire closes the connections of the endpoints that the plan in force does not have;
// those that are in use when they are no longer.
func (s *Set) Retire() {
	retire(s.leaving, s.all())
	s.leaving = nil
}

// used says of each cluster whether a route leads to it, whether a tcp listener does, and whether
// copies of requests come to it.
func used(p *plan.Plan) (requests, sessions, copies []bool) {
	requests, sessions = make([]bool, len(p.Clusters)), make([]bool, len(p.Clusters))
	copies = make([]bool, len(p.Clusters))
	for i := range p.Routes {
		for _, t := range p.Routes[i].Targets {
			requests[t.Cluster] = true
		}
		for _, m := range p.Routes[i].Mirrors {
			copies[m.Cluster] = true
		}
	}
	for _, s := range p.Sessions {
		if s != nil {
			s.Clusters(func(i int) { sessions[i] = true })
		}
	}
	return requests, sessions, copies
}

// retire retires the endpoints of some clusters, except those that others have.
func retire(leaving, staying []*Cluster) {
	kept, shown := map[*upstream.Endpoint]bool{}, map[*metrics.Upstream]bool{}
	each(staying, func(e *Endpoint) { kept[e.Endpoint], shown[e.Metrics] = true, true })
	each(leaving, func(e *Endpoint) {
		if !shown[e.Metrics] {
			e.Metrics.Leave()
		}
		if !kept[e.Endpoint] {
			kept[e.Endpoint] = true // once is enough
			e.Retire()
		}
	})
}

func each(clusters []*Cluster, do func(*Endpoint)) {
	for _, c := range clusters {
		if c == nil {
			continue
		}
		for i := range c.endpoints {
			do(&c.endpoints[i])
		}
	}
}

func (s *Set) all() []*Cluster { return *s.inForce.Load() }

// At is the cluster with an index of the plan in force; nil if it is not run.
func (s *Set) At(i int) *Cluster { return s.all()[i] }

// States tells of all clusters, in the order of the plan.
func (s *Set) States() []upstream.ClusterState {
	running := slices.DeleteFunc(slices.Clone(s.all()), func(c *Cluster) bool { return c == nil })
	out := make([]upstream.ClusterState, len(running))
	for i, c := range running {
		out[i] = c.State()
	}
	return out
}

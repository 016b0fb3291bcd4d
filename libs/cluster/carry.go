package cluster

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// newCluster makes a cluster of a plan. prev is the one of that name in the plan before,
// nil for a new name.
func (s *Set) newCluster(c *plan.Cluster, prev *Cluster, sessionsOnly bool) *Cluster {
	next := &Cluster{
		Cluster: c, judged: c.Judged(s.Health), endpoints: make([]Endpoint, 0, len(c.Endpoints)),
		sessionsOnly: sessionsOnly, byLoad: c.Balance.Policy == config.BalanceLeastRequest,
		Metrics: s.Metrics.Cluster(c.Name),
	}
	next.hashing = newHashing(c, prev.hashes())
	next.counts = next.byLoad || next.hashing != nil
	schedule := wrr.New(next.judged.Weights())
	if prev != nil {
		next.state = prev.state
		from := places(addresses(c.Endpoints), addresses(prev.Cluster.Endpoints))
		schedule = schedule.After(prev.schedule.Load(), &next.state.cursor.Uint64, from)
	} else {
		next.state = &state{secret: s.Options.Secrets[c.Name]}
	}
	next.schedule.Store(schedule)
	kept, loads := s.pool(next, prev), prev.loads()
	for i, ep := range c.Endpoints {
		at := place{ep.Address, ep.Shown()}
		e := kept[at]
		if e == nil {
			e = next.pool.EndpointAs(at.address, at.shown)
		}
		delete(kept, at) // an address named twice has two pools
		e.Count(s.Metrics.Upstream(c.Name, at.shown))
		next.endpoints = append(next.endpoints, Endpoint{
			Endpoint: e,
			Metrics:  s.Metrics.Upstream(c.Name, at.shown),
			Health:   next.judged.Endpoint(i),
			load:     cmp.Or(loads[at], &Load{sum: &next.state.total}),
		})
		if ep.Weight > 0 {
			next.weighted++
			if ep.Backup {
				next.backups = append(next.backups, i)
			}
		}
	}
	if next.hashing != nil {
		next.hashing.judge(next)
	}
	next.Metrics.SetWaiting(next.waiting)
	next.sticky = newSticky(c, next, s.Metrics)
	next.publish()
	return next
}

// waiting is how many requests wait for a connection, or for their client's share of them.
func (c *Cluster) waiting() int {
	s := &c.state.shares
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.pool.Waiting() + s.waiting
}

// hashes are how keys find the cluster's endpoints; nil where they do not.
func (c *Cluster) hashes() *hashing {
	if c == nil {
		return nil
	}
	return c.hashing
}

// loads are those of the cluster's endpoints.
func (c *Cluster) loads() map[place]*Load {
	if c == nil {
		return nil
	}
	all := make(map[place]*Load, len(c.endpoints))
	for _, e := range c.endpoints {
		all[place{e.Address, e.Shown}] = e.load
	}
	return all
}

// A place is what an endpoint is: where it is, and what it is called.
type place struct{ address, shown string }

// pool gives a cluster its connections: those of the plan before where they can be gone
// on with, else none yet. It returns the endpoints to go on with, by address.
func (s *Set) pool(next, prev *Cluster) (kept map[place]*upstream.Endpoint) {
	c := next.Cluster
	o := upstream.Options{
		MaxConnections: c.Limits.MaxConnections,
		MaxPending:     c.Limits.MaxPending,
		ConnectTimeout: c.Timeouts.Connect,
		IdleTimeout:    c.Timeouts.Idle,
		MaxAge:         c.Limits.MaxConnectionAge,
		MaxRequests:    c.Limits.MaxRequestsPerConnection,
		Reuse:          c.Reuse,
		TLS:            c.TLS,
		Protocol:       c.Protocol,
		Streams:        s.streams,
		HTTP2: http2.ClientOptions{
			HeadBytes: c.Heads.HeadBytes, HeadFields: c.Heads.Fields,
			ControlCharacters: c.Heads.ControlCharacters,
		},
		Resolver: s.resolver,
		Veil:     c.Veil,
		Metrics:  next.Metrics,
	}
	if prev == nil || !prev.goesOn(next) || !prev.pool.Fits(o) {
		next.pool = upstream.NewCluster(o, s.watch)
		return nil
	}
	next.pool = prev.pool
	next.pool.Update(o)
	kept = make(map[place]*upstream.Endpoint, len(prev.endpoints))
	for _, e := range prev.endpoints {
		kept[place{e.Address, e.Shown}] = e.Endpoint
	}
	return kept
}

// goesOn reports whether the next plan may use the connections that this one has.
// Connections made under other terms of security or protocol are others, since a request
// could be given one of them. A session never is: each makes its own.
func (c *Cluster) goesOn(next *Cluster) bool {
	if c.sessionsOnly && next.sessionsOnly {
		return true
	}
	if c.Protocol != config.ClusterHTTP1 && c.Heads != next.Heads {
		return false // a connection with HTTP/2 has told its peer what it takes
	}
	return c.Protocol == next.Protocol && reflect.DeepEqual(c.Security, next.Security)
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

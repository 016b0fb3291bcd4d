package health

import (
	"slices"
	"strings"
	"time"
)

// A Memory is what a process knows of endpoints, for the process that takes its place: windows,
// verdicts and what others have said. Times are ages, since another process has another clock. It
// can be written as JSON.
type Memory struct {
	Clusters  []ClusterMemory
	Witnesses []WitnessMemory
}

// ClusterMemory is what is known of a cluster.
type ClusterMemory struct {
	Name      string
	Alike     bool // all endpoints fail alike
	Endpoints []EndpointMemory
}

// EndpointMemory is what is known of an endpoint.
type EndpointMemory struct {
	Name, Address      string
	Counts             Counts // in the window
	Weight, Left, Slow float64
	Checks             uint64 // the last active checks
	Down               bool
	Lately             uint8
	Told               time.Duration // since then
	InRow              uint64
	Out, Gone          bool
	Slowly             time.Duration // since its slow start began; 0: there is none
	Rest, Rested       time.Duration // how long it is left alone, and for how long from now on
}

// WitnessMemory is what another node has said.
type WitnessMemory struct {
	Name    string
	Age     time.Duration
	Holds   time.Duration
	Suspect bool
	Sights  []Sight
}

// Remember returns what is known of all endpoints at a time of the clock that Judge gets.
func (r *Registry) Remember(now time.Time) (m Memory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, g := range r.groups {
		m.Clusters = append(m.Clusters, g.remember(name, now))
	}
	slices.SortFunc(m.Clusters, func(a, b ClusterMemory) int {
		return strings.Compare(a.Name, b.Name)
	})
	for _, w := range r.witnesses {
		m.Witnesses = append(m.Witnesses, WitnessMemory{
			Name: w.Name, Age: now.Sub(w.Heard), Holds: w.Holds, Suspect: w.Suspect,
			Sights: w.Sights,
		})
	}
	return m
}

// remember is Remember of one cluster name. Registry.mu is held.
func (g *group) remember(name string, now time.Time) ClusterMemory {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := ClusterMemory{Name: name, Alike: g.alike}
	for name, e := range g.endpoints {
		m := EndpointMemory{
			Name: name, Address: e.address, Counts: e.counts, Weight: e.weight, Left: e.left,
			Slow: e.slow, Checks: e.checks.Load(), Down: e.down, Lately: uint8(e.lately),
			Told: since(now, e.told), InRow: e.inRow, Out: e.out, Gone: e.gone,
			Slowly: since(now, e.since), Rest: e.rest,
		}
		if e.rested.After(now) {
			m.Rested = e.rested.Sub(now)
		}
		c.Endpoints = append(c.Endpoints, m)
	}
	slices.SortFunc(c.Endpoints, func(a, b EndpointMemory) int {
		return strings.Compare(a.Name, b.Name)
	})
	return c
}

// since is how long ago a time was; 0 for one that never was.
func since(now, then time.Time) time.Duration {
	if then.IsZero() {
		return 0
	}
	return max(now.Sub(then), 1)
}

// before is the time that was so long ago; the zero time for 0.
func before(now time.Time, age time.Duration) time.Time {
	if age <= 0 {
		return time.Time{}
	}
	return now.Add(-age)
}

// Recall takes up what the process before knew, at a time of the clock that Judge gets. It is for
// before the first Cluster is asked for. What is in the window counts as if it had come just now:
// it is forgotten later than it would have been, and not sooner.
func (r *Registry) Recall(m Memory, now time.Time) {
	r.mu.Lock()
	for i := range m.Clusters {
		c := &m.Clusters[i]
		g := r.groups[c.Name]
		if g == nil {
			g = &group{endpoints: make(map[string]*Endpoint)}
			r.groups[c.Name] = g
		}
		g.alike = c.Alike
		for j := range c.Endpoints {
			e := c.Endpoints[j].endpoint(now)
			e.plan = r.plan
			g.endpoints[c.Endpoints[j].Name] = e
		}
	}
	r.mu.Unlock()
	for i := range m.Witnesses {
		w := &m.Witnesses[i]
		r.Hear(Witness{
			Name: w.Name, Heard: now.Add(-w.Age), Holds: w.Holds, Suspect: w.Suspect,
			Sights: w.Sights,
		})
	}
}

// endpoint is the state of an endpoint that goes on from its memory.
func (m *EndpointMemory) endpoint(now time.Time) *Endpoint {
	share := func(f float64) float64 { return min(max(f, 0), 1) }
	e := &Endpoint{
		address: m.Address, weight: share(m.Weight), left: share(m.Left), slow: share(m.Slow),
		counts: m.Counts, down: m.Down, lately: min(lately(m.Lately), failing),
		told: before(now, m.Told), inRow: m.InRow, out: m.Out, gone: m.Gone,
		since: before(now, m.Slowly), rest: m.Rest, turned: now,
	}
	for i := range m.Counts {
		e.counters[i].Store(m.Counts[i])
	}
	e.total, e.failed = m.Counts.Total(), m.Counts.Failed()
	e.recent = uint32(min(e.total, 1<<32-1))
	e.share = m.Counts.Share()
	if e.down {
		e.share = 1
	}
	e.checks.Store(m.Checks)
	e.seen = m.Checks >> (checkBits * fall)
	if e.seen > 0 {
		e.checked = now
	}
	if m.Rested > 0 {
		e.rested = now.Add(m.Rested)
	}
	return e
}

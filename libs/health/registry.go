package health

import (
	"cmp"
	"maps"
	"sync"
	"time"
)

// Registry keeps the state of endpoints while plans come and go. All its methods may be called at
// the same time; they are for building plans, not for the hot path.
type Registry struct {
	mu     sync.Mutex
	plan   uint64            // guarded by mu; counts plans
	groups map[string]*group // guarded by mu; by cluster name

	witnesses map[string]*Witness // guarded by mu; what other nodes have said, by their names
	cutOff    time.Time           // guarded by mu; when this node last seemed to be cut off
}

// group is what outlives the plans of one cluster name.
type group struct {
	endpoints map[string]*Endpoint // guarded by Registry.mu; by name
	judging
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{groups: make(map[string]*group), witnesses: make(map[string]*Witness)}
}

// Configured is one endpoint as the document has it. Weight 0 takes it out.
type Configured struct {
	Address string
	Weight  int
	// Shown is what the endpoint is called here and among nodes, "" for its address. It is unique
	// in the cluster. Another address of the same name is another endpoint.
	Shown string
	// Backup says that it gets traffic only while no endpoint that is none can take it.
	Backup bool
}

// Cluster returns the endpoints of a cluster as one plan sees them. For an address that the cluster
// had before under the same name, windows and verdicts go on, so its weight starts where it was.
func (r *Registry) Cluster(name string, s Settings, endpoints []Configured) *Cluster {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[name]
	if g == nil {
		g = &group{endpoints: make(map[string]*Endpoint)}
		r.groups[name] = g
	}
	c := &Cluster{settings: s.normal(), shared: &g.judging, members: make([]member, len(endpoints))}
	seen, fresh := make(map[*Endpoint]bool, len(endpoints)), false
	joins := len(g.endpoints) > 0
	for i, configured := range endpoints {
		name := cmp.Or(configured.Shown, configured.Address)
		e := g.endpoints[name]
		if e == nil || e.address != configured.Address {
			e = &Endpoint{address: configured.Address, weight: 1, left: 1, slow: 1, absent: true}
			g.endpoints[name], fresh = e, true
		}
		e.plan = r.plan
		if !seen[e] {
			seen[e] = true
			c.distinct = append(c.distinct, e)
		}
		c.members[i] = member{
			Endpoint: e, address: name, configured: max(configured.Weight, 0),
			backup: configured.Backup,
		}
		c.backups = c.backups || configured.Backup
	}
	if fresh {
		r.recall(name, g)
	}
	c.start(joins)
	return c
}

// recall tells a group what was said of it before it had all its endpoints. r.mu is held.
func (r *Registry) recall(name string, g *group) {
	for _, w := range r.witnesses {
		for _, s := range w.Sights {
			if s.Cluster == name {
				g.hear(w, s)
			}
		}
	}
}

// NextPlan says that the clusters asked for from now on are those of another plan. What neither
// that plan nor the one before it asks for is forgotten at the next call; until then a rollback
// finds it again. The holder of a forgotten Cluster may go on using it.
func (r *Registry) NextPlan() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, g := range r.groups {
		maps.DeleteFunc(g.endpoints, func(_ string, e *Endpoint) bool { return e.plan+1 < r.plan })
		if len(g.endpoints) == 0 {
			delete(r.groups, name)
		}
	}
	r.plan++
}

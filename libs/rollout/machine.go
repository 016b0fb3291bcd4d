package rollout

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Settings are those of the machine, for every rollout.
type Settings struct {
	// LostAfter is how long a node may be silent, or gone, until it counts as lost.
	LostAfter time.Duration
	// Grace is how long nodes have to come back after the machine was made: it may have been away,
	// and not they.
	Grace time.Duration
}

// DefaultSettings are for nodes that send a heartbeat each second.
func DefaultSettings() Settings {
	return Settings{LostAfter: 10 * time.Second, Grace: 30 * time.Second}
}

// Machine is the state of a fleet's rollouts and what its nodes say. It is not safe for concurrent
// use.
type Machine struct {
	settings Settings
	state    State
	nodes    map[string]*Node
	started  time.Time
	highest  uint64 // revision that a node knows, beyond the state's

	baking      time.Time // since when every node of the step runs it; zero: not yet
	waits       string    // what for
	comparisons []Comparison
	doubts      string               // a gate that may be broken and needs more requests to tell
	doubted     time.Time            // when it last was so
	said        map[string]complaint // of nodes of the run, by name
	events      []Event
	noted       map[[2]string]bool // by node and subject
}

// New returns a machine that goes on from a state.
func New(settings Settings, state State, now time.Time) *Machine {
	return &Machine{
		settings: settings, state: state, nodes: map[string]*Node{}, started: now,
		said: map[string]complaint{}, noted: map[[2]string]bool{},
	}
}

// State is the state, to look at.
func (m *Machine) State() *State { return &m.state }

// Nodes returns the nodes, by name. They are to look at.
func (m *Machine) Nodes() []*Node {
	out := slices.Collect(maps.Values(m.nodes))
	slices.SortFunc(out, func(a, b *Node) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Node returns a node, nil if there is none of the name.
func (m *Machine) Node(name string) *Node { return m.nodes[name] }

// Apply changes the state as a stored record says.
func (m *Machine) Apply(r Record) error {
	before := m.state.Run
	if err := m.state.Apply(r); err != nil {
		return err
	}
	switch run := m.state.Run; {
	case run == nil, before == nil, before.Step != run.Step, before.Revision != run.Revision,
		r.Kind == Paused, r.Kind == Resumed, r.Kind == Asked:
		m.baking, m.waits = time.Time{}, ""
	}
	switch {
	case r.Kind == Began:
		m.comparisons, m.doubts, m.events = nil, "", nil
		clear(m.said)
		clear(m.noted)
	case r.All:
		for _, n := range m.nodes {
			n.restarted = false
		}
	}
	return nil
}

// An Assignment is what a node is to run.
type Assignment struct {
	Revision uint64 // 0: what it runs
	Digest   string // "" with a revision: its own file
}

// Assignment returns what a node is to run.
func (m *Machine) Assignment(name string) Assignment {
	if run := m.state.Run; run != nil && run.Returning == 0 && run.goesTo(name) {
		return Assignment{run.Revision, m.state.Find(run.Revision).Digest}
	}
	if good := m.state.Find(m.state.Good); good != nil {
		return Assignment{good.Number, good.Digest}
	}
	return Assignment{}
}

func (r *Run) goesTo(name string) bool {
	_, ok := r.Nodes[name]
	return ok || r.All
}

// A Hello is how a node comes.
type Hello struct {
	Name, Service, Version, Boot string
	Labels                       map[string]string
	Digest                       string
	Revision                     uint64
}

// Seen notes that a node is there, for the first time or again.
func (m *Machine) Seen(now time.Time, h Hello) {
	n := m.nodes[h.Name]
	if n == nil {
		n = &Node{Name: h.Name, digest: h.Digest}
		m.nodes[h.Name] = n
	}
	if run := m.state.Run; n.Boot != "" && n.Boot != h.Boot && run != nil &&
		(n.Connected || n.Since.After(run.StepSince)) {
		n.restarted = true
	}
	if !n.Connected {
		n.Since = now
	}
	if n.Boot != h.Boot {
		n.uptime = 0
	}
	n.Service, n.Version, n.Boot, n.Labels = h.Service, h.Version, h.Boot, h.Labels
	n.Connected, n.Heard, n.Digest, n.Revision = true, now, h.Digest, h.Revision
	n.beaten = now
	m.knows(h.Revision)
}

// knows notes that a node has a revision. A number more than a leap higher is none that was ever
// given out here, and taking it would let one node use them all up.
func (m *Machine) knows(revision uint64) {
	if revision > m.highest && revision < m.state.Last+MaxLeap/2 {
		m.highest = revision
	}
}

// Gone notes that a node's connection has ended.
func (m *Machine) Gone(now time.Time, name string) {
	if n := m.nodes[name]; n != nil && n.Connected {
		n.Connected, n.Since = false, now
	}
}

// Answered notes what a node has made of an assignment.
func (m *Machine) Answered(now time.Time, name string, a Answer) {
	n := m.nodes[name]
	if n == nil {
		return
	}
	a.At = now
	n.Heard, n.Answer = now, a
	if a.Revision >= n.Revision {
		n.Revision = a.Revision
		if a.Applied {
			n.Digest = a.Digest
		}
	}
}

// Heard notes a heartbeat: what a node runs, and how its requests have gone since the one before.
// Numbers that can't be are not counted, and refused says why, "" where they were; news is true for
// the first of their kind in a rollout.
func (m *Machine) Heard(
	now time.Time, name, digest string, revision uint64, t Traffic,
) (refused string, news bool) {
	n := m.nodes[name]
	if n == nil {
		return "", false
	}
	since := now.Sub(n.beaten)
	n.Heard, n.beaten = now, now
	n.Digest, n.Revision = digest, max(n.Revision, revision)
	m.knows(revision)
	if refused = t.impossible(since, n.uptime); refused != "" {
		return refused, m.Doubt(now, name, refused)
	}
	n.LastBeat, n.uptime = t, max(n.uptime, t.Uptime)
	if t.Window > longestWindow {
		// Of another time, as after a pause of the connection; a gate compares what was at once.
		t = Traffic{}
	}
	if digest != n.digest {
		n.apart = n.apartFrom(m.nodes, now)
	}
	n.beat(now, digest, t)
	return "", false
}

// Forget drops nodes that are gone since long: a fleet whose nodes are replaced gives the new ones
// new names.
func (m *Machine) Forget(now time.Time, after time.Duration) {
	maps.DeleteFunc(m.nodes, func(name string, n *Node) bool {
		return !n.Connected && now.Sub(n.Since) > after &&
			(m.state.Run == nil || m.state.Run.Nodes[name] == "")
	})
}

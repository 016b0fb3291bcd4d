package rollout

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
)

// Next is the number for a revision that is to be published.
func (m *Machine) Next() uint64 { return max(m.state.Last, m.highest) + 1 }

// Publish returns the record of a revision that is to wait its turn, or to replace what runs.
func (m *Machine) Publish(now time.Time, r Record) Record {
	r.Kind, r.Time, r.Revision = Published, now, m.Next()
	if run := m.state.Run; r.Replace && run != nil && run.Returning == 0 {
		r.Return, r.Revision = r.Revision, r.Revision+1
	}
	return r
}

// Decide returns the next record, if it is time for one. The driver stores it and gives it to
// Apply, and asks again.
func (m *Machine) Decide(now time.Time) (Record, bool) {
	run := m.state.Run
	switch {
	case run == nil && len(m.state.Waiting) > 0:
		return Record{Kind: Began, Time: now, Revision: m.state.Waiting[0]}, true
	case run == nil:
		return Record{}, false
	case run.Returning > 0:
		return m.settle(now, run)
	}
	spec := m.state.Find(run.Revision).Spec
	v := m.look(now, run, spec.Gates)
	if v.reason != "" {
		return m.takeBack(now, "", v.reason), true
	}
	if run.Step > 0 {
		baked := m.baked(now, run, spec)
		if v.alone != "" {
			if r, ok := m.second(now, run, spec, v, baked); ok {
				return r, true
			}
		}
		if !baked || m.unsettled(now, run, spec) {
			return Record{}, false
		}
		if run.All {
			return Record{Kind: Ended, Time: now, Revision: run.Revision, Reason: m.summary()}, true
		}
	}
	if run.Paused {
		m.waits = "it is paused"
		return Record{}, false
	}
	return m.step(now, run, spec)
}

func (m *Machine) takeBack(now time.Time, by, reason string) Record {
	return Record{
		Kind: Returned, Time: now, Revision: m.state.Run.Revision, Return: m.Next(), By: by,
		Reason: reason,
	}
}

// settle ends a run that is taken back, when every node that is there is back from it. Until then
// nothing else begins: there would be three digests at once.
func (m *Machine) settle(now time.Time, run *Run) (Record, bool) {
	good, bad := m.state.Find(run.Returning), m.state.Find(run.Revision).Digest
	var away []string
	for _, n := range m.nodes {
		if n.Connected && run.goesTo(n.Name) &&
			(n.Revision < good.Number || bad != good.Digest && n.Digest == bad) {
			away = append(away, n.Name)
		}
	}
	if len(away) == 0 && now.Sub(m.started) >= m.comeback() {
		return Record{Kind: Ended, Time: now, Revision: run.Revision}, true
	}
	m.waits = "nodes have not all come back"
	if len(away) > 0 {
		m.waits = "not back yet: " + list(away)
	}
	return Record{}, false
}

// comeback is how long after its start the machine can't tell that a node is gone from that it has
// not come yet.
func (m *Machine) comeback() time.Duration { return min(m.settings.Grace, m.settings.LostAfter) }

// step goes one step further, if there is a node to go to.
func (m *Machine) step(now time.Time, run *Run, spec Spec) (Record, bool) {
	next := Record{Kind: Stepped, Time: now, Revision: run.Revision, Step: run.Step + 1}
	if next.Step >= len(spec.Steps) {
		next.All = true
		if run.Step == 0 && m.connected() == 0 {
			m.waits = "no node is connected"
			return Record{}, false
		}
		return next, true
	}
	next.Nodes = m.pick(now, run, spec.Steps[next.Step-1])
	if len(next.Nodes) == 0 && len(run.Nodes) == 0 {
		m.waits = "no connected node can be the first"
		if labels := spec.Steps[next.Step-1].Labels; len(labels) > 0 {
			m.waits = fmt.Sprintf("no connected node has the labels %v of step %d", labels,
				next.Step)
		}
		return Record{}, false
	}
	return next, true
}

func (m *Machine) connected() (n int) {
	for _, x := range m.nodes {
		if x.Connected {
			n++
		}
	}
	return n
}

// pick returns the nodes that a step goes to besides those that were reached already. Nodes with
// requests come first, since others prove nothing; among them it is another one each time.
func (m *Machine) pick(now time.Time, run *Run, step Step) map[string]string {
	type candidate struct {
		node *Node
		idle bool
		rank uint64
	}
	var all []candidate
	for _, n := range m.nodes {
		if n.Connected && n.Boot != "" && !run.goesTo(n.Name) && n.has(step.Labels) {
			h := fnv.New64a()
			fmt.Fprintf(h, "%d %s", run.Revision, n.Name)
			idle := n.LastBeat.Requests == 0 || n.Doubtful(now)
			all = append(all, candidate{n, idle, h.Sum64()})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		switch {
		case a.idle != b.idle && b.idle, a.idle == b.idle && a.rank < b.rank:
			return -1
		}
		return 1
	})
	want := step.Count
	if step.Percent > 0 {
		want = (m.connected()*step.Percent + 99) / 100
	}
	picked := map[string]string{}
	for _, c := range all[:max(0, min(want-len(run.Nodes), len(all)))] {
		picked[c.node.Name] = c.node.Boot
	}
	return picked
}

// baked says whether every node of the step runs it, and has done so for long enough.
func (m *Machine) baked(now time.Time, run *Run, spec Spec) bool {
	digest := m.state.Find(run.Revision).Digest
	var open []string
	for name := range m.reached(run) {
		n := m.nodes[name]
		switch {
		case n == nil || !n.Connected:
			// Until it counts as lost it may come back; a gate that does not mind it need not wait
			// longer.
			if !m.lost(now, run, name, spec.Gates) {
				open = append(open, name)
			}
		case n.answered(run.Revision, digest), m.lost(now, run, name, spec.Gates):
			// It runs it; or it has refused, or keeps silent, and the gates let it.
		default:
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		m.baking, m.waits = time.Time{}, "no answer yet: "+list(open)
		return false
	}
	if m.baking.IsZero() {
		m.baking = now
	}
	if run.Paused {
		m.waits = "it is paused"
		return false
	}
	m.waits = ""
	return now.Sub(m.baking) >= spec.Steps[min(run.Step, len(spec.Steps))-1].Bake
}

// reached are the names of nodes that a run goes to, as far as they are known.
func (m *Machine) reached(run *Run) map[string]string {
	if !run.All {
		return run.Nodes
	}
	all := maps.Clone(run.Nodes)
	if all == nil {
		all = map[string]string{}
	}
	for name, n := range m.nodes {
		// One that was gone before it could be given anything is not the rollout's.
		if _, ok := all[name]; !ok && (n.Connected || n.Since.After(run.StepSince)) {
			all[name] = n.Boot
		}
	}
	return all
}

// lost says whether a node that was reached is heard of no more, or does not answer.
func (m *Machine) lost(now time.Time, run *Run, name string, gates Gates) bool {
	n := m.nodes[name]
	// From when it was given it, and not from the last step: what others are given is no reason to
	// wait for this one again.
	latest := run.given(name)
	later := func(t time.Time) {
		if t.After(latest) {
			latest = t
		}
	}
	if n == nil {
		return now.Sub(m.started) >= m.settings.Grace
	}
	if !n.Connected {
		later(n.Since)
		later(m.started.Add(m.settings.Grace - m.settings.LostAfter))
		return now.Sub(latest) >= m.settings.LostAfter
	}
	if now.Sub(n.Heard) >= m.settings.LostAfter {
		return true
	}
	later(n.Since)
	later(m.started)
	return !n.answered(run.Revision, m.state.Find(run.Revision).Digest) &&
		now.Sub(latest) >= gates.Answer
}

// summary says at the end what the gates have seen.
func (m *Machine) summary() string {
	for _, c := range m.comparisons {
		if c.Judged {
			return ""
		}
	}
	return "there were too few requests to judge it by them"
}

// list names some nodes, the first few by name.
func list(names []string) string {
	slices.Sort(names)
	const few = 5
	if more := len(names) - few; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), more)
	}
	return strings.Join(names, ", ")
}

package rollout

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A verdict is what the gates make of a run.
type verdict struct {
	reason string // to take it back; "" for none
	// alone is a node that is the only one to complain, "" for none. That takes nothing back: the
	// node may be broken, or lie.
	alone string
	says  complaint
	heard []string // others that could tell, and do not complain
}

// A complaint is what the gates see of one node.
type complaint struct {
	gate string // "" where it is not about requests
	text string
}

// look holds what nodes do against the gates of a run.
func (m *Machine) look(now time.Time, run *Run, gates Gates) (v verdict) {
	if run.Step == 0 {
		return v
	}
	reached := m.reached(run)
	var refused, restarted, lost []string
	why := ""
	for name, boot := range reached {
		n := m.nodes[name]
		if m.lost(now, run, name, gates) {
			lost = append(lost, name)
		}
		if n == nil {
			continue
		}
		if n.Answer.Revision == run.Revision && !n.Answer.Applied {
			refused = append(refused, name)
			why = n.Answer.Reason
		}
		if _, picked := run.Nodes[name]; n.Boot != boot || !picked && n.restarted {
			restarted = append(restarted, name)
		}
	}
	if over(refused, gates.Nacks) {
		v.reason = strings.TrimSuffix(fmt.Sprintf("refused by %s: %s", list(refused), why), ": ")
		return v
	}
	ends := map[string]complaint{} // of nodes that ended
	for _, g := range []struct {
		nodes []string
		most  int
		text  string
	}{
		{restarted, gates.Restarts, "started anew: "},
		{lost, gates.Lost, "lost, or without an answer: "},
	} {
		switch {
		case !over(g.nodes, g.most):
		case len(g.nodes) > 1:
			v.reason = g.text + list(g.nodes)
			return v
		default:
			ends[g.nodes[0]] = complaint{text: g.text + g.nodes[0]}
		}
	}
	v = m.compare(now, run, gates, reached)
	if v.reason != "" {
		return v
	}
	said := maps.Clone(m.said)
	maps.Copy(said, ends)
	m.complaints(&v, said, reached)
	return v
}

// compare asks the gates that look at requests.
func (m *Machine) compare(
	now time.Time, run *Run, gates Gates, reached map[string]string,
) (v verdict) {
	e := m.gather(now, run, reached)
	var all []finding
	for _, g := range []shareGate{
		{gateErrors, gates.Errors, gates.MinRequests, errorsOf},
		{gateConnects, gates.Connects, gates.MinRequests, connectsOf},
	} {
		if g.increase >= 0 {
			all = append(all, g.judge(e))
		}
	}
	if gates.P99 >= 0 {
		g := tailGate{gates.P99, gates.MinRequests}
		all = append(all, g.judge(e))
	}
	m.comparisons = m.comparisons[:0:0]
	able := map[string]bool{}
	for _, f := range all {
		m.comparisons = append(m.comparisons, f.Comparison)
		if f.Breached && v.reason == "" {
			v.reason = f.Comparison.String()
		}
		if f.unsure {
			m.doubts, m.doubted = f.Comparison.String(), now
		}
		for _, name := range f.clear {
			able[name] = true
		}
	}
	// What a node has said of its answers stands until it says otherwise: it may be gone by now.
	maps.DeleteFunc(m.said, func(name string, c complaint) bool {
		return able[name] || c.gate == gateP99
	})
	for _, f := range all {
		for _, name := range f.complain {
			m.said[name] = complaint{f.Gate, f.Comparison.String()}
			delete(able, name)
		}
	}
	v.heard = slices.Sorted(maps.Keys(able))
	return v
}

// complaints weighs what single nodes say. Two that complain and are most of those on the new
// snapshot are believed.
func (m *Machine) complaints(
	v *verdict, said map[string]complaint, reached map[string]string,
) {
	maps.DeleteFunc(said, func(name string, _ complaint) bool {
		_, ok := reached[name]
		return !ok
	})
	names := slices.Sorted(maps.Keys(said))
	v.heard = slices.DeleteFunc(v.heard, func(name string) bool { return said[name].text != "" })
	switch {
	case len(names) > 1 && 2*len(names) > len(reached):
		v.reason = said[names[0]].text
		if other := said[names[1]].text; other != v.reason {
			v.reason = fmt.Sprintf("%s and %s complain: %s; %s", names[0], names[1], v.reason,
				other)
		}
	case len(names) == 1:
		v.alone, v.says = names[0], said[names[0]]
	}
}

// second looks for somebody who bears out the only node that complains. Where that node is the only
// one on the new snapshot another gets it too. Where there is nobody else its word counts.
func (m *Machine) second(
	now time.Time, run *Run, spec Spec, v verdict, baked bool,
) (r Record, decided bool) {
	digest := m.state.Find(run.Revision).Digest
	waiting := false
	for name := range m.reached(run) {
		n := m.nodes[name]
		if name == v.alone || n == nil || m.lost(now, run, name, spec.Gates) {
			continue
		}
		switch {
		case !baked || !n.Connected:
			waiting = true
		case v.says.gate == "" && n.answered(run.Revision, digest),
			v.says.gate != "" && m.speaking() > 2 && n.speaks(now):
			v.heard = append(v.heard, name)
		}
	}
	switch {
	case len(v.heard) > 0:
		if baked {
			m.note(now, v.alone, "alone", fmt.Sprintf(
				"it is the only one to complain, and takes nothing back alone: %s", v.says.text))
		}
		return Record{}, false
	case waiting:
		return Record{}, false
	}
	if name, boot := m.another(now, run, spec, v.says); name != "" {
		return Record{
			Kind: Asked, Time: now, Revision: run.Revision, Nodes: map[string]string{name: boot},
			Reason: fmt.Sprintf("%s is to bear out what %s says: %s", name, v.alone, v.says.text),
		}, true
	}
	return m.takeBack(now, "", v.says.text), true
}

// another is a node that can bear out a complaint, "" if there is none.
func (m *Machine) another(now time.Time, run *Run, spec Spec, c complaint) (name, boot string) {
	if run.All || c.gate == gateP99 && m.speaking() < len(run.Nodes)+2 {
		return "", "" // it would have nobody to be compared with
	}
	for name, boot := range m.pick(now, run, Step{
		Count: len(run.Nodes) + 1, Labels: spec.Steps[min(run.Step, len(spec.Steps))-1].Labels,
	}) {
		if c.gate == "" || m.nodes[name].speaks(now) {
			return name, boot
		}
	}
	return "", ""
}

// speaks says whether a node has requests and is believed of them.
func (n *Node) speaks(now time.Time) bool {
	return n.Connected && n.LastBeat.Requests > 0 && !n.Doubtful(now)
}

// speaking is how many nodes have requests.
func (m *Machine) speaking() (n int) {
	for _, x := range m.nodes {
		if x.Connected && x.LastBeat.Requests > 0 {
			n++
		}
	}
	return n
}

// patience is how long a step goes on after its bake time where a gate needs more requests to tell,
// and calm how long it has to be sure for the next step.
const (
	patience = 2 * time.Minute
	calm     = 15 * time.Second
)

// unsettled says whether more requests may tell what a gate can't say yet. In the last step there
// is nobody left to compare with.
func (m *Machine) unsettled(now time.Time, run *Run, spec Spec) bool {
	if m.doubts == "" || now.Sub(m.doubted) > calm || run.All {
		return false
	}
	bake := spec.Steps[min(run.Step, len(spec.Steps))-1].Bake
	if m.baking.IsZero() || now.Sub(m.baking) >= bake+patience {
		return false
	}
	m.waits = "more requests are needed to tell: " + m.doubts
	return true
}

func over(names []string, most int) bool { return most >= 0 && len(names) > most }

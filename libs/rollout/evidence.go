package rollout

import (
	"slices"
	"time"
)

// Evidence is what the nodes of a run say, by second, for gates to look at.
type evidence struct {
	now        time.Time
	fresh, old []witness
}

// A witness is a node with its traffic on one side of a run, of seconds that count.
type witness struct {
	node  *Node
	slots []*slot // by second; nil where there is none
	total Traffic // without latencies
}

// gather collects what nodes say that are reached by a run, and what those say that are not.
func (m *Machine) gather(now time.Time, run *Run, reached map[string]string) *evidence {
	digest := m.state.Find(run.Revision).Digest
	e := &evidence{now: now}
	for _, n := range m.Nodes() {
		if n.Doubtful(now) {
			continue
		}
		if _, ok := reached[n.Name]; ok && n.digest == digest {
			// The digest may have been tried a moment ago, and what was wrong be right now.
			e.fresh = n.testify(e.fresh, now, func(s *slot) bool {
				return s.digest == digest && !s.began.Add(slotTime).Before(run.Since)
			})
		}
		e.old = n.testify(e.old, now, func(s *slot) bool { return s.digest != digest })
	}
	return e
}

// testify adds the node's traffic to a group, if there is some.
func (n *Node) testify(to []witness, now time.Time, wanted func(*slot) bool) []witness {
	var w *witness
	for i := range n.slots {
		s := &n.slots[i]
		if !s.current(now) || !wanted(s) || s.traffic.silent() {
			continue
		}
		if w == nil {
			to = append(to, witness{node: n, slots: make([]*slot, slots)})
			w = &to[len(to)-1]
		}
		w.slots[i] = s
		w.total.Requests += s.traffic.Requests
		w.total.Errors += s.traffic.Errors
		w.total.Connects += s.traffic.Connects
	}
	return to
}

func (t *Traffic) silent() bool {
	return t.Requests == 0 && t.Errors == 0 && t.Connects == 0 && len(t.Latency) == 0
}

// ranked is a copy in order.
func ranked(all []float64) []float64 {
	all = slices.Clone(all)
	slices.Sort(all)
	return all
}

package shares

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// A Holding is what a node has of a limit: Base until BaseUntil, and Extra beside it until
// ExtraUntil.
type Holding struct {
	Base, Extra           uint32 // of Whole
	BaseUntil, ExtraUntil time.Duration
}

// At is the share at a time.
func (h *Holding) At(now time.Duration) (share uint32) { return h.baseAt(now) + h.extraAt(now) }

// holder is what a node holds of all its limits.
type holder struct {
	limits  map[ID]*held
	changed map[ID]bool
	over    bool // it holds nothing any more, for good

	leader string // who has answered last; "": nobody lately
	heard  time.Duration
	pace   time.Duration
	next   time.Duration // when to report again
	last   time.Duration // when it has reported
	seq    uint64        // of the last report
	sent   []question    // that may be answered yet, the oldest first
}

// held is what is held of one limit.
type held struct {
	Holding
	applied      uint64 // the question whose answer was applied last
	demand, unit uint32
}

type question struct {
	seq  uint64
	when time.Duration
}

func newHolder() holder {
	return holder{
		limits: make(map[ID]*held), changed: make(map[ID]bool), pace: leastPace,
	}
}

// Want says what the requests of a limit ask for now, of Whole, and what is the least that is of
// use. short says that some were refused, so that the leader is asked at once.
func (n *Node) Want(now time.Duration, id ID, demand, unit uint32, short bool) {
	h := n.holder.limits[id]
	if h == nil {
		// Answers to earlier questions are of a time when it had this limit before.
		h = &held{applied: n.holder.seq}
		n.holder.limits[id] = h
		short = true
	}
	h.demand, h.unit = min(demand, Whole), min(max(unit, 1), Whole)
	if short {
		n.soon(now)
	}
}

// Drop says that this node has no such limit any more.
func (n *Node) Drop(id ID) {
	delete(n.holder.limits, id)
	delete(n.holder.changed, id)
}

// Holds is what this node holds of a limit.
func (n *Node) Holds(id ID) Holding {
	if h := n.holder.limits[id]; h != nil {
		return h.Holding
	}
	return Holding{}
}

// Changed returns the limits of which this node holds something else than at the last call.
func (n *Node) Changed() []ID {
	ids := slices.Sorted(maps.Keys(n.holder.changed))
	clear(n.holder.changed)
	return ids
}

// soon has the next report sent at once, or as soon after the last one as it may.
func (n *Node) soon(now time.Duration) {
	h := &n.holder
	h.next = min(h.next, max(now, h.last+hurry))
}

// report tells the leader what this node holds and wants, or all voters where it does not know who
// leads.
func (n *Node) report(now time.Duration) {
	h := &n.holder
	if now < h.next || h.over || len(h.limits) == 0 {
		return
	}
	if h.leader != "" && now-h.heard > 3*h.pace {
		h.leader = ""
	}
	h.last, h.next = now, now+h.pace-h.pace/8+n.between(0, h.pace/4)
	for i := 0; i < len(h.sent); i++ {
		if now-h.sent[i].when <= tooLate {
			h.sent = h.sent[i:]
			break
		}
	}
	to := n.voters.nodes
	if h.leader != "" {
		to = []string{h.leader}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(h.limits)), maxEntries) {
		for _, name := range to {
			if name != "" {
				n.send(name, n.question(now, ids))
			}
		}
	}
}

// question makes a report of some limits. No two have the same number, so that what an answer is to
// is known.
func (n *Node) question(now time.Duration, ids []ID) []byte {
	h := &n.holder
	h.seq++
	if len(h.sent) >= maxSent {
		h.sent = slices.Delete(h.sent, 0, 1+len(h.sent)-maxSent)
	}
	h.sent = append(h.sent, question{h.seq, now})
	r := report{
		name: n.name, life: n.life, seq: h.seq, digest: n.voters.Digest(), leaving: n.leaving,
	}
	for _, id := range ids {
		l := h.limits[id]
		w := wish{id: id, applied: l.applied, demand: l.demand, unit: l.unit}
		w.base, w.extra = l.baseAt(now), l.extraAt(now)
		r.entries = append(r.entries, w)
	}
	return r.encode()
}

// granted takes what the leader gives.
func (n *Node) granted(now time.Duration, g *grant) {
	h := &n.holder
	i, found := slices.BinarySearchFunc(h.sent, g.seq, func(q question, seq uint64) int {
		return cmp.Compare(q.seq, seq)
	})
	if g.life != n.life || !found || h.over {
		return
	}
	from := h.sent[i].when
	if now-from > tooLate {
		return
	}
	if !n.rules.fromAsking {
		from = now
	}
	h.leader, h.heard = g.leader, now
	h.pace = min(max(time.Duration(g.pace)*time.Millisecond, leastPace), mostPace)
	for _, e := range g.entries {
		l := h.limits[e.id]
		if l == nil || n.rules.inOrder && g.seq <= l.applied {
			continue
		}
		l.applied = g.seq
		old := l.Holding
		next := Holding{
			Base: e.base, BaseUntil: from + n.rules.base,
			Extra: e.extra, ExtraUntil: from + n.rules.extra,
		}
		if n.rules.neverMore && g.keeps&keepsBase != 0 {
			next.Base = min(next.Base, old.baseAt(now))
		}
		if n.rules.neverMore && g.keeps&keepsExtra != 0 {
			next.Extra = min(next.Extra, old.extraAt(now))
		}
		if !n.rules.ends {
			next.BaseUntil, next.ExtraUntil = math.MaxInt64, math.MaxInt64
		}
		l.Holding = next
		h.changed[e.id] = true
		if next.Base < old.baseAt(now) || next.Extra < old.extraAt(now) {
			n.soon(now) // somebody waits for it
		}
	}
}

func (h *Holding) baseAt(now time.Duration) uint32 {
	if now < h.BaseUntil {
		return h.Base
	}
	return 0
}

func (h *Holding) extraAt(now time.Duration) uint32 {
	if now < h.ExtraUntil {
		return h.Extra
	}
	return 0
}

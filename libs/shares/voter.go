package shares

import (
	"slices"
	"time"
)

// voter is what a node has promised to candidates.
type voter struct {
	silentUntil time.Duration // it may have promised something before it started
	owner       uint64        // the candidate that it has promised to; 0: none
	round       uint64        // of that candidate
	until       time.Duration
	// foreign is until when it elects nobody new, since others have other voters.
	foreign time.Duration
}

// promised says whether a voter has promised to another candidate.
func (v *voter) promised(now time.Duration, candidate uint64) bool {
	return v.owner != 0 && v.owner != candidate && now < v.until
}

// willing says whether this node may promise to a candidate now.
func (n *Node) willing(now time.Duration, m *vote) bool {
	v := &n.voter
	if n.voters.self < 0 || n.leaving || now < v.silentUntil {
		return false
	}
	if !slices.Equal(m.set, n.voters.set) {
		if n.rules.sameSet {
			// A candidate that proposes has found a majority of others, or leads.
			if m.kind == kindPropose && !adjacent(m.set, n.voters.set) {
				v.foreign = now + abstain
			}
			return false
		}
	}
	if n.rules.exclusive && v.promised(now, m.owner) {
		return false
	}
	renews := v.owner == m.owner && now < v.until
	return renews || now >= v.foreign
}

// asked answers a candidate that wants to know whether it would be promised to.
func (n *Node) asked(now time.Duration, m *vote) {
	if n.willing(now, m) {
		n.reply(m, kindWould)
	}
}

// proposed promises to a candidate.
func (n *Node) proposed(now time.Duration, m *vote) {
	if !n.willing(now, m) {
		return
	}
	v := &n.voter
	if v.owner != m.owner {
		v.round = 0
	}
	v.owner, v.round, v.until = m.owner, max(v.round, m.round), now+n.rules.hold
	n.reply(m, kindPromise)
}

// withdrawn forgets a promise that its candidate makes no use of.
func (n *Node) withdrawn(m *vote) {
	if v := &n.voter; v.owner == m.owner && v.round <= m.round {
		v.owner, v.round, v.until = 0, 0, 0
	}
}

// reply answers a candidate.
func (n *Node) reply(m *vote, kind byte) {
	answer := vote{
		kind: kind, name: n.name, set: m.set, from: n.voters.self, life: n.life,
		round: m.round, owner: m.owner,
	}
	if !n.rules.sameSet { // the simulation: as if there were nothing to compare
		i := slices.Index(m.set, n.voters.set[n.voters.self])
		if i < 0 {
			return
		}
		answer.from = i
	}
	n.send(m.name, answer.encode())
}

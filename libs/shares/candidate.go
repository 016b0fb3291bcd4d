package shares

import (
	"math/bits"
	"slices"
	"time"
)

// candidate is what a node does to lead.
type candidate struct {
	round    uint64        // the last one; they are never used again
	attempts [8]attempt    // the last ones that may make it the leader yet
	asking   attempt       // the question before
	next     time.Duration // when to ask, to propose again, or to give up
	trying   bool          // it has proposed, and does not lead yet
	until    time.Duration // it leads until then
}

// attempt is a round of a candidate.
type attempt struct {
	round uint64 // 0: none
	sent  time.Duration
	yes   uint8 // which voters have said yes
}

func (a *attempt) count(m *vote) int {
	a.yes |= 1 << m.from
	return bits.OnesCount8(a.yes)
}

// Leads says whether this node leads at a time.
func (n *Node) Leads(now time.Duration) bool { return n.office != nil && now < n.candidate.until }

// lapse ends what this node was as a leader, if that has ended.
func (n *Node) lapse(now time.Duration) {
	if n.office != nil && !n.Leads(now) && n.rules.leads {
		n.former, n.office = n.office, nil
	}
}

// campaign does what has to be done to become the leader, or to stay it.
func (n *Node) campaign(now time.Duration) {
	c := &n.candidate
	if n.voters.self < 0 || n.leaving || now < n.voter.silentUntil || now < c.next {
		return
	}
	switch {
	case now >= n.needed: // nobody has limits to share
		if n.office != nil {
			n.withdraw()
		}
	case n.office != nil:
		n.propose(now)
		c.next = now + renew
	case c.trying:
		n.withdraw()
		c.next = now + n.between(answerIn/3, 2*answerIn)
	case c.asking.round != 0:
		c.asking = attempt{}
		c.next = now + n.between(answerIn/3, 2*answerIn)
	case n.voter.promised(now, n.life):
		c.next = n.voter.until + n.between(0, answerIn)
	default:
		c.round++
		c.asking = attempt{round: c.round, sent: now}
		c.next = now + answerIn
		n.toVoters(kindAsk, c.round)
	}
}

// between is a time at random.
func (n *Node) between(a, b time.Duration) time.Duration {
	return a + time.Duration(n.rng.Int64N(int64(b-a)))
}

// propose asks all voters for their promises.
func (n *Node) propose(now time.Duration) {
	c := &n.candidate
	c.round++
	c.attempts[c.round%uint64(len(c.attempts))] = attempt{round: c.round, sent: now}
	n.toVoters(kindPropose, c.round)
}

// withdraw gives up all attempts, and lets voters promise to others.
func (n *Node) withdraw() {
	c := &n.candidate
	c.attempts, c.asking, c.trying, c.until = [8]attempt{}, attempt{}, false, 0
	n.office = nil
	if c.round > 0 {
		n.toVoters(kindWithdraw, c.round)
	}
}

func (n *Node) toVoters(kind byte, round uint64) {
	m := vote{
		kind: kind, name: n.name, set: n.voters.set, from: n.voters.self, life: n.life,
		round: round, owner: n.life,
	}
	b := m.encode()
	for _, name := range n.voters.nodes {
		n.send(name, b)
	}
}

// encouraged takes the answer of a voter that would promise.
func (n *Node) encouraged(now time.Duration, m *vote) {
	c := &n.candidate
	if !n.mine(m) || c.asking.round != m.round || m.round == 0 ||
		c.asking.count(m) < n.rules.most(n.voters.Count()) {
		return
	}
	c.asking, c.trying, c.next = attempt{}, true, now+answerIn
	n.propose(now)
}

// confirmed takes a promise. Promises of one round by a majority make this node the leader.
func (n *Node) confirmed(now time.Duration, m *vote) {
	c := &n.candidate
	a := &c.attempts[m.round%uint64(len(c.attempts))]
	if !n.mine(m) || a.round != m.round || m.round == 0 ||
		a.count(m) < n.rules.most(n.voters.Count()) {
		return
	}
	until := a.sent + n.rules.lease
	if !n.rules.fromAsking {
		until = now + n.rules.lease
	}
	if until <= now {
		return
	}
	n.lapse(now)
	if n.office == nil {
		n.office = newOffice(now)
		if !n.rules.afresh && n.former != nil {
			n.office = n.former
		}
		c.trying, c.next = false, a.sent+renew
	}
	c.until = max(c.until, until)
}

// mine says whether a message answers this candidate, as the one that it is now.
func (n *Node) mine(m *vote) bool {
	return m.owner == n.life && n.voters.self >= 0 && slices.Equal(m.set, n.voters.set)
}

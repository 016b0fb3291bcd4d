package shares

import (
	"math/rand/v2"
	"slices"
	"time"
)

// An ID is a limit. All nodes have to find the same one for the same limit, whatever its rate.
type ID uint64

// A Node is one node's part: what it holds, what it has promised as a voter, and what it has given
// as the leader. Its methods are for one goroutine. Times are of a clock of the node's own that
// only goes forward, and that goes on while the process stands still.
type Node struct {
	rules rules
	name  string
	life  uint64
	rng   *rand.Rand

	voters    Voters
	voter     voter
	candidate candidate
	office    *office // nil: this node does not lead
	former    *office // the simulation's
	holder    holder
	leaving   bool
	needed    time.Duration // until then somebody wants shares

	local [][]byte // messages of this node to itself
	out   []Envelope
}

// New returns a node that has just started. name is the one by which others reach it, life a number
// at random, which no other start of any node has; 0 is none. seed is for waiting at random.
func New(name string, life, seed uint64, now time.Duration) *Node {
	n := &Node{
		rules: defaultRules(), name: name, life: max(life, 1),
		rng:    rand.New(rand.NewPCG(life, seed)),
		holder: newHolder(),
		voters: Voters{self: -1},
	}
	n.begin(now)
	return n
}

// begin begins the time in which this node promises nothing.
func (n *Node) begin(now time.Duration) { n.voter.silentUntil = now + n.rules.silence }

// SetVoters says who the voters are from now on. Sets that differ in one voter that was added or
// taken away may be in use at a time, others must not.
func (n *Node) SetVoters(v Voters) {
	if !slices.Equal(v.set, n.voters.set) || v.self != n.voters.self {
		if n.voters.self >= 0 {
			n.withdraw()
		}
		n.candidate.next = 0
		n.holder.leader = ""
	}
	n.voters = v
}

// Tick does what is due. It has to be called every 50 ms or so.
func (n *Node) Tick(now time.Duration) {
	n.lapse(now)
	n.campaign(now)
	n.report(now)
	n.deliver(now)
}

// Receive takes a message. The error is ErrForm, or nil; messages of an unknown kind are none of
// this node's.
func (n *Node) Receive(now time.Duration, b []byte) error {
	n.lapse(now)
	err := n.receive(now, b)
	n.deliver(now)
	return err
}

// deliver delivers what this node has sent to itself.
func (n *Node) deliver(now time.Duration) {
	for len(n.local) > 0 {
		b := n.local[0]
		n.local = n.local[1:]
		_ = n.receive(now, b) // it is of this program
	}
	n.local = nil
}

func (n *Node) receive(now time.Duration, b []byte) error {
	if len(b) == 0 || len(b) > MaxMessage {
		return ErrForm
	}
	switch b[0] {
	case kindAsk, kindWould, kindPropose, kindPromise, kindWithdraw:
		m, err := decodeVote(b)
		if err != nil {
			return err
		}
		n.voted(now, &m)
	case kindReport:
		m, err := decodeReport(b)
		if err != nil {
			return err
		}
		n.reported(now, &m)
	case kindGrant:
		m, err := decodeGrant(b)
		if err != nil {
			return err
		}
		n.granted(now, &m)
	case kindRelease:
		r := reader{b: b[1:]}
		life := r.uint64()
		if err := r.done(); err != nil {
			return err
		}
		if n.office != nil {
			n.office.release(life)
		}
	}
	return nil
}

func (n *Node) voted(now time.Duration, m *vote) {
	switch m.kind {
	case kindAsk:
		n.asked(now, m)
	case kindPropose:
		n.proposed(now, m)
	case kindWithdraw:
		n.withdrawn(m)
	case kindWould:
		n.encouraged(now, m)
	case kindPromise:
		n.confirmed(now, m)
	}
}

// send puts a message among those that are to be sent.
func (n *Node) send(to string, b []byte) {
	switch to {
	case "":
	case n.name:
		n.local = append(n.local, b)
	default:
		n.out = append(n.out, Envelope{to, b})
	}
}

// Out returns the messages that are to be sent, and forgets them. What Changed returns has to be in
// force before they are sent.
func (n *Node) Out() []Envelope {
	out := n.out
	n.out = nil
	return out
}

// Leave says that this node is about to end: it leads no more and promises nothing. It may go on to
// hold what its last requests need.
func (n *Node) Leave(now time.Duration) {
	if !n.leaving && n.voters.self >= 0 {
		n.withdraw()
	}
	n.leaving = true
	n.holder.next = min(n.holder.next, now)
}

// Release gives back whatever this node holds, for good. What Changed returns has to be in force
// before what Out returns is sent.
func (n *Node) Release(now time.Duration) {
	n.Leave(now)
	n.holder.over = true
	for id, h := range n.holder.limits {
		h.Holding = Holding{}
		n.holder.changed[id] = true
	}
	for _, name := range n.voters.nodes {
		n.send(name, encodeRelease(n.life))
	}
	n.deliver(now)
}

// A Status is how a node stands in the sharing.
type Status struct {
	Voters, Found int    // how many voters there are, and of how many it is known who they are
	Votes         bool   // this node is one of them
	Leads         bool   // this node leads
	Leader        string // the leader that has answered last, "" if none has lately
	Nodes         int    // with shares, as the leader knows them; 0 at others
	// Others is how many reports came lately from nodes with other voters, as the leader knows.
	Others int
}

// Status says how this node stands at a time.
func (n *Node) Status(now time.Duration) Status {
	s := Status{
		Voters: n.voters.Count(), Found: n.voters.Found(), Votes: n.voters.self >= 0,
		Leads: n.Leads(now), Leader: n.holder.leader,
	}
	if s.Leads {
		s.Leader = n.name
		s.Nodes, s.Others = n.office.nodes(now, n.voters.Digest())
	}
	return s
}

package shares

import "time"

// Whole is the share that is all of a limit.
const Whole = 1 << 30

// drift is the part of a lease by which its giver waits longer than its taker: two clocks whose
// rates differ by less than 3 % see a lease end in the right order.
const drift = 32

// rules are what the protocol stands on. The simulation of the tests breaks each of them in turn,
// and has to see more than the whole in use.
type rules struct {
	// lease is how long a leader leads, from when it asked for the promises.
	lease time.Duration
	// hold is how long a voter keeps a promise, and silence how long it promises nothing after it
	// has started.
	hold, silence time.Duration
	// extra and base are how long a node acts on the parts of its share, from when it asked;
	// extraKept and baseKept how long a leader counts them as in use, from when it answers.
	extra, base, extraKept, baseKept time.Duration
	// extraAfter and baseAfter are how long after its election a leader begins to give more of
	// either than nodes have already.
	extraAfter, baseAfter time.Duration

	fromAsking bool // leases count from the question at who has them, not from the answer
	exclusive  bool // a voter promises to one candidate at a time
	sameSet    bool // and only to those that know the same voters
	majority   bool // more than half of the voters make a leader
	leads      bool // who does not lead any more answers nothing
	afresh     bool // a leader that is elected again knows nothing of the time before
	keepsOld   bool // what was promised counts until the node has applied something later
	inOrder    bool // a node applies no answer to an earlier question than the last one
	neverMore  bool // what is prolonged is at most what the node holds now
	byLife     bool // a node that has started again is another one
	ends       bool // a lease ends at the node by itself
}

// Times of the protocol.
const (
	leaderLease = 2 * time.Second
	extraLease  = 5 * time.Second
	baseLease   = 90 * time.Second
)

func longer(d time.Duration) time.Duration { return d + d/drift }

func defaultRules() rules { return rulesOf(leaderLease, extraLease, baseLease) }

func rulesOf(lease, extra, base time.Duration) rules {
	return rules{
		lease: lease, hold: longer(lease), silence: longer(lease),
		extra: extra, base: base, extraKept: longer(extra), baseKept: longer(base),
		extraAfter: longer(extra), baseAfter: longer(base),
		fromAsking: true, exclusive: true, sameSet: true, majority: true, leads: true,
		afresh: true, keepsOld: true, inOrder: true, neverMore: true, byLife: true, ends: true,
	}
}

// How often things are done, and how much there may be. Nothing here is needed for safety.
const (
	// renew is the time between two rounds of a leader, and answerIn how long a candidate waits.
	renew    = leaderLease / 8
	answerIn = 300 * time.Millisecond
	// abstain is how long a voter elects nobody after it has heard of voters that are not its own.
	abstain = 10 * time.Second
	// leastPace and mostPace bound the time between two reports of a node; perNode is what each
	// node of the fleet adds, so that a leader gets about 250 reports a second at most.
	leastPace = 400 * time.Millisecond
	mostPace  = 1200 * time.Millisecond
	perNode   = 4 * time.Millisecond
	// hurry is the time between two reports of a node that runs short.
	hurry = 100 * time.Millisecond
	// answers come that late at most; later ones are not applied.
	tooLate = 4 * time.Second
	// away is how long after its last report a node counts as one that asks for something.
	away = 3 * time.Second
	// idle is how long a leader leads that nobody asks for anything.
	idle = time.Minute
	// balance is how often a leader thinks anew about who should have how much of a limit.
	balance = 100 * time.Millisecond
	// slot is how long a node keeps its share where there is not enough for all.
	slot = 4 * time.Second

	// baseTotal is what all bases of a limit may be together.
	baseTotal = Whole / 10

	maxTakers = 2048    // nodes that a leader gives shares of one limit to
	maxClaims = 1 << 16 // of all limits together
	maxGiven  = 16      // answers to one node about one limit that may be on their way
	maxSent   = 64      // questions of a node that may be answered yet
)

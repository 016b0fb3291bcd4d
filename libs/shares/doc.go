// Package shares divides limits among the nodes of a fleet, so that what all of them act on never
// adds up to more than the whole, whatever the network or a process does.
//
// It has no clock, no network and no goroutine. A [Node] is given the time, what came from others,
// and what its requests ask for; it says what it holds, and what to send to whom. One goroutine
// drives it (libs/quota), and a simulation drives many of them.
//
//	rules.go      the times and rules that the proof stands on
//	node.go       a node: what goes in and what comes out
//	voters.go     who may lead, and who is asked
//	voter.go      promises
//	candidate.go  leading, as long as a majority has promised it
//	office.go     what a leader knows, and how it answers
//	claim.go      what a leader has promised to one node
//	split.go      who should have how much
//	holder.go     what this node holds, and how it asks for more
//	message.go    what is sent
//	decode.go     reading it, whatever a stranger may have sent
//
// # Who leads
//
// The leader is elected by a fixed set of voters that keep nothing on disk, with leases: a voter
// promises to one candidate at a time, for a time that it counts from when it promises; a majority
// of promises makes a leader, for a shorter time that it counts from when it asked. A voter that
// has started promises nothing for as long as a promise lasts, since it has forgotten whom it
// promised. So there are never two leaders. It is what is left of PaxosLease (Trencseni, Gazso,
// Reinhardt, arXiv 1209.4187, 2012) where the promise is exclusive: the question before it is for
// liveness alone, as is the random wait after a failure.
//
// # Who holds what
//
// A node asks the leader for its shares, and says what it holds. A lease counts at the node from
// when it asked, and at the leader from when it answers, so it ends at the node first. What a
// leader has promised to a node is the most that it may act on: all answers that may still come to
// be applied. A node applies answers in the order of its questions only. So a share goes to another
// node after the one that had it has said that it acts on less, or cannot act on it any more.
//
// A new leader knows nothing. Until whatever a leader before it gave has ended, it prolongs what
// nodes say they hold, and a node takes of that what it holds at that moment at most.
//
// Clocks are compared with no others. Only their rates matter: [drift] is how far apart two may be.
// docs/adr/0019-fleet-limits-by-leases.md has the reasons, and what was not done.
package shares

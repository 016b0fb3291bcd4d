// Package gossip spreads what each node has seen of endpoints to all others, without
// any centre: nodes form a ring, and each learns from a few what all have said.
//
// A Ring is one node's place in it. It reads what this node's health has seen, tells
// the others what changed, and hands what they say to health, which decides what that
// is worth. A program that only wants to listen, such as a health aggregator, gives no Local.
//
//	ring.go       joining, running, leaving
//	options.go    what a Ring is made from, and how often it does things
//	message.go    the form of what is sent: versioned, bounded
//	decode.go     taking it apart, whatever a stranger may have sent
//	state.go      what all nodes have said; merging
//	hear.go       what others say, on its way to health
//	standing.go   what counts of it at a moment
//	publish.go    what this node says, and when
//	delegate.go   what memberlist calls, which never waits
//	inbox.go      what has come and is not merged yet
//	members.go    who is in the ring
//	meta.go       what a node says of itself
//	rejoin.go     finding the ring, and finding it again
//	guard.go      what memberlist sees of what comes in
//	rates.go      how much is taken from whom
//	lines.go      connections, and how much is kept of what they say
//	transport.go  the network
//	address.go    where a node listens and can be reached
//	ask.go        asking all nodes for what one of them remembers
//	shares.go     carrying what is said of shares of limits
//	log.go        what memberlist says, for those who run the gateway
//	collector.go  what Prometheus is told
//
// Members are found and watched by memberlist (SWIM); only this package knows it.
// Reports are ordered by their observer's incarnation and sequence, so merging them in
// any order, any number of times, gives the same. No decision depends on the clock of
// another node: a report carries its age, which every node that holds it adds to.
// docs/gossip.md has the numbers.
package gossip

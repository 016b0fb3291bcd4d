// Package fleet runs fleets of edges, each a process of its own in a network of its own
// (libs/testkit/netlab), and lets happen what happens to networks: packets get lost, take their
// time and overtake each other, nodes are killed, cut off, or apart for minutes, and clocks are
// wrong. It is tests only; they need root. What they measure is in docs/gossip.md and
// docs/health.md.
//
// With -long it also runs what takes minutes:
//
//	go test ./tools/conformance/fleet -v -timeout 20m -args -long
package fleet

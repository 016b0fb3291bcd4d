// Package node is a gateway as a whole: a configuration, the engines that run it,
// their listeners, the admin API, the access log, and the reloads that put another
// configuration in the place of the first without dropping anything.
//
// Run composes them and returns when all have ended. A Service is Run with the flags of
// edge or relay, for package program; `gateway run` has flags of its own around it.
//
//	service.go       edge and relay, as package program runs them
//	settings.go      flags and environment, and the document they lead to
//	node.go          the composition, from start to drain
//	engines.go       one engine for each protocol, and what they share
//	probes.go        which endpoints are asked how they are
//	gossip.go        telling other nodes, and hearing from them
//	configsync.go    running what config-sync gives, and saying how it goes
//	listeners.go     the listeners that serve, which a reload may change
//	reload.go        how a new configuration is put in force, for package reload
//	memory.go        refusing requests before memory runs out
//	access.go        where records of requests go
//	certificates.go  telling when certificates end
//	status.go        what the admin API shows
package node

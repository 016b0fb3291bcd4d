// Package aggregator is the health aggregator as a whole: it listens to the ring that edges and
// relays gossip in, remembers what they said, and tells people and programs what the fleet sees.
//
//	service.go       the flags, and the document they lead to
//	run.go           what runs, from start to end
//	follow.go        how another document is put in force, for package reload
//	certificates.go  what gRPC shows to those who connect
//	aggregator.go    the ring, the history, and who watches
//	fleet.go         what all nodes say at one moment
//	history.go       from reports to events on disk
//	novelty.go       what of them is new
//	view.go          it for all who watch
//	checks.go        active checks for the whole fleet
//	http.go          openspec/health.yaml
//	grpc.go          healthagg.v1
//	convert.go       the same answers as messages of gRPC
//	collector.go     what Prometheus is told
//
// Nothing depends on an aggregator: nodes tell each other what they see without it. Any number may
// run; each is a member of the ring like any other node, and answers from what it has heard itself.
package aggregator

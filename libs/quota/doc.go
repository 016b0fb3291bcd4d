// Package quota gives a node its shares of the limits that its fleet divides, and takes part in
// dividing them.
//
// A [Runner] drives one node of package shares: it gives it the time, what comes over the gossip
// ring and what requests ask for, and puts the shares that it holds into the pots of package
// ratelimit. Nothing of that is on the path of a request.
//
//	runner.go     the loop
//	demand.go     what requests ask for
//	electors.go   which nodes elect the leader
//	status.go     how it stands: for the admin API, logs and readiness
//	collector.go  what Prometheus is told
package quota

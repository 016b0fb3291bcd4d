// Package replay finds the requests of an access log that another configuration would treat
// differently. It asks the routing table that the edge asks, and it opens no connection.
//
// A log does not have all that decides: a condition of a route may ask for a cookie. Such a
// condition is tried both ways, for the two configurations at once, and what the log says of the
// route that the request really took leaves out what can't have been. A request for which both
// outcomes are left may change, and the report says what it depends on.
//
//	entry.go    what is read of a line
//	side.go     a configuration that can be asked
//	facts.go    what a log does not tell
//	decide.go   the two outcomes of a request
//	compare.go  what differs between two outcomes
//	report.go   the groups of requests that change
package replay

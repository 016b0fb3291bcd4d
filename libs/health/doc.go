// Package health judges the endpoints of clusters by what became of the requests they got, and says
// what share of its configured weight each one keeps.
//
// The code that builds a plan asks the [Registry] for a [Cluster]; the same cluster name and
// address always give the same [Endpoint], which is how windows and verdicts survive a reload. The
// code that finishes a request calls [Endpoint.Record], one atomic addition; active checks call
// [Endpoint.RecordActive]. One goroutine calls [Cluster.Judge] every 250 to 500 ms with the time;
// when it returns true, a new wrr.Schedule is due from [Cluster.Weights]. [Cluster.Verdicts] says
// the same in words.
//
// A weight falls at once, in proportion to the failures in the window, and returns gradually. It
// never falls to zero: a weak endpoint proves itself on a share of the real traffic. A cluster
// never loses more than half of its weight, its only endpoint loses none, and nobody does when all
// fail alike. docs/health.md has the formula and the reasons.
//
// The package reads no clock, opens no socket and starts no goroutine.
package health

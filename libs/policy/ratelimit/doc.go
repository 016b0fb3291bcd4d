// Package ratelimit is the policy that bounds how many requests a route takes
// (routes[].rate_limit).
//
//	ratelimit.go  the decision
//	key.go        what a request is counted by
//	fields.go     what the client is told
//	state.go      what outlives a plan
//	shared.go     limits of which this node has a share
//	metrics.go    what Prometheus is told
//
// docs/rate-limits.md is for those who use it.
package ratelimit

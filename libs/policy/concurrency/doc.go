// Package concurrency is the policy that bounds how many requests a route has in flight
// (routes[].limit).
//
//	concurrency.go  the decision
//	gate.go         what is in flight, and how much may be
//	gradient.go     how much may be, learned from how long answers take
//	state.go        what outlives a plan
//
// docs/rate-limits.md is for those who use it.
package concurrency

// Package mirror sends copies of requests to other clusters, and throws the answers away
// (routes[].mirror).
//
// The exchange that serves a request hands over a copy, as far as there is room for it, and goes
// on: it waits for nothing here, and nothing here fails it. A Pool bounds the memory of all copies,
// and each Target how many are under way. A copy has a goroutine of its own once its body has come
// to its end, and that one ends by a deadline.
//
// Where answers are compared, what is kept of the two meets in a pair. The side that comes last
// sees to it that they are compared, in no goroutine that serves a request.
//
//	pool.go     the bounds, and the end
//	copy.go     a request that is being copied
//	sender.go   sending it, and reading the answer
//	outcome.go  what came of that
//	pair.go     the answers to a request and to its copy
//	kept.go     the last pairs that differ
package mirror

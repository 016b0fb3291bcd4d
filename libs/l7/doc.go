// Package l7 is the engine of the edge: it proxies HTTP/1.1 between clients and
// the endpoints of clusters.
//
// Each client connection has one goroutine. It reads a head, finds the route,
// borrows an upstream connection, sends the head on, reads the response and
// sends that back, in this order and without help from others; only a request
// body that has not arrived yet, or a tunnel, takes a second goroutine for its
// time. What a request needs lives in an exchange, which idle connections give
// back to a pool, so an idle connection costs its goroutine and little else.
//
//	engine.go    what connections share; start, drain
//	listener.go  accepting
//	conn.go      a client connection: reading heads, keep-alive, how it ends
//	exchange.go  one request and its state
//	forward.go   sending it upstream, retrying once
//	upload.go    a request body on its way
//	respond.go   the response on its way back
//	head.go      the heads as they are sent on
//	answer.go    what the gateway says itself
//	tunnel.go    after 101 Switching Protocols
//	record.go    what is counted and logged at the end
package l7

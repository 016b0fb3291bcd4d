// Package l7 is the engine of the edge: it accepts the connections of HTTP clients,
// keeps them alive from request to request, and drains them.
//
// A client connection with HTTP/1.1 has one goroutine, which waits for heads and has
// each request served by an exchange; only a request body that has not arrived yet, or
// a tunnel, takes a second goroutine for its time. With HTTP/2 the same is done by a
// goroutine for each stream that is open. What a request needs lives in an
// exchange.Exchange that is lent for it. A connection with HTTP/1.1 that has been idle for a
// moment is parked: it has no goroutine either. So has a tunnel in which nothing moves.
//
//	engine.go    what connections share, and the plan in force
//	active.go    a plan with what it needs to run
//	listener.go  what the door is told of a listener and its connections
//	conn.go      a client connection from its first byte to its end
//	park.go      how it waits without a goroutine
//	linger.go    how a connection closes whose client may have more to send
//	http1.go     a connection that speaks HTTP/1.1; http2.go: one that speaks HTTP/2
//	proxied.go   the PROXY header it may begin with; secured.go: its TLS
//
// Below it are exchange (one request), client and endpoint (its two sides), heads
// (what becomes of header sections), tunnel, fault and buffers.
package l7

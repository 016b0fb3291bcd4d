// Package l7 is the engine of the edge: it proxies HTTP between clients and the
// endpoints of clusters, over HTTP/1.1 and HTTP/2 on either side.
//
// A client connection with HTTP/1.1 has one goroutine. It reads a head, finds the
// route, borrows an upstream connection, sends the head on, reads the response and
// sends that back, in this order and without help from others; only a request
// body that has not arrived yet, or a tunnel, takes a second goroutine for its
// time. With HTTP/2 the same is done by a goroutine for each stream that is open.
// What a request needs lives in an exchange, which idle connections give
// back to a pool, so an idle connection costs its goroutine and little else.
//
// An exchange has a side towards the client, its downstream, and for each attempt
// one towards the endpoint, its origin. What happens between them is the same
// whatever protocols they speak, since a head that comes over HTTP/2 is written
// down as HTTP/1.1 would have it and read by the same parser (text.go).
//
//	engine.go       what connections share; start, drain
//	listener.go     accepting; proxied.go: the PROXY protocol
//	conn.go         a client connection: reading heads, keep-alive, how it ends
//	peer.go         the client, as its requests see it; secured.go: its TLS
//	streams.go      a client connection that speaks HTTP/2
//	exchange.go     one request and its state
//	forward.go      sending it upstream; retry.go: once more
//	upload.go       a request body on its way
//	respond.go      the response on its way back
//	downstream.go   the client's side, downstream1.go and downstream2.go by protocol
//	origin.go       the endpoint's side, origin1.go and origin2.go by protocol
//	head.go         the heads as they are sent on; text.go: between the protocols
//	grpc.go         deadlines, message sizes and errors of gRPC calls
//	answer.go       what the gateway says itself
//	tunnel.go       after 101 Switching Protocols, or CONNECT (RFC 8441)
//	record.go       what is counted and logged at the end
package l7

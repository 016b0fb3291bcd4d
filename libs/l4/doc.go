// Package l4 is the engine of the relay: it carries TCP sessions between clients and
// the endpoints of clusters, without looking into them.
//
// One goroutine sets a session up: it reads what the listener wants to know (a PROXY
// header, the server name in a TLS ClientHello), finds the cluster, and connects to an
// endpoint. Then each direction has a goroutine that waits for bytes, passes them on,
// and ends with a half-close; a direction that waits has no buffer. The one that ends
// last takes the session down. Every session that ends has one Reason.
//
//	engine.go    what sessions share; start, reload
//	listener.go  what the door lets in
//	active.go    a plan, ready to run
//	session.go   a session: how it begins and ends
//	head.go      what is read before a session is routed
//	connect.go   finding an endpoint that takes the connection
//	tell.go      what is told of endpoints
//	direction.go carrying bytes
//	reason.go    why sessions end, in one table
//	record.go    what is counted and logged
package l4

// Package exchange serves one request: it finds the route, sends the request to an
// endpoint, again where that is safe and asked for, passes the response on, and
// records what happened.
//
// An Exchange is lent by New and serves one request after another. What is known of a
// request, of the attempt under way and of the answer are three values that are
// assigned whole, so nothing of one request is left for the next. The memory they use
// is apart, and is reused.
//
//	exchange.go  the steps of a request, and how an Exchange is lent
//	values.go    what is known of a request, an attempt and an answer
//	view.go      a listener as a plan has it: what requests are served from
//	find.go      the route of a request, and the policies on the way to it
//	attempt.go   sending it to an endpoint until there is a response head
//	balance.go   which endpoint it goes to
//	sticky.go    the endpoint that the client has a cookie for
//	failed.go    what becomes of a request whose attempt failed
//	mirror.go    copies of it for other clusters
//	upload.go    a request body that is sent while it arrives
//	call.go      what a gRPC call has of its own
//	pace.go      the rate that a request body has to come with
//	respond.go   passing the response on; body.go: its body
//	tunnel.go    after a change of protocol
//	answer.go    what the gateway says itself; own.go: as the response of a route
//	record.go    what is counted and logged at the end; why.go: what is remembered
package exchange

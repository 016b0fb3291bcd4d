package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// An origin is the endpoint's side of one attempt: a connection with HTTP/1.1, or a
// stream of one with HTTP/2. One goroutine may read while another writes.
type origin interface {
	// hook is what a hang-up of the client interrupts.
	hook() *netx.Hook
	// interrupt ends the present and every later wait. Any goroutine may call it.
	interrupt()
	// resume takes that back, for a connection that may be kept.
	resume()
	// reused reports that it was used before, so that the peer may have ended it at any
	// moment since.
	reused() bool

	// unseen reports, after an error, that the endpoint certainly did nothing with the
	// request.
	unseen() bool

	// sendWhole sends a request whose body is in x.out already, and waits for the
	// response to begin. sent is 0 if the endpoint has certainly not begun to serve it.
	sendWhole(x *exchange) (sent int, err error)
	// sendHead sends the head in x.out of a request whose body follows.
	sendHead(x *exchange) (sent int, err error)
	// sendBody sends what encode made of pieces of the body. last ends it, with trailer.
	sendBody(p []byte, last bool, trailer []byte) error
	// framed reports whether the pieces of a body of unknown length are to be chunks.
	framed() bool
	// await starts the clock for the response; 0 stops it.
	await(x *exchange, limit time.Duration)

	// readHead reads a response head into x.resp.
	readHead(x *exchange) error
	// body is how the body behind it is framed: first for the client, then for x.body.
	body(x *exchange) (kind http1.Framing, length int64, own http1.Framing)
	// ready waits until readBody has something, where waiting needs no buffer.
	ready(x *exchange, idle time.Duration) error
	// readBody reads a part of the response's body, for x.body to look at. io.EOF is
	// the end of the stream.
	readBody(x *exchange, p []byte, idle time.Duration) (int, error)
	// plain is the socket if bytes may be read from it past everything; nil: they may not.
	plain() *netx.Sock
	// tunnel is the endpoint's end of a tunnel.
	tunnel() tunnelEnd

	// release ends the attempt. A connection whose exchange is complete is kept;
	// fit says whether it is, as far as the caller knows.
	release(x *exchange, fit bool)
	// discard ends the attempt; cancelled says that endCancel was false.
	discard(cancelled bool)
}

package l7

import (
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A downstream is the client's side of one exchange: a connection with HTTP/1.1, or a
// stream of one with HTTP/2. Its methods are for the goroutine of the exchange, but
// where they say otherwise.
type downstream interface {
	// protocol is its name in the log.
	protocol(x *exchange) string
	// version is how the client sent its request, for the Via field.
	version(x *exchange) string
	// reply sends a whole response of the gateway's own.
	reply(x *exchange, a *answer) verdict

	// cancelOnHangup has h interrupted when the client goes away.
	cancelOnHangup(h *netx.Hook)
	// endCancel takes that back; false says that the client is gone, and that h was
	// interrupted or is about to be.
	endCancel() bool
	// left reports whether the client has closed its side, as far as can be seen.
	left() bool
	// isCut reports whether the connection was cut off by a drain. Any goroutine may ask.
	isCut() bool

	// readBody reads a piece of the request's body and gives it to u.put. It is the
	// upload's; done says that the body is complete.
	readBody(u *upload) (done bool, err error)
	// stopReading ends the present and every later readBody. Any goroutine may call it.
	stopReading()
	// resumeReading takes that back.
	resumeReading()

	// interim sends on the 1xx response in x.resp.
	interim(x *exchange) error
	// frame says how the body of the response in x.resp goes to the client.
	frame(x *exchange, kind http1.Framing, length int64) framing
	// head begins a response. Where the head is in x.out then, it is for flush to send;
	// else the first flush or pass sends it too.
	head(x *exchange, f framing)
	// flush sends x.out, in which appendBody has put pieces of the body. last ends the
	// response, with the trailer section of x.body.
	flush(x *exchange, f framing, last bool) error
	// pass sends a piece of the body as it is, where that is the same as what flush
	// would send for it.
	pass(x *exchange, data []byte, last bool) error
	// narrow reports that it does not take a whole streamBuffer now, which would only lie
	// about while it waits.
	narrow() bool
	// plain is the socket if bytes may be written to it past everything; nil: they may not.
	plain() *netx.Sock
	// finish says how the connection goes on after a whole response.
	finish(x *exchange, f framing, fault error) verdict
	// broken ends a response that has begun and cannot be completed.
	broken(x *exchange, f framing) verdict

	// tunnel begins a tunnel to other: it sends on the 101 response in x.resp with the
	// bytes that came behind it, and returns the client's end. early is what the client
	// has sent already. When the connection is cut, other is interrupted.
	tunnel(x *exchange, other tunnelEnd) (e tunnelEnd, early []byte, err error)
	// endTunnel is called when it is over, or has not begun.
	endTunnel()
}

// framing is how a response's body goes to the client.
type framing struct {
	chunked bool
	length  int64 // the Content-Length field to write; -1 for none
	close   bool
}

package endpoint

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A Side is the endpoint's side of one attempt. One goroutine may read while another
// writes. Its errors are *fault.Error.
type Side interface {
	// Traits are what is known of the side from the start.
	Traits() Traits
	// Send sends a request, or its head where the body follows. sent is 0 if the
	// endpoint has certainly not begun to serve it.
	Send(r *Request) (sent int, err error)
	// SendBody sends a piece of the body that follows the head. last ends it, with a
	// trailer section if that is not empty.
	SendBody(p []byte, last bool, trailer []byte) error
	// Await starts the clock for the response. limit is from now on; 0 stops it. The
	// goroutine that sends the body may call it.
	Await(limit time.Duration)
	// ReadHead reads a response head: an interim one (1xx) or the final one.
	ReadHead(r *Response) error
	// ReadBody reads a part of the response's body. With an empty p it only waits,
	// where waiting needs no buffer. The end of the stream is io.EOF; then the Response
	// of ReadHead has the trailer section that came over HTTP/2. With NoWait it reads what
	// there is; fault.EndpointSlow says that nothing is.
	ReadBody(p []byte, idle time.Duration) (int, error)
	// Interrupt ends the present and every later wait. Any goroutine may call it.
	Interrupt()
	// Bind says that the endpoint knows the connection by credentials of the client, or has
	// asked for such: it serves no other client from now on.
	Bind()
	// Tunnel is the endpoint's end of a tunnel, after a response that opened one.
	Tunnel() tunnel.End
	// End ends the attempt. Nothing of the side may be used after that.
	End(e Ending)
}

// NoWait is the time of a ReadBody that does not wait.
const NoWait = time.Duration(-2)

// Traits are what is known of a Side from the start.
type Traits struct {
	// Reused says that the connection was used before, so that the peer may have ended
	// it at any moment since.
	Reused bool
	// Streamed says that it is a stream of HTTP/2: bodies need no framing of their own,
	// and the endpoint can say that it did nothing with a request.
	Streamed bool
	// MayRefuse says that the endpoint may still end TLS without having read a request, and is
	// believed then.
	MayRefuse bool
	// Hook is what a client that goes away interrupts.
	Hook *netx.Hook
	// Plain is the socket if bytes may be read from it past everything; nil: they may
	// not.
	Plain *netx.Sock
}

// A Request is what is sent. The zero value is not useful.
type Request struct {
	// Head is the head as it was parsed, for what the other fields do not say.
	Head *http1.RequestHead
	// Text is the head to send, as HTTP/1.1 has it, with the body behind it if that is
	// all there.
	Text []byte
	// HeadLen is how many bytes of Text are the head.
	HeadLen int
	// Whole says that Text is the whole request. Otherwise the body follows.
	Whole bool
	// Secured says that the connection to the endpoint has TLS.
	Secured bool
	// Wait is how long the response of a whole request may take; 0 is for ever.
	Wait time.Duration
	// Answer is where the first bytes of the response are read to.
	Answer *buffers.Buffer
}

// A Response is where a response is read to. It may be used for one after another.
type Response struct {
	// Head is the response's head. Its parser keeps its memory.
	Head *http1.ResponseHead
	// Limits bound it.
	Limits http1.Limits
	// Buffer has what was read and is not used: over HTTP/1.1, what came behind the head.
	Buffer *buffers.Buffer
	// Request is the head of the request.
	Request *http1.RequestHead
	// Ended says that neither a body nor trailers follow: the head was the end of its
	// stream. Over HTTP/1.1 the head itself says how its body ends.
	Ended bool
	// Trailer is the trailer section that came over HTTP/2, as lines. Over HTTP/1.1 it
	// is a part of a chunked body.
	Trailer []byte
}

// An Ending says how an attempt ends.
type Ending struct {
	// Complete says that the exchange is complete on both sides, as far as the caller
	// knows, so that the connection may be kept.
	Complete bool
	// Interrupted says that somebody may still interrupt the side: the watch that was
	// given its hook.
	Interrupted bool
}

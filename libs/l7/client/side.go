package client

import (
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A Side is the client's side of one exchange. Its methods are for the goroutine of
// the exchange, but where they say otherwise. Its errors are *fault.Error.
type Side interface {
	// Watch has h interrupted when the client goes away.
	Watch(h *netx.Hook)
	// Unwatch takes that back. false says that the client is gone, and that h was
	// interrupted or is about to be.
	Unwatch() (present bool)
	// Left reports whether the client has closed its side, as far as can be seen.
	Left() bool

	// LastWord has the client take one more answer, though its connection was cut off. Writing
	// waits for no longer than a second from then on.
	LastWord()

	// ReadBody reads what there is of the request's body and gives it to s, piece by
	// piece. It waits for bytes, but the first call does not. It is for the goroutine
	// that sends the body on.
	ReadBody(s Sink) (End, error)
	// StopReading ends the present and every later ReadBody, or takes that back. Any
	// goroutine may call it.
	StopReading(stop bool)

	// WriteHead begins a response; text is its head as HTTP/1.1 has it. An interim
	// response (1xx) is sent at once. Of a final one pending is what the caller has to
	// send with the first Write.
	WriteHead(status int, text []byte) (pending []byte, err error)
	// Write sends a piece of the response. last ends it, with a trailer section where
	// the client speaks HTTP/2; over HTTP/1.1 that is in p.
	Write(p []byte, last bool, trailer []byte) error
	// Room is how many bytes the client would take now, as far as that is known.
	Room() int
	// Break ends a response that has begun and cannot be completed. end is the trailer
	// section that says so, where the client may get one; nil: it may not.
	Break(end []byte)

	// Tunnel begins a tunnel to other: it sends on the head of the response that opened
	// it, with the bytes that came behind it, and returns the client's end. early is
	// what the client has sent already. When the connection is cut, other is
	// interrupted.
	Tunnel(text, behind []byte, other tunnel.End) (end tunnel.End, early []byte, err error)
}

// A Sink takes the pieces of a request's body.
type Sink interface {
	// Put takes a piece, which is valid until it returns. ahead is how many bytes more
	// the client has announced without sending them. An error ends the reading.
	Put(data []byte, ahead int64) error
}

// An End is how far a request's body has come.
type End struct {
	// Done says that the body is complete.
	Done bool
	// Trailer is its trailer section, those fields of it that may be sent on, as lines.
	// It is valid until the end of the exchange.
	Trailer []byte
}

// An Owner is the owner of a client's connection. Any goroutine may ask it.
type Owner interface {
	// CutOff reports whether the connection was cut off by a drain that has run out of
	// patience.
	CutOff() bool
	// Removed says of one that was cut off that a reload has taken away what it needs, and not
	// that the process stops.
	Removed() bool
	// Closing reports whether the connection ends after the requests it serves.
	Closing() bool
}

// Protocol is what a client speaks.
type Protocol struct {
	// Name is how the log calls it.
	Name string
	// Version is how Via fields call it (RFC 9110 section 7.6.3).
	Version string
	// Streamed says that it is HTTP/2: bodies need no framing of their own.
	Streamed bool
	// Plain is the socket if bytes of a response may be written to it past everything;
	// nil: they may not.
	Plain *netx.Sock
}

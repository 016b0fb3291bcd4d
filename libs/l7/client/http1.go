package client

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// HTTP1 is a Side that is a connection with HTTP/1.1, for one request: Begin, the
// exchange, Finish. The zero value is ready for Begin.
type HTTP1 struct {
	pending
	body http1.Body // Reset assigns it whole, and keeps its memory
}

// pending is what is known of a request whose body may be still to come.
type pending struct {
	sock *netx.Sock
	// through is where the other end of a tunnel is kept for the owner of the connection,
	// who may have to cut it.
	through *atomic.Pointer[tunnel.End]
	in      *buffers.Buffer // what was read with the head, and not used
	more    buffers.Buffer  // what was read after that was used up; a Block, or nothing
	idle    time.Duration   // between two reads
	read    bool            // ReadBody has looked at in
}

// Begin makes the side ready for a request whose head was parsed. in has what came
// behind the head and is no part of a body that is whole; it is the side's until
// Finish. A tunnel keeps its other end in through. idle is how long the body may pause,
// 0 for ever.
func (c *HTTP1) Begin(
	sock *netx.Sock, through *atomic.Pointer[tunnel.End], in *buffers.Buffer,
	r *http1.RequestHead, idle time.Duration,
) {
	c.pending = pending{} // filled then: a literal would be made elsewhere and copied
	c.sock, c.through, c.in, c.idle = sock, through, in, idle
	if r.Chunked {
		c.body.Reset(http1.ChunkedBody, 0)
		c.body.RejectUnderscores = !r.UnderscoresAllowed()
		return
	}
	c.body.Reset(http1.LengthBody, r.ContentLength)
}

// Finish ends the request. What the client sent behind it is in the buffer that Begin
// was given.
func (c *HTTP1) Finish() {
	in, more := c.in, c.more
	if c.through.Load() != nil { // a store is a barrier, and few requests become tunnels
		c.through.Store(nil)
	}
	c.pending = pending{}
	if rest := more.Bytes(); len(rest) > 0 {
		in.Restore(rest)
	}
	if more.B != nil {
		(*buffers.Block)(more.B).Release()
	}
}

// Unread is how many bytes have been read from the client and not been used.
func (c *HTTP1) Unread() int { return c.in.Len() + c.more.Len() }

// Watch is Side's.
func (c *HTTP1) Watch(h *netx.Hook) { c.sock.CancelOnHangup(h) }

// Unwatch is Side's.
func (c *HTTP1) Unwatch() bool { return c.sock.EndCancel() }

// Left is Side's. It costs a system call.
func (c *HTTP1) Left() bool { return c.sock.Ended() }

// lastWord is how long a client may take for an answer once its connection was cut off.
const lastWord = time.Second

// LastWord is Side's.
func (c *HTTP1) LastWord() {
	c.sock.Resume()
	c.sock.WriteTimeout = lastWord
}

// StopReading is Side's.
func (c *HTTP1) StopReading(stop bool) {
	if stop {
		c.sock.Interrupt()
	} else {
		c.sock.Resume()
	}
}

// ReadBody is Side's. It decodes what came with the head first, then what comes.
func (c *HTTP1) ReadBody(s Sink) (End, error) {
	src := c.in
	if c.read && !c.body.Done() {
		src = &c.more
		if src.B == nil {
			src.B = buffers.Borrow()[:]
		}
		c.sock.SetReadDeadline(c.idle)
		n, err := c.sock.Read(src.B)
		c.sock.SetReadDeadline(0)
		if err != nil {
			return End{}, failed(err)
		}
		src.R, src.W = 0, n
	}
	c.read = true
	for src.Len() > 0 && !c.body.Done() {
		data, n, err := c.body.Next(src.Bytes())
		src.R += n
		if err != nil {
			return End{}, malformed(err)
		}
		if err := s.Put(data, c.body.Ahead()); err != nil {
			return End{}, err
		}
	}
	if !c.body.Done() {
		return End{}, nil // a part of a trailer section is none
	}
	return End{Done: true, Trailer: c.body.Trailer}, nil
}

// WriteHead is Side's.
func (c *HTTP1) WriteHead(status int, text []byte) (pending []byte, err error) {
	if status >= 200 {
		return text, nil
	}
	return nil, c.send(text)
}

// Write is Side's.
func (c *HTTP1) Write(p []byte, _ bool, _ []byte) error {
	if len(p) == 0 {
		return nil
	}
	return c.send(p)
}

func (c *HTTP1) send(p []byte) error {
	_, err := c.sock.Write(p)
	return failed(err)
}

// Room is Side's. What the kernel takes is not asked for: a write waits for it.
func (c *HTTP1) Room() int { return math.MaxInt }

// Break is Side's. The end of the connection is what tells the client.
func (c *HTTP1) Break([]byte) {}

// Tunnel is Side's.
func (c *HTTP1) Tunnel(
	text, behind []byte, other tunnel.End,
) (end tunnel.End, early []byte, err error) {
	c.through.Store(&other)
	c.sock.SetReadDeadline(0)
	if err := c.send(append(text, behind...)); err != nil {
		return nil, nil, err
	}
	if c.more.Len() > 0 {
		early = append(early, c.in.Bytes()...)
		early = append(early, c.more.Bytes()...)
		c.more.Clear()
	} else {
		early = c.in.Bytes()
	}
	c.in.R = c.in.W
	return &tunnel.Sock{Sock: c.sock}, early, nil
}

// failed makes a fault of an error of the client's socket.
func failed(err error) error {
	switch err {
	case nil:
		return nil
	case netx.ErrTimeout:
		return fault.ClientSlow
	case netx.ErrInterrupted:
		return fault.ClientStopped
	}
	return fault.ClientGone
}

// malformed makes a fault of what a parser says of a request.
func malformed(err error) error {
	broken := err.(*http1.Error) // nothing else comes from it
	return fault.Bad(fault.Client, broken.Code, broken.Reason)
}

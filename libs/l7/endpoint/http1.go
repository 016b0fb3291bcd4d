package endpoint

import (
	"io"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// connection is a Side over HTTP/1.1: a connection that is lent for one attempt.
type connection struct {
	conn *upstream.Conn
	own  *upstream.Own // has those of the client alone
	once bool          // it is for this client alone: a PROXY header says so
}

func (c *connection) Traits() Traits {
	t := Traits{Reused: c.conn.Reused, Hook: c.conn.Hook()}
	if c.conn.Secured() == nil {
		t.Plain = c.conn.Sock
	} else {
		t.MayRefuse = !c.conn.Reused
	}
	return t
}

// Send of a whole request reads the first bytes of the response too: the check of an
// idle connection, the write and the wait for the answer are one turn.
func (c *connection) Send(r *Request) (sent int, err error) {
	if !r.Whole {
		if c.conn.Reused && !c.conn.Idle() {
			return 0, fault.EndpointStale
		}
		c.conn.SetReadDeadline(0) // the clock begins when the request has been sent
		sent, err = c.conn.Write(r.Text)
		return sent, c.failed(err, sent)
	}
	c.conn.SetReadDeadline(r.Wait)
	sent, got, err := c.conn.Exchange(r.Text, r.Answer.B)
	if err != nil {
		return sent, c.failed(err, sent)
	}
	if got > 0 {
		c.conn.Works()
	}
	r.Answer.R, r.Answer.W = 0, got
	if sent == len(r.Text) {
		return sent, nil
	}
	// The kernel took a part only.
	n, err := c.conn.Write(r.Text[sent:])
	if err == nil {
		c.conn.SetReadDeadline(r.Wait)
	}
	return sent + n, c.failed(err, sent+n)
}

func (c *connection) SendBody(p []byte, _ bool, _ []byte) error {
	n, err := c.conn.Write(p)
	return failed(err, max(n, 1))
}

func (c *connection) Await(limit time.Duration) { c.conn.SetReadDeadline(limit) }

// ReadHead parses what has been read, and reads on where that is not all of it.
func (c *connection) ReadHead(r *Response) error {
	limit := headBytes(r.Limits)
	r.Head.Reset(r.Limits)
	for {
		n, err := r.Head.Parse(r.Buffer.Bytes())
		if err == nil {
			r.Buffer.R += n
			if d, said := r.Head.KeepFor(); said {
				c.conn.KeepFor(d)
			}
			return nil
		}
		if err != http1.ErrNeedMore {
			return malformed(err, r.Buffer.Bytes(), r.Limits)
		}
		if b := r.Buffer.Bytes(); len(b) > 0 && b[0] < ' ' && otherProtocol(b) != nil {
			return unread(nil, b) // it may wait for an answer in its own protocol
		}
		if !r.Buffer.Room(limit + 64) {
			return headTooLarge(r.Limits)
		}
		n, err = c.conn.Read(r.Buffer.Space())
		if err != nil {
			return unread(c.failed(err, 1), r.Buffer.Bytes())
		}
		c.conn.Works()
		r.Buffer.W += n
	}
}

func (c *connection) ReadBody(p []byte, idle time.Duration) (int, error) {
	if len(p) == 0 {
		return 0, nil // waiting needs the buffer: the socket is read at once
	}
	if idle == NoWait {
		n, err := c.conn.TryRead(p)
		switch err {
		case syscall.EAGAIN:
			return 0, fault.EndpointSlow
		case io.EOF:
			return n, err
		}
		return n, failed(err, 1)
	}
	c.conn.SetReadDeadline(idle)
	n, err := c.conn.Read(p)
	if err == io.EOF {
		return n, err
	}
	return n, failed(err, 1)
}

func (c *connection) Interrupt() { c.conn.Interrupt() }
func (c *connection) Bind()      { c.conn.Bind(c.own) }

func (c *connection) Tunnel() tunnel.End {
	c.conn.SetReadDeadline(0)
	return &tunnel.Sock{Sock: c.conn.Sock}
}

func (c *connection) End(e Ending) {
	conn := c.conn
	c.conn = nil
	if !e.Complete || c.once {
		conn.Discard()
		return
	}
	if conn.Interrupted() {
		conn.Resume() // by an upload that was told to end, and had ended
	}
	conn.SetReadDeadline(0)
	conn.Release()
}

// failed is failed where nobody else reads, before there is a response: the endpoint may have
// ended TLS instead of giving one.
func (c *connection) failed(err error, sent int) error {
	if err == nil {
		return nil
	}
	err = c.conn.Judge(c.conn.LastWords(err))
	if e, ok := err.(*upstream.TLSError); ok {
		return &fault.Error{
			Side: fault.Endpoint, Kind: fault.Unsecured, Code: gwerr.UpstreamTLS,
			Unseen: sent == 0 || e.Unread, Err: e,
		}
	}
	if err == netx.ErrStale && !c.conn.Reused {
		return fault.EndpointUnseen // another one would be no better: there would be no end of it
	}
	return failed(err, sent)
}

// failed makes a fault of an error of a socket. sent is how many bytes of the request
// had been written.
func failed(err error, sent int) error {
	switch err {
	case nil:
		return nil
	case netx.ErrStale:
		return fault.EndpointStale
	case netx.ErrTimeout:
		if sent == 0 {
			return fault.EndpointSlowUnseen
		}
		return fault.EndpointSlow
	case netx.ErrInterrupted:
		if sent == 0 {
			return fault.EndpointStopUnseen
		}
		return fault.EndpointStopped
	}
	return &fault.Error{Side: fault.Endpoint, Kind: fault.Closed, Unseen: sent == 0, Err: err}
}

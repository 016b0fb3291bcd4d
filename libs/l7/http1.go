package l7

import (
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
)

// onReadable is the step of Await: it reads once, serves what is complete, and goes back
// to waiting.
func (c *conn) onReadable(uintptr) (done bool) {
	if c.x == nil {
		c.x = exchange.New()
	}
	in := &c.x.In
	for {
		space := in.Space() // there is room: advance sees to it
		n, err := c.sock.TryRead(space)
		if err == syscall.EAGAIN {
			break
		}
		if err != nil {
			c.next = c.ended(err)
			return true
		}
		in.W += n
		if c.next = c.advance(); c.next != wait {
			return true
		}
		if n < len(space) && !c.inHead && c.peer.Secured == nil {
			break // drained; Await says why that is known
		}
	}
	c.rest()
	return false
}

// rest gives back what a connection without a request does not need.
func (c *conn) rest() {
	if c.x.In.Len() == 0 && !c.inHead {
		c.x.Release()
		c.x = nil
	}
}

// runOutside serves a request that reads from the client, then what the client has sent
// behind it.
func (c *conn) runOutside() step {
	if next := c.serveRequest(); next != wait {
		return next
	}
	if next := c.advance(); next != wait {
		return next
	}
	c.rest()
	return wait
}

// advance serves the requests that are complete in the buffer, in order. wait means that
// it needs more bytes, and that there is room for them.
func (c *conn) advance() step {
	in, head := &c.x.In, &c.x.Head
	for in.Len() > 0 {
		if !c.inHead {
			if next := c.beginHead(); next != outside {
				return next
			}
		}
		n, err := head.Parse(in.Bytes())
		if err == http1.ErrNeedMore {
			if head.Begun() {
				c.clockHead()
			}
			// The parser refuses a head before it fills its limit; the rest of the room is
			// for the byte that shows it.
			if !in.Room(c.headRoom()) {
				return c.refuse(&http1.Error{
					Code:   gwerr.HeadersTooLarge,
					Reason: "the header section is longer than allowed",
				})
			}
			return wait
		}
		c.sock.SetReadDeadline(0)
		c.waited = c.headTook()
		c.inHead, c.headDue = false, false
		if !c.state.CompareAndSwap(idle, busy) {
			c.overrule()
		}
		if err != nil {
			return c.refuse(err.(*http1.Error))
		}
		in.R += n
		if !c.buffered() || len(head.Upgrade) > 0 {
			return outside
		}
		if next := c.serveRequest(); next != wait {
			return next
		}
	}
	in.Clear()
	return wait
}

// beginHead begins to read a head. outside means that it can be parsed; anything else is
// how the connection goes on instead.
func (c *conn) beginHead() step {
	c.view = c.listener.view.Load()
	if c.view.Config != c.peer.Config {
		c.peer = c.peer.Under(c.view.Config)
		c.sock.WriteTimeout = c.peer.Config.Timeouts.BodyIdle
	}
	in, head := &c.x.In, &c.x.Head
	head.Reset(c.view.Limits)
	if c.served == 0 && c.peer.Secured == nil {
		switch first := in.B[in.R]; {
		case first == tlsHandshake:
			return c.refuse(&http1.Error{
				Code:   gwerr.BadRequest,
				Reason: "this is the beginning of TLS, and the listener speaks plain HTTP",
			})
		case first == 'P' && c.view.Config.HTTP2:
			if yes, told := http2.Prefaced(in.Bytes()); yes {
				return speakH2
			} else if !told {
				c.clockHead()
				return wait
			}
		}
	}
	c.inHead = true
	return outside
}

// clockHead starts the clock for a head that has begun.
func (c *conn) clockHead() {
	if !c.headDue {
		c.headDue, c.headAt = true, time.Now()
		c.sock.SetReadDeadline(c.peer.Config.Timeouts.Header)
	}
}

// headTook is how long a head took whose clock runs.
func (c *conn) headTook() time.Duration {
	if !c.headDue {
		return 0
	}
	return time.Since(c.headAt)
}

func (c *conn) headRoom() int {
	limit := c.view.Limits.HeadBytes
	if limit == 0 {
		limit = http1.DefaultHeadBytes
	}
	return limit + 64
}

// buffered reports whether the whole request body has been read, which makes it possible
// to send it with the head, and to send it again.
func (c *conn) buffered() bool {
	head := &c.x.Head
	return !head.Chunked && head.ContentLength <= int64(c.x.In.Len())
}

// describe says what the exchange has to know of the request whose head is parsed.
func (c *conn) describe(r *exchange.Request) {
	r.Env, r.View, r.Peer, r.Owner, r.Client = &c.engine.env, c.view, c.peer, c, &c.x.HTTP1
	r.Own = &c.own
	r.Protocol.Name, r.Protocol.Version = "HTTP/1.1", "1.1"
	r.Waited = c.waited
	if c.peer.Secured == nil {
		r.Protocol.Plain = c.sock
	}
}

// serveRequest serves a request whose head is parsed, and says how to go on.
func (c *conn) serveRequest() step {
	x := c.x
	var r exchange.Request
	c.describe(&r)
	if c.buffered() {
		n := int(x.Head.ContentLength)
		r.Whole, r.Body = true, x.In.Bytes()[:n]
		x.In.R += n
	}
	r.Carries = true
	x.HTTP1.Begin(c.sock, &c.through, &x.In, &x.Head, c.peer.Config.Timeouts.BodyIdle)
	next := x.Serve(&r)
	if next == exchange.Carry {
		return carry
	}
	return c.after(next)
}

// after ends a request, and says how the connection goes on.
func (c *conn) after(next exchange.Next) step {
	x := c.x
	unread := x.HTTP1.Unread() > 0
	x.HTTP1.Finish()
	x.In.Tidy()
	c.served++
	c.state.Store(idle)
	switch next {
	case exchange.Stay:
		if c.Closing() {
			return part // the client was not told, but has its answer
		}
		c.sock.SetReadDeadline(c.peer.Config.Timeouts.KeepAlive)
		return wait
	case exchange.Close:
		if !unread {
			return hangUp // nothing is unread, so a close makes no reset
		}
		return linger
	case exchange.Part:
		return part
	case exchange.Linger:
		return linger
	case exchange.Reset:
		return abort
	}
	return hangUp
}

// refuse answers bytes that are no request, then ends the connection: where the next
// request would begin is anybody's guess.
func (c *conn) refuse(wrong *http1.Error) step {
	x := c.x
	x.Head.Salvage(x.In.Bytes())
	if c.headDue {
		c.waited, c.headDue = c.headTook(), false
	}
	var r exchange.Request
	c.describe(&r)
	x.HTTP1.Begin(c.sock, &c.through, &x.In, &x.Head, 0)
	return c.after(x.Refuse(&r, wrong))
}

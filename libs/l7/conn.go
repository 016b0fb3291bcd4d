package l7

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

const (
	// lingerTime and lingerBytes bound how long the rest of a request is read
	// and thrown away after its answer, so that closing does not reset the
	// connection before the client has read that answer (RFC 9112 section 9.6).
	lingerTime  = 2 * time.Second
	lingerBytes = 16 << 20
	// unsentLimit is what the kernel may hold for a client beyond what is on the
	// wire: a whole pipe of a large body.
	unsentLimit = 256 << 10
)

// verdict says how a connection goes on after a step.
type verdict uint8

const (
	wait     verdict = iota // for more bytes
	outside                 // an exchange that reads from the client: not inside Await
	hangUp                  // close
	hangUpOK                // close after letting the client read what was sent
	abort                   // reset: a plain close would look like the end of the body
	again                   // send the request once more
	speakH2                 // go on with HTTP/2
)

// States of a connection.
const (
	idle   int32 = iota // waits for a request
	busy                // serves one
	ending              // was idle when a drain came: is being interrupted
)

// conn is a client connection. All but the fields said otherwise belongs to its
// goroutine.
type conn struct {
	*peer // another after a reload that changed the listener
	sock  *netx.Sock
	step  func(uintptr) bool
	next  verdict

	x       *exchange // nil while idle
	inHead  bool      // x.req has begun to be parsed
	served  int       // requests answered
	aborted bool      // close with a reset

	h2     atomic.Pointer[http2.Conn] // nil unless the client speaks HTTP/2
	latest atomic.Pointer[peer]       // of the streams

	// state tells a drain whether it may interrupt: see endIfIdle.
	state atomic.Int32
	// cutOff is set by a drain that has run out of patience.
	cutOff atomic.Bool
	// through is the other end of a tunnel: for cut.
	through atomic.Pointer[tunnelEnd]
}

func newConn(l *Listener, sock *netx.Sock) *conn {
	c := &conn{peer: newPeer(l, sock.RemoteAddr().AddrPort(), sock.LocalAddr().AddrPort()), sock: sock}
	sock.LimitUnsent(unsentLimit)
	sock.WriteTimeout = c.config.Timeouts.BodyIdle
	c.step = c.onReadable
	return c
}

// serve handles requests until the connection ends.
func (c *conn) serve() {
	defer c.close()
	if c.config.ProxyProtocol && !c.readProxyHeader() {
		return
	}
	if h := c.listener.here.Load(); h.tls != nil && !c.handshake(h) {
		return
	}
	if c.secured != nil && c.secured.http2 || !c.config.HTTP1 {
		c.serveHTTP2(nil)
		return
	}
	// The first head is due like any other, though nothing of it came yet.
	c.sock.SetReadDeadline(c.config.Timeouts.Header)
	for {
		c.next = wait
		if err := c.sock.Await(c.step); err != nil {
			c.next = c.interrupted(err)
		}
		for c.next == outside {
			c.next = c.runOutside()
		}
		switch c.next {
		case hangUp:
			return
		case hangUpOK:
			c.linger()
			return
		case abort:
			c.aborted = true
			return
		case speakH2:
			initial := bytes.Clone(c.x.in.bytes())
			c.x.release()
			c.x = nil
			c.serveHTTP2(initial)
			return
		}
	}
}

// close ends the connection; a panic on the way is one request's bad luck, not
// the other connections'.
func (c *conn) close() {
	if p := recover(); p != nil {
		c.panicked(p)
		c.sock.HangUp()
	}
	if c.x != nil {
		c.x.release()
	}
	c.x = nil
	// Errors of closing say that the client is gone, which is what is wanted.
	if c.aborted {
		_ = c.sock.Reset()
		return
	}
	_ = c.sock.Close()
}

// onReadable is the step of Await: it reads once, serves what is complete, and
// goes back to waiting.
func (c *conn) onReadable(uintptr) (done bool) {
	if c.x == nil {
		c.x = newExchange()
	}
	x := c.x
	for {
		// There is room: advance sees to it.
		space := x.in.space()
		n, err := c.sock.TryRead(space)
		if err == syscall.EAGAIN {
			break
		}
		if err != nil {
			c.next = c.ended(err)
			return true
		}
		x.in.w += n
		if c.next = c.advance(); c.next != wait {
			return true
		}
		if n < len(space) && !c.inHead && c.secured == nil {
			break // drained; Await says why that is known
		}
	}
	c.rest()
	return false
}

// rest gives back what a connection without a request does not need.
func (c *conn) rest() {
	if c.x.in.len() == 0 && !c.inHead {
		c.x.release()
		c.x = nil
	}
}

// runOutside runs an exchange that reads from the client, then whatever the
// client sent behind it.
func (c *conn) runOutside() verdict {
	if v := c.exchange(); v != wait {
		return v
	}
	if v := c.advance(); v != wait {
		return v
	}
	c.rest()
	return wait
}

// advance serves the requests that are complete in the buffer, in order. wait
// means that it needs more bytes, and that there is room for them.
func (c *conn) advance() verdict {
	x := c.x
	for x.in.len() > 0 {
		if !c.inHead {
			x.here = c.listener.here.Load()
			if x.here.config != c.config {
				c.peer = c.under(x.here.config)
				c.sock.WriteTimeout = c.config.Timeouts.BodyIdle
			}
			if c.served == 0 && x.in.b[x.in.r] == tlsHandshake && c.secured == nil {
				return c.refuse(&http1.Error{Code: gwerr.BadRequest, Reason: "this is the beginning of TLS, and the listener speaks plain HTTP"})
			}
			if c.served == 0 && x.in.b[x.in.r] == 'P' && c.secured == nil && x.here.config.HTTP2 {
				if yes, told := http2.Prefaced(x.in.bytes()); yes {
					return speakH2
				} else if !told {
					c.headDue()
					return wait
				}
			}
			x.req.Reset(x.here.limits)
			c.inHead = true
		}
		n, err := x.req.Parse(x.in.bytes())
		if err == http1.ErrNeedMore {
			if x.req.Begun() {
				c.headDue()
			}
			// The parser refuses a head before it fills its limit; the rest of
			// the room is for the byte that shows it.
			if !x.in.room(c.headRoom()) {
				return c.refuse(&http1.Error{Code: gwerr.HeadersTooLarge, Reason: "the header section is longer than allowed"})
			}
			return wait
		}
		c.sock.SetReadDeadline(0)
		c.inHead, x.headDue = false, false
		if !c.state.CompareAndSwap(idle, busy) {
			c.overrule()
		}
		if err != nil {
			return c.refuse(err.(*http1.Error))
		}
		x.begin(n, c.peer, c)
		if !x.bodyBuffered() || len(x.req.Upgrade) > 0 {
			return outside
		}
		if v := c.exchange(); v != wait {
			return v
		}
	}
	x.in.r, x.in.w = 0, 0
	return wait
}

// headDue starts the clock for a head that has begun.
func (c *conn) headDue() {
	if !c.x.headDue {
		c.x.headDue = true
		c.sock.SetReadDeadline(c.config.Timeouts.Header)
	}
}

func (c *conn) headRoom() int {
	limit := c.x.here.limits.HeadBytes
	if limit == 0 {
		limit = http1.DefaultHeadBytes
	}
	return limit + 64
}

// exchange runs one request whose head is parsed, and says how to go on.
func (c *conn) exchange() verdict {
	x := c.x
	v := x.proxy()
	x.record()
	c.served++
	x.end()
	c.state.Store(idle)
	if v == wait {
		if c.closing() {
			return hangUpOK // the client was not told, but has its answer
		}
		c.sock.SetReadDeadline(c.config.Timeouts.KeepAlive)
	}
	return v
}

// ended says how to go on when reading from the client failed between requests.
func (c *conn) ended(err error) verdict {
	if err == io.EOF && c.inHead && c.x.req.Begun() {
		return c.refuse(&http1.Error{Code: gwerr.BadRequest, Reason: "the connection ended within a request head"})
	}
	return hangUp
}

// interrupted says how to go on when waiting for a request was interrupted.
func (c *conn) interrupted(err error) verdict {
	begun := c.inHead && c.x.req.Begun()
	switch {
	case c.cutOff.Load():
		return hangUp
	case errors.Is(err, netx.ErrTimeout) && begun:
		c.sock.Resume()
		c.sock.SetReadDeadline(0)
		return c.refuse(&http1.Error{Code: gwerr.RequestTimeout, Reason: "the request head did not come in time"})
	case errors.Is(err, netx.ErrInterrupted) && begun:
		c.sock.Resume() // draining: what has begun may come to its end
		c.state.Store(idle)
		return wait
	case errors.Is(err, netx.ErrInterrupted):
		// Draining. A request that came in this moment is served still.
		c.sock.Resume()
		c.state.Store(idle)
		if c.onReadable(0) {
			return c.next
		}
		if c.x != nil {
			return wait
		}
		return hangUp
	}
	return hangUp
}

// endIfIdle asks a connection without a request to close. It is the drain's.
func (c *conn) endIfIdle() {
	if h := c.h2.Load(); h != nil {
		h.Drain()
		return
	}
	if c.state.CompareAndSwap(idle, ending) {
		c.sock.Interrupt()
	}
}

// overrule takes back the interrupt of a drain that took the connection for idle
// in the moment when a request was complete. The interrupt is underway, if it
// has not come yet.
func (c *conn) overrule() {
	for !c.sock.Interrupted() {
		runtime.Gosched()
	}
	c.sock.Resume()
	c.state.Store(busy)
}

// cut ends the connection whatever it is doing. It is the drain's.
func (c *conn) cut() {
	c.cutOff.Store(true)
	if h := c.h2.Load(); h != nil {
		h.Close()
	}
	c.sock.HangUp()
	if end := c.through.Load(); end != nil {
		(*end).interrupt()
	}
}

// linger lets the client read what was sent before the connection closes.
func (c *conn) linger() {
	if c.sock.CloseWrite() != nil {
		return
	}
	c.sock.SetReadDeadline(lingerTime)
	sink := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(sink)
	for total := 0; total < lingerBytes; {
		n, err := c.sock.Read(sink[:])
		if err != nil {
			return
		}
		total += n
	}
}

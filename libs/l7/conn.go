package l7

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// unsentLimit is what the kernel may hold for a client beyond what is on the wire: a whole
// pipe of a large body.
const unsentLimit = 256 << 10

// A step says how a connection goes on.
type step uint8

const (
	wait    step = iota // for more bytes
	outside             // serve a request that reads from the client: not inside Await
	speakH2             // go on with HTTP/2
	hangUp              // close
	part                // close after letting the client read what was sent
	linger              // the same for a client that has more to send, which it may do first
	abort               // reset: a plain close would look like the end of the body
	carry               // a tunnel, which is the rest of the connection
	leave               // nothing: the connection is parked, and may be another goroutine's by now
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
	listener *Listener
	engine   *Engine
	peer     *client.Peer // another after a reload that changed the listener; nil while parked
	sock     *netx.Sock
	place    *door.Place
	own      upstream.Own // to endpoints, for this client alone
	onReady  func(uintptr) bool
	next     step

	x    *exchange.Exchange // nil while idle
	view *exchange.View     // of the request whose head is being read
	// introduced says that a PROXY header has told who the client is.
	introduced bool

	inHead  bool          // the head has begun to be parsed
	headDue bool          // the deadline for it is running
	headAt  time.Time     // when that began: with its first byte, if not all came at once
	waited  time.Duration // how long the head took that was complete last
	served  int           // requests answered

	h2     atomic.Pointer[http2.Conn]  // nil unless the client speaks HTTP/2
	latest atomic.Pointer[client.Peer] // of the streams

	refused int // streams that were refused unread

	// state tells a drain whether it may interrupt: see endIfIdle.
	state atomic.Int32
	// cut is set by a drain that has run out of patience.
	cut atomic.Bool
	// through is the other end of a tunnel, for a drain.
	through atomic.Pointer[tunnel.End]
}

func newConn(l *Listener, sock *netx.Sock) *conn {
	c := &conn{listener: l, engine: l.engine, sock: sock}
	c.meet()
	sock.LimitUnsent(unsentLimit)
	return c
}

// CutOff reports whether the connection was cut off. Any goroutine may ask.
func (c *conn) CutOff() bool { return c.cut.Load() }

// Closing reports whether the connection ends after the requests it serves. Any
// goroutine may ask.
func (c *conn) Closing() bool { return c.listener.Closing() }

// serve serves the connection from where it is, until it ends or is parked.
func (c *conn) serve(from func(*conn) step) {
	end := hangUp
	defer func() {
		panicked := recover()
		if end == leave {
			return
		}
		c.close(end, panicked)
		c.place.Leave()
		c.place.Forget()
	}()
	if end = from(c); end == carry {
		end = leave
		c.x.Carry(c)
	}
}

// begin serves a new connection.
func (c *conn) begin() step {
	if c.peer.Config.ProxyProtocol && !c.readProxyHeader() {
		return hangUp
	}
	if v := c.listener.view.Load(); v.TLS != nil && !c.handshake(v) {
		return c.next
	}
	if c.peer.Secured != nil && c.peer.Secured.HTTP2 || !c.peer.Config.HTTP1 {
		return c.serveHTTP2(nil)
	}
	// The first head is due like any other, though nothing of it came yet.
	c.sock.SetReadDeadline(c.peer.Config.Timeouts.Header)
	return c.goOn()
}

// goOn serves a connection that speaks HTTP/1.1, or may turn out to speak HTTP/2.
func (c *conn) goOn() step {
	end := c.serveHTTP1()
	if end != speakH2 {
		return end
	}
	initial := bytes.Clone(c.x.In.Bytes())
	c.x.Release()
	c.x = nil
	return c.serveHTTP2(initial)
}

// serveHTTP1 serves requests over HTTP/1.1, and says how the connection ends. One that has been
// idle for a moment is parked: Unpark goes on with it.
func (c *conn) serveHTTP1() step {
	for {
		c.next = wait
		err := c.sock.AwaitOrIdle(c.onReady)
		if err == netx.ErrIdle {
			if c.x == nil && c.park() {
				return leave
			}
			continue
		}
		if err != nil {
			c.next = c.interrupted(err)
		}
		for c.next == outside {
			c.next = c.runOutside()
		}
		if c.next != wait {
			return c.next
		}
	}
}

// close ends the connection. A panic on the way is one request's bad luck, not the other
// connections'.
func (c *conn) close(end step, panicked any) {
	if panicked != nil {
		c.panicked(panicked)
		c.sock.HangUp()
		end = hangUp
	}
	if c.x != nil {
		c.x.Release()
	}
	c.x = nil
	c.own.End()
	if end == linger || end == part {
		c.linger(end)
	}
	// Errors of closing say that the client is gone, which is what is wanted.
	if end == abort {
		_ = c.sock.Reset()
		return
	}
	_ = c.sock.Close()
}

// panicked deals with a panic while the connection was served: it is logged, and the
// client is told, unless it has begun to get an answer already.
func (c *conn) panicked(p any) {
	x := c.x
	c.x = nil
	entry := c.engine.Log.WithField("panic", p).WithField("stack", string(debug.Stack()))
	if x == nil || c.state.Load() != busy {
		entry.Error("a connection failed; it was closed")
		return
	}
	entry.WithField("request_id", x.ID()).Error("a request failed; its connection was closed")
	x.Panicked()
}

// ended says how to go on when reading from the client failed between requests.
func (c *conn) ended(err error) step {
	if err == io.EOF && c.inHead && c.x.Head.Begun() {
		return c.refuse(&http1.Error{
			Code: gwerr.BadRequest, Reason: "the connection ended within a request head",
		})
	}
	return hangUp
}

// interrupted says how to go on when waiting for a request was interrupted.
func (c *conn) interrupted(err error) step {
	begun := c.inHead && c.x.Head.Begun()
	switch {
	case c.cut.Load():
		return hangUp
	case errors.Is(err, netx.ErrTimeout) && begun:
		c.sock.Resume()
		c.sock.SetReadDeadline(0)
		return c.refuse(&http1.Error{
			Code: gwerr.RequestTimeout, Reason: "the request head did not come in time",
		})
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

// overrule takes back the interrupt of a drain that took the connection for idle in the
// moment when a request was complete. The interrupt is underway, if it has not come yet.
func (c *conn) overrule() {
	for !c.sock.Interrupted() {
		runtime.Gosched()
	}
	c.sock.Resume()
	c.state.Store(busy)
}

// cutNow ends the connection whatever it is doing. It is the drain's.
func (c *conn) cutNow() {
	c.cut.Store(true)
	if h := c.h2.Load(); h != nil {
		h.Close()
	}
	c.sock.HangUp()
	if end := c.through.Load(); end != nil {
		(*end).Interrupt()
	}
}

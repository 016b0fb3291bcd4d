package l7

import (
	"context"
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
)

// replayed is how much of a request body is kept to be sent again: what arrived before
// the request was looked at, up to this.
const replayed = 16 << 10

// serveHTTP2 serves a connection on which the client speaks HTTP/2. initial is what
// came of it already.
func (c *conn) serveHTTP2(initial []byte) {
	if !c.state.CompareAndSwap(idle, busy) {
		c.overrule() // the client is told, below
	}
	c.sock.SetReadDeadline(0)
	cfg := c.config
	h := http2.NewConn(c.sock, c.engine.streams, http2.Options{
		MaxStreams:      cfg.Limits.MaxStreams,
		HeadBytes:       cfg.Limits.MaxHeaderBytes,
		HeadFields:      cfg.Limits.MaxHeaders,
		HeaderTime:      cfg.Timeouts.Header,
		BodyIdle:        cfg.Timeouts.BodyIdle,
		KeepAlive:       cfg.Timeouts.KeepAlive,
		ExtendedConnect: true,
	}, c.serveStream)
	c.latest.Store(c.peer)
	c.h2.Store(h)
	if c.cutOff.Load() {
		return
	}
	if c.closing() {
		h.Drain()
	}
	err := h.Serve(context.Background(), initial)
	if c.cutOff.Load() {
		return
	}
	fault := (*http2.ConnError)(nil)
	if errors.As(err, &fault) {
		c.engine.Log.WithError(err).WithField("client", c.clientPort).WithField("listener", cfg.Name).Debug("an HTTP/2 connection was ended for what its client did")
	}
	if err == nil || fault != nil {
		c.sock.Resume()
		c.linger()
	}
}

// now is the peer for a request that begins now.
func (c *conn) now(here *here) *peer {
	p := c.latest.Load()
	if p.config != here.config {
		p = p.under(here.config)
		c.latest.Store(p) // several may do so at once: one is as good as another
	}
	return p
}

// serveStream serves one request of an HTTP/2 connection, in a goroutine of that.
func (c *conn) serveStream(s *http2.Stream) {
	x := newExchange()
	defer func() {
		if p := recover(); p != nil {
			c.streamPanicked(x, p)
			return
		}
		x.end()
		x.release()
	}()
	x.client = stream{Stream: s, conn: c}
	x.here = c.listener.here.Load()
	n, err := x.takeStream(s)
	x.begin(n, c.now(x.here), &x.client)
	x.tunnel = len(s.Request().Protocol) > 0
	switch {
	case s.Request().TooLarge:
		x.answer(gwerr.HeadersTooLarge, "the header section is longer than allowed", "")
	case err != nil:
		x.answer(err.Code, err.Reason, "")
	case x.tunnel && len(x.req.Upgrade) == 0:
		x.answer(gwerr.NotImplemented, "the gateway opens no tunnel for this protocol", "")
	default:
		if x.recogniseGRPC(); x.grpc.on {
			s.SetIdle(0, x.peer.config.Timeouts.BodyIdle) // a stream may pause
		}
		x.proxy()
	}
	x.record()
}

// takeStream reads the head of a stream's request, and its body where that is here
// already and small. It returns the length of the head in x.in.
func (x *exchange) takeStream(s *http2.Stream) (int, *http1.Error) {
	r := s.Request()
	x.req.Reset(x.here.limits)
	// For the log, where the head cannot be parsed.
	x.req.MethodName, x.req.Authority, x.req.Path, x.req.Minor = r.Method, r.Authority, r.Path, 1
	if r.TooLarge {
		return 0, nil
	}
	came, length := s.Arrived(), r.ContentLength
	// What comes behind a CONNECT is no body.
	whole := came.Whole && came.Unread <= replayed && !came.Trailer && !r.Connect
	if came.Body && came.Unread == 0 && !r.Connect && r.ContentLength <= 0 {
		// A frame behind the head ends the request, or will: one that has come already goes
		// on like one that comes later. Servers of gRPC wait for it.
		whole, x.client.behind = false, true
	}
	if whole {
		length = int64(came.Unread)
	}
	b := appendStreamHead(x.in.b[:0], s, came.Body || whole && r.ContentLength >= 0, length)
	n := len(b)
	if whole && came.Unread > 0 {
		b = append(b, make([]byte, came.Unread)...)
		if k, _ := s.ReadBody(b[n:]); k != came.Unread {
			return 0, errBodyGone
		}
	}
	x.in.b, x.in.r, x.in.w = b[:cap(b)], 0, len(b)
	if _, err := x.req.Parse(b[:n]); err != nil {
		if fault := (*http1.Error)(nil); errors.As(err, &fault) {
			return n, fault
		}
		return n, errNotWritten
	}
	return n, nil
}

var (
	errBodyGone   = &http1.Error{Code: gwerr.BadRequest, Reason: "the stream ended within its body"}
	errNotWritten = &http1.Error{Code: gwerr.Internal, Reason: "the request could not be taken over from HTTP/2"}
)

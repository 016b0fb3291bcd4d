package l7

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
)

// serveHTTP2 serves a connection on which the client speaks HTTP/2, and says how it
// ends. initial is what came of it already.
func (c *conn) serveHTTP2(initial []byte) step {
	if !c.state.CompareAndSwap(idle, busy) {
		c.overrule() // the client is told by Drain
	}
	c.sock.SetReadDeadline(0)
	cfg := c.peer.Config
	h := http2.NewConn(c.sock, c.engine.streams, http2.Options{
		MaxStreams:      cfg.Limits.MaxStreams,
		HeadBytes:       cfg.Limits.MaxHeaderBytes,
		HeadFields:      cfg.Limits.MaxHeaders,
		HeaderTime:      cfg.Timeouts.Header,
		BodyIdle:        cfg.Timeouts.BodyIdle,
		KeepAlive:       cfg.Timeouts.KeepAlive,
		ExtendedConnect: true,
		AnswerMalformed: true,
		OnRefused:       c.streamRefused,
	}, c.serveStream)
	c.latest.Store(c.peer)
	c.h2.Store(h)
	if c.cut.Load() {
		return hangUp
	}
	if c.Closing() {
		h.Drain()
	}
	began := time.Now()
	err := h.Serve(context.Background(), initial)
	if c.refused > 1 { // of one, its own line has said all
		c.logRefused()
	}
	if c.cut.Load() {
		c.sock.Resume()
		return part // what handlers have said last is to be read
	}
	fault := (*http2.ConnError)(nil)
	if errors.As(err, &fault) {
		if !fault.ByPeer && !(fault.Late && h.Silent()) {
			c.logFault(fault, began)
		}
		c.engine.Log.WithError(err).WithField("client", c.peer.AddressPort).
			WithField("listener", cfg.Name).
			Debug("an HTTP/2 connection was ended for what its client did")
	}
	switch {
	case fault != nil:
		c.sock.Resume()
		return linger
	case err == nil:
		c.sock.Resume()
		return part
	}
	return hangUp
}

// now is the peer for a request that begins now.
func (c *conn) now(v *exchange.View) *client.Peer {
	p := c.latest.Load()
	if p.Config != v.Config {
		p = p.Under(v.Config)
		c.latest.Store(p) // several may do so at once: one is as good as another
	}
	return p
}

// serveStream serves one request of an HTTP/2 connection, in a goroutine of that.
func (c *conn) serveStream(s *http2.Stream) {
	x := exchange.New()
	next := exchange.Stay
	defer func() {
		if p := recover(); p != nil {
			c.streamPanicked(x, p)
			return
		}
		x.HTTP2.Finish()
		x.Release()
		if next == exchange.Linger {
			c.lingerStream(s)
		}
	}()
	wrong := c.takeStream(x, s)
	// A tunnel has no rest, a call's may never end, and clients of calls know resets.
	rest := !x.Tunnel && !x.GRPC
	if wrong != nil {
		next = x.ProceedRefusing(wrong)
	} else {
		next = x.Proceed()
	}
	if !rest {
		next = exchange.Stay
	}
}

// takeStream hands a request over to its exchange, or says what is wrong with it. What it has on
// the stack is given back before the request is served, since a tunnel lasts for long.
//
//go:noinline
func (c *conn) takeStream(x *exchange.Exchange, s *http2.Stream) *http1.Error {
	view := c.listener.view.Load()
	peer := c.now(view)
	r := exchange.Request{
		Env: &c.engine.env, View: view, Peer: peer, Owner: c, Client: &x.HTTP2,
		Own:      &c.own,
		Protocol: client.Protocol{Name: "HTTP/2", Version: "2.0", Streamed: true},
		Tunnel:   len(s.Request().Protocol) > 0,
	}
	x.HTTP2.Begin(s, peer.Config.Timeouts.BodyIdle)
	taken, wrong := client.Take(s, &x.In, &x.Head, view.Limits, exchange.Replayed)
	r.Waited = s.HeadTook()
	if wrong == nil && r.Tunnel && len(x.Head.Upgrade) == 0 {
		wrong = errNoTunnel
	}
	if wrong != nil {
		x.Prepare(&r)
		return wrong
	}
	x.In.R = taken.HeadLen
	r.EndsBehind = taken.EndsBehind
	if r.Whole = !x.Head.Chunked && x.Head.ContentLength <= int64(x.In.Len()); r.Whole {
		r.Body = x.In.Bytes()
		x.In.R = x.In.W
	}
	r.GRPC = heads.IsGRPC(&x.Head)
	x.Prepare(&r)
	return nil
}

var errNoTunnel = &http1.Error{
	Code: gwerr.NotImplemented, Reason: "the gateway opens no tunnel for this protocol",
}

// streamPanicked deals with a panic while a request over HTTP/2 was served. The
// connection goes on.
func (c *conn) streamPanicked(x *exchange.Exchange, p any) {
	c.engine.Log.WithField("panic", p).WithField("stack", string(debug.Stack())).
		WithField("request_id", x.ID()).Error("a request failed; its stream was ended")
	x.Panicked()
}

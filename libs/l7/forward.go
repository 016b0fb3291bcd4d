package l7

import (
	"context"
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/routing"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// allMethods is the Allow field of the one method no route can allow.
const allMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// proxy finds the request's route and sends it there, or answers it.
func (c *conn) proxy(x *exchange) verdict {
	r := &x.req
	c.identify(x)
	switch r.Method {
	case http1.MethodConnect:
		return c.answer(x, gwerr.NotImplemented, "CONNECT is for forward proxies; this is a gateway", "")
	case http1.MethodTrace:
		// It would show the fields the gateway adds to whoever asks.
		return c.answer(x, gwerr.MethodNotAllowed, "TRACE is not let through", allMethods)
	}
	if c.misdirected(r.Authority) {
		return c.answer(x, gwerr.Misdirected, "this host has another certificate than the connection; ask for it on a connection of its own", "")
	}
	p := x.here.plan
	i, outcome := p.Match(r.MethodName, r.Authority, r.Path)
	switch outcome {
	case routing.NoHost:
		return c.answer(x, gwerr.NoRoute, "no route is for this host", "")
	case routing.NoPath:
		return c.answer(x, gwerr.NoRoute, "no route of this host is for this path", "")
	case routing.NoMethod:
		return c.answer(x, gwerr.MethodNotAllowed, "no route of this path is for this method", p.Allow(r.Authority, r.Path))
	}
	x.route = &x.here.routes[i]
	x.target = x.route.choose()
	x.target.metrics.Active.Add(1) // record takes it back
	if r.EncodedSlash && !x.route.AllowEncodedSlash {
		r.KeepAlive = false
		return c.answer(x, gwerr.BadRequest, "the path has an encoded slash, which its route does not allow", "")
	}
	if limit := x.route.MaxBodyBytes; limit > 0 && r.ContentLength > limit {
		r.KeepAlive = false
		return c.answer(x, gwerr.BodyTooLarge, "the request body is larger than its route allows", "")
	}
	if r.Method == http1.MethodOptions && r.MaxForwards == 0 {
		return c.finalRecipient(x)
	}
	x.endpoint = x.target.cluster.pick()
	if x.endpoint == nil {
		return c.answer(x, gwerr.NoHealthyEndpoint, "no endpoint of the cluster may get requests", "")
	}
	return c.forwardTo(x)
}

// identify gives the request its ID: a new one, or a trusted proxy's.
func (c *conn) identify(x *exchange) {
	if c.trusted {
		if f := x.req.Find(http1.FieldXRequestID); f != nil && validID(x.req.Value(f)) {
			x.id = append(x.id, x.req.Value(f)...)
			return
		}
	}
	x.id = appendID(x.id)
}

// finalRecipient answers an OPTIONS request that may go no further
// (RFC 9110 section 7.6.2).
func (c *conn) finalRecipient(x *exchange) verdict {
	r := &x.req
	x.status = 204
	keep := r.KeepAlive && r.Minor == 1 && x.bodyBuffered() && !c.closing()
	x.out = append(x.out[:0], "HTTP/1.1 204 No Content\r\nAllow: "...)
	x.out = append(x.out, x.here.plan.Allow(r.Authority, r.Path)...)
	x.out = append(x.out, "\r\nX-Request-Id: "...)
	x.out = append(x.out, x.id...)
	if !keep {
		x.out = append(x.out, "\r\nConnection: close"...)
	}
	x.out = append(x.out, "\r\n\r\n"...)
	if err := c.send(x.out); err != nil {
		return c.sendFailed(err)
	}
	if !keep {
		return hangUpOK
	}
	x.in.r += int(r.ContentLength)
	return wait
}

// forwardTo sends the request to its endpoint, and again where that is safe and
// the route asks for it.
func (c *conn) forwardTo(x *exchange) verdict {
	x.replay = x.bodyBuffered()
	x.out = c.appendRequestHead(x.out[:0], x)
	if x.replay {
		n := int(x.req.ContentLength)
		x.out = append(x.out, x.in.bytes()[:n]...)
		x.in.r += n
		x.taken = true
		x.requestBytes = int64(n)
	}
	for {
		up, err := c.connection(x)
		if err != nil {
			if c.unreachable(x, err) {
				continue
			}
			return c.noConnection(x, err)
		}
		up.WriteTimeout = c.config.Timeouts.BodyIdle
		c.sock.CancelOnHangup(up.Sock)
		var sent int
		if x.replay {
			sent, err = c.sendWhole(x, up)
		} else {
			sent, err = c.sendBegun(x, up)
		}
		if err == nil {
			x.attempts++
			if v := c.receive(x, up); v != again {
				return v
			}
			continue
		}
		if !c.sock.EndCancel() {
			up.Discard()
			return c.clientGone(x)
		}
		up.Discard()
		if err == netx.ErrStale {
			continue // nothing was sent; there are only so many idle connections
		}
		x.attempts++
		safe := isClosed(err) && (sent == 0 || x.req.Method.Idempotent())
		// The peer closes idle connections when it likes, and a request that meets
		// that must not fail for it: it goes out once more on a new connection.
		if up.Reused && !x.resent && safe {
			x.resent = true
			continue
		}
		if o, ok := failureOutcome(err); ok {
			x.endpoint.health.Record(o)
		}
		if safe && c.tryAgain(x, x.route.Retry.Reset, failedReset) {
			continue
		}
		return c.upstreamFailed(x, err)
	}
}

// connection lends a connection to the endpoint: an idle one, a new one, or the
// first that becomes free.
func (c *conn) connection(x *exchange) (*upstream.Conn, error) {
	if !x.resent {
		if up := x.endpoint.Borrow(); up != nil {
			return up, nil
		}
	}
	up, err := x.endpoint.Dial(context.Background())
	if err != upstream.ErrOverloaded {
		return up, err
	}
	looks := 0
	return x.endpoint.Wait(x.route.RequestTimeout, func() bool {
		if c.cutOff.Load() {
			return true
		}
		// A client may half-close and still want its answer.
		if looks++; !c.sock.Ended() {
			looks = 0
		}
		return looks > int(netx.Grace/upstream.LookAround)
	})
}

// sendWhole sends a request whose body is in x.out already, and reads the first
// bytes of the response.
func (c *conn) sendWhole(x *exchange, up *upstream.Conn) (sent int, err error) {
	up.SetReadDeadline(x.responseTimeout())
	sent, got, err := up.Exchange(x.out, x.ub.b)
	if err != nil {
		return sent, err
	}
	x.ub.r, x.ub.w = 0, got
	if sent == len(x.out) {
		return sent, nil
	}
	n, err := up.Write(x.out[sent:])
	if err == nil {
		up.SetReadDeadline(x.responseTimeout())
		x.ub.w, err = up.Read(x.ub.b)
	}
	return sent + n, err
}

// sendBegun sends the head of a request whose body is still on its way, and
// lets the body follow.
func (c *conn) sendBegun(x *exchange, up *upstream.Conn) (sent int, err error) {
	if up.Reused && !up.Idle() {
		return 0, netx.ErrStale
	}
	up.SetReadDeadline(0) // begins when the request has been sent
	if sent, err = up.Write(x.out); err != nil {
		return sent, err
	}
	x.ub.r, x.ub.w = 0, 0
	x.upload = startUpload(c, x, up)
	return sent, nil
}

// unreachable reports whether a request that got no connection is to be tried
// elsewhere.
func (c *conn) unreachable(x *exchange, err error) bool {
	if err == upstream.ErrOverloaded {
		return false
	}
	x.attempts++
	x.here.counts.Connects.Add(1) // or could not be secured
	x.endpoint.health.Record(noConnectionOutcome(err))
	c.engine.Log.WithError(err).WithField("cluster", x.target.cluster.Name).Debug("an endpoint could not be reached")
	return c.tryAgain(x, x.route.Retry.Connect, failedConnect)
}

// noConnection answers a request that got no connection.
func (c *conn) noConnection(x *exchange, err error) verdict {
	switch {
	case c.cutOff.Load() || err == upstream.ErrOverloaded && c.sock.Ended():
		return c.clientGone(x)
	case err == upstream.ErrOverloaded:
		return c.answer(x, gwerr.Overloaded, "the cluster has as many connections as it may have, and as many requests wait for one", "")
	}
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		return c.answer(x, gwerr.UpstreamTLS, "the connection to the endpoint could not be secured", "")
	}
	return c.answer(x, gwerr.UpstreamConnect, "the endpoint could not be reached", "")
}

// upstreamFailed answers a request whose exchange failed before a response head
// came; the upstream connection has been dealt with.
func (c *conn) upstreamFailed(x *exchange, err error) verdict {
	var protocol *http1.Error
	switch {
	case errors.As(err, &protocol):
		return c.answer(x, gwerr.UpstreamProtocol, "the response is malformed: "+protocol.Reason, "")
	case errors.Is(err, netx.ErrTimeout):
		return c.answer(x, gwerr.UpstreamTimeout, "the endpoint did not respond in time", "")
	case errors.Is(err, netx.ErrInterrupted):
		return c.clientGone(x)
	}
	return c.answer(x, gwerr.UpstreamReset, "the endpoint closed the connection before it responded", "")
}

// statusClientGone is what is logged for a request whose client left before it
// could be answered; nginx made the number known.
const statusClientGone = 499

func (c *conn) clientGone(x *exchange) verdict {
	if x.status == 0 {
		x.status = statusClientGone
	}
	return hangUp
}

// isClosed reports an error that the peer's end of the connection caused.
func isClosed(err error) bool {
	return !errors.Is(err, netx.ErrTimeout) && !errors.Is(err, netx.ErrInterrupted)
}

// since is the time from the start of the request.
func (x *exchange) since() time.Duration { return time.Since(x.start) }

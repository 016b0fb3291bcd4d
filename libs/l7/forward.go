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
	a := c.engine.active.Load()
	x.active = a
	switch r.Method {
	case http1.MethodConnect:
		return c.answer(x, gwerr.NotImplemented, "CONNECT is for forward proxies; this is a gateway", "")
	case http1.MethodTrace:
		// It would show the fields the gateway adds to whoever asks.
		return c.answer(x, gwerr.MethodNotAllowed, "TRACE is not let through", allMethods)
	}
	i, outcome := a.plan.Match(r.MethodName, r.Authority, r.Path)
	switch outcome {
	case routing.NoHost:
		return c.answer(x, gwerr.NoRoute, "no route is for this host", "")
	case routing.NoPath:
		return c.answer(x, gwerr.NoRoute, "no route of this host is for this path", "")
	case routing.NoMethod:
		return c.answer(x, gwerr.MethodNotAllowed, "no route of this path is for this method", a.plan.Allow(r.Authority, r.Path))
	}
	x.route = &a.routes[c.listener.index][i]
	x.route.metrics.Active.Add(1) // record takes it back
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
	x.endpoint = x.route.cluster.pick()
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
	keep := r.KeepAlive && r.Minor == 1 && x.bodyBuffered() && !c.engine.draining.Load()
	x.out = append(x.out[:0], "HTTP/1.1 204 No Content\r\nAllow: "...)
	x.out = append(x.out, x.active.plan.Allow(r.Authority, r.Path)...)
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

// forwardTo sends the request to its endpoint. A request that fails on a
// connection that had been idle, before a byte of the response, is sent once
// more on a new one, if that is safe: the peer closes idle connections when it
// likes, and a request that meets that must not fail for it.
func (c *conn) forwardTo(x *exchange) verdict {
	buffered := x.bodyBuffered()
	x.out = c.appendRequestHead(x.out[:0], x)
	if buffered {
		n := int(x.req.ContentLength)
		x.out = append(x.out, x.in.bytes()[:n]...)
		x.in.r += n
		x.requestBytes = int64(n)
	}
	retried := false
	for {
		var up *upstream.Conn
		if !retried {
			up = x.endpoint.Borrow()
		}
		if up == nil {
			var err error
			if up, err = x.endpoint.Dial(context.Background()); err != nil {
				return c.unreachable(x, err)
			}
		}
		up.WriteTimeout = c.listener.config.Timeouts.BodyIdle
		c.sock.CancelOnHangup(up.Sock)
		var sent int
		var err error
		if buffered {
			sent, err = c.sendWhole(x, up)
		} else {
			sent, err = c.sendBegun(x, up)
		}
		if err == nil {
			x.attempts++
			return c.receive(x, up)
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
		if up.Reused && !retried && isClosed(err) && (sent == 0 || x.req.Method.Idempotent()) {
			retried = true
			continue
		}
		return c.upstreamFailed(x, err)
	}
}

// sendWhole sends a request whose body is in x.out already, and reads the first
// bytes of the response.
func (c *conn) sendWhole(x *exchange, up *upstream.Conn) (sent int, err error) {
	up.SetReadDeadline(x.route.ResponseTimeout)
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
		up.SetReadDeadline(x.route.ResponseTimeout)
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

// unreachable answers a request that got no connection.
func (c *conn) unreachable(x *exchange, err error) verdict {
	if errors.Is(err, upstream.ErrOverloaded) {
		return c.answer(x, gwerr.Overloaded, "the cluster has as many connections as it may have", "")
	}
	x.attempts++
	c.engine.Log.WithError(err).WithField("cluster", x.route.cluster.Name).Debug("an endpoint could not be reached")
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

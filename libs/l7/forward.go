package l7

import (
	"context"
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/routing"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// allMethods is the Allow field of the one method no route can allow.
const allMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// proxy finds the request's route and sends it there, or answers it.
func (x *exchange) proxy() verdict {
	r := &x.req
	x.identify()
	switch r.Method {
	case http1.MethodConnect:
		return x.answer(gwerr.NotImplemented, "CONNECT is for forward proxies; this is a gateway", "")
	case http1.MethodTrace:
		// It would show the fields the gateway adds to whoever asks.
		return x.answer(gwerr.MethodNotAllowed, "TRACE is not let through", allMethods)
	}
	if x.peer.misdirected(r.Authority) {
		return x.answer(gwerr.Misdirected, "this host has another certificate than the connection; ask for it on a connection of its own", "")
	}
	p := x.here.plan
	i, outcome := p.Match(r.MethodName, r.Authority, r.Path)
	switch outcome {
	case routing.NoHost:
		return x.answer(gwerr.NoRoute, "no route is for this host", "")
	case routing.NoPath:
		return x.answer(gwerr.NoRoute, "no route of this host is for this path", "")
	case routing.NoMethod:
		return x.answer(gwerr.MethodNotAllowed, "no route of this path is for this method", p.Allow(r.Authority, r.Path))
	}
	x.route = &x.here.routes[i]
	x.target = x.route.choose()
	x.target.metrics.Active.Add(1) // record takes it back
	if !x.route.Clients.Allows(x.peer.certified()) {
		return x.answer(gwerr.Forbidden, "the route is not for the certificate of this client", "")
	}
	if r.EncodedSlash && !x.route.AllowEncodedSlash {
		r.KeepAlive = false
		return x.answer(gwerr.BadRequest, "the path has an encoded slash, which its route does not allow", "")
	}
	if x.grpc.on {
		x.limitGRPC()
	}
	if limit := x.route.MaxBodyBytes; limit > 0 && x.announced() > limit {
		r.KeepAlive = false
		return x.answer(gwerr.BodyTooLarge, "the request body is larger than its route allows", "")
	}
	if r.Method == http1.MethodOptions && r.MaxForwards == 0 {
		return x.finalRecipient()
	}
	x.endpoint = x.target.cluster.Pick()
	if x.endpoint == nil {
		return x.answer(gwerr.NoHealthyEndpoint, "no endpoint of the cluster may get requests", "")
	}
	return x.forward()
}

// announced is how long the request's body is going to be, as far as it is known; of a
// gRPC call it is the longest message, since a stream of them has no length.
func (x *exchange) announced() int64 {
	if !x.grpc.on {
		return x.req.ContentLength
	}
	messages := x.grpc.messages // the upload begins anew
	return messages.longest(x.in.bytes())
}

// identify gives the request its ID: a new one, or a trusted proxy's.
func (x *exchange) identify() {
	if x.peer.trusted {
		if f := x.req.Find(http1.FieldXRequestID); f != nil && validID(x.req.Value(f)) {
			x.id = append(x.id, x.req.Value(f)...)
			return
		}
	}
	x.id = appendID(x.id)
}

// forward sends the request to its endpoint, and again where that is safe and
// the route asks for it.
func (x *exchange) forward() verdict {
	x.replay = x.bodyBuffered() && !x.endsBehind()
	x.out = x.appendRequestHead(x.out[:0])
	x.headLen = len(x.out)
	if x.replay {
		n := int(x.req.ContentLength)
		x.out = append(x.out, x.in.bytes()[:n]...)
		x.in.r += n
		x.taken = true
		x.requestBytes = int64(n)
	}
	for {
		if err := x.connect(); err != nil {
			if x.unreachable(err) {
				continue
			}
			return x.noConnection(err)
		}
		x.down.cancelOnHangup(x.origin.hook())
		var sent int
		var err error
		if x.replay {
			sent, err = x.origin.sendWhole(x)
		} else {
			sent, err = x.sendBegun()
		}
		if err == nil {
			x.attempts++
			if v := x.receive(); v != again {
				return v
			}
			continue
		}
		reused := x.origin.reused()
		if !x.down.endCancel() {
			x.discard(true)
			return x.clientGone()
		}
		x.discard(false)
		if err == netx.ErrStale {
			continue // nothing was sent; there are only so many idle connections
		}
		x.attempts++
		if x.sendAgain(err, sent == 0, reused) {
			continue
		}
		return x.upstreamFailed(err)
	}
}

// endsBehind reports whether a request without a byte of a body is to be ended behind its head:
// its client does so, and over HTTP/2 the endpoint sees the difference. Over HTTP/1.1 a length of 0
// is the end of the head and of the request.
func (x *exchange) endsBehind() bool {
	return x.client.behind && x.target.cluster.Protocol != config.ClusterHTTP1
}

// connect lends a connection to the endpoint: an idle one, a new one, or the
// first that becomes free.
func (x *exchange) connect() error {
	if x.target.cluster.Protocol != config.ClusterHTTP1 {
		s, err := x.endpoint.Open(context.Background(), x.route.RequestTimeout, x.abandoned())
		if err != nil {
			return err
		}
		if len(x.req.Upgrade) > 0 && !s.ExtendedConnect() {
			s.Release()
			return errNoTunnel
		}
		x.remote.take(s, x.peer.config.Timeouts.BodyIdle)
		x.origin = &x.remote
		return nil
	}
	up, err := x.connection()
	if err != nil {
		return err
	}
	up.WriteTimeout = x.peer.config.Timeouts.BodyIdle
	x.direct.Conn = up
	x.origin = &x.direct
	return nil
}

func (x *exchange) connection() (*upstream.Conn, error) {
	header := x.peer.proxyHeader(x.target.cluster.ProxyProtocol)
	x.direct.once = len(header) > 0
	if !x.resent && !x.direct.once {
		if up := x.endpoint.Borrow(); up != nil {
			return up, nil
		}
	}
	up, err := x.endpoint.DialWith(context.Background(), header)
	if err != upstream.ErrOverloaded {
		return up, err
	}
	return x.endpoint.WaitWith(x.route.RequestTimeout, header, x.abandoned())
}

// errNoTunnel says that an endpoint that speaks HTTP/2 has no tunnels.
var errNoTunnel = errors.New("l7: the endpoint takes no extended CONNECT")

// abandoned tells a wait for a connection whether nobody wants the answer any more.
// It is asked every upstream.LookAround.
func (x *exchange) abandoned() func() bool {
	looks := 0
	return func() bool {
		if x.down.isCut() {
			return true
		}
		// A client may half-close and still want its answer.
		if looks++; !x.down.left() {
			looks = 0
		}
		return looks > int(netx.Grace/upstream.LookAround)
	}
}

// discard ends an attempt that came to nothing.
func (x *exchange) discard(cancelled bool) {
	x.origin.discard(cancelled)
	x.origin = nil
}

// sendBegun sends the head of a request whose body is still on its way, and
// lets the body follow.
func (x *exchange) sendBegun() (sent int, err error) {
	if sent, err = x.origin.sendHead(x); err != nil {
		return sent, err
	}
	x.ub.r, x.ub.w = 0, 0
	x.upload = startUpload(x)
	return sent, nil
}

// unreachable reports whether a request that got no connection is to be tried
// elsewhere.
func (x *exchange) unreachable(err error) bool {
	if err == upstream.ErrOverloaded || err == errNoTunnel {
		return false
	}
	x.attempts++
	x.here.counts.Connects.Add(1) // or could not be secured
	x.endpoint.Health.Record(noConnectionOutcome(err))
	x.peer.engine.Log.WithError(err).WithField("cluster", x.target.cluster.Name).Debug("an endpoint could not be reached")
	return x.tryAgain(x.route.Retry.Connect, failedConnect)
}

// noConnection answers a request that got no connection.
func (x *exchange) noConnection(err error) verdict {
	switch {
	case x.down.isCut() || err == upstream.ErrOverloaded && x.down.left():
		return x.clientGone()
	case err == errNoTunnel:
		return x.answer(gwerr.NotImplemented, "the endpoint takes no change of protocol over HTTP/2 (RFC 8441)", "")
	case err == upstream.ErrOverloaded:
		return x.answer(gwerr.Overloaded, "the cluster has as many connections as it may have, and as many requests wait for one", "")
	}
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		return x.answer(gwerr.UpstreamTLS, "the connection to the endpoint could not be secured", "")
	}
	return x.answer(gwerr.UpstreamConnect, "the endpoint could not be reached", "")
}

// upstreamFailed answers a request whose exchange failed before a response head
// came; the upstream connection has been dealt with.
func (x *exchange) upstreamFailed(err error) verdict {
	var protocol *http1.Error
	switch {
	case errors.As(err, &protocol):
		return x.answer(gwerr.UpstreamProtocol, "the response is malformed: "+protocol.Reason, "")
	case errors.Is(err, netx.ErrInterrupted):
		return x.clientGone()
	case errors.Is(err, netx.ErrTimeout), x.grpc.over():
		return x.answer(gwerr.UpstreamTimeout, "the endpoint did not respond in time", "")
	}
	return x.answer(gwerr.UpstreamReset, "the endpoint closed the connection before it responded", "")
}

// statusClientGone is what is logged for a request whose client left before it
// could be answered; nginx made the number known.
const statusClientGone = 499

func (x *exchange) clientGone() verdict {
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

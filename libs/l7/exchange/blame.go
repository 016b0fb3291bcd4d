package exchange

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Keys that bound what an endpoint may take.
const (
	keyResponse      = "timeouts.response of the cluster"
	keyRequest       = "timeouts.request of the route"
	keyIdle          = "timeouts.idle of the route"
	keyBodyOfCluster = "timeouts.body_idle of the cluster"
	keyBodyOfRoute   = "timeouts.body_idle of the route"
)

// causeOf is why an attempt failed that came to no response head, where its endpoint or the way to
// it is to blame; nil where it is not.
func (x *Exchange) causeOf(f *fault.Error) *cause.Cause {
	switch {
	case f.Side != fault.Endpoint, f.Kind == fault.Interrupted, f.Kind == fault.Stale:
		return nil
	case f.Cause != nil:
		return f.Cause
	}
	switch f.Kind {
	case fault.Unreachable, fault.Unsecured:
		if f.Err != nil {
			c := upstream.CauseOf(f.Err)
			return c.With(x.target.Cluster.Veil.Text(c.Text))
		}
	case fault.Timeout:
		return x.lateHead()
	case fault.Closed:
		where := "before it sent the head of a response"
		if n := x.mem.in.Len(); n > 0 {
			where = "within the head of a response, after " + cause.Bytes(int64(n))
		}
		if x.traits.Reused {
			where += ", on a connection that was used before"
		}
		return closedBy(f, where)
	}
	return cause.New(cause.Malformed, f.Reason)
}

// closedBy is how an endpoint has ended a connection or a stream, and where.
func closedBy(f *fault.Error, where string) *cause.Cause {
	switch {
	case f.Cause != nil:
		return f.Cause.With(f.Cause.Text + ", " + where)
	case errors.Is(f.Err, syscall.ECONNRESET):
		return cause.New(cause.Reset, "it reset the connection "+where)
	case errors.Is(f.Err, syscall.EPIPE):
		return cause.New(cause.Closed, "it closed the connection while the request was being sent")
	case errors.Is(f.Err, syscall.ETIMEDOUT), errors.Is(f.Err, syscall.EHOSTUNREACH),
		errors.Is(f.Err, syscall.ENETUNREACH):
		return cause.New(cause.Unreachable, "the connection broke "+where+": "+f.Err.Error())
	case f.Err == nil, errors.Is(f.Err, io.EOF), errors.Is(f.Err, http2.ErrGone),
		errors.Is(f.Err, netx.ErrStale):
		return cause.New(cause.Closed, "it closed the connection "+where)
	}
	return cause.New(cause.Closed, "the connection ended "+where+": "+cause.Plain(f.Err.Error()))
}

// lateHead is the time that has run out before there was a response head.
func (x *Exchange) lateHead() *cause.Cause {
	if x.GRPC {
		return x.lateCall("")
	}
	const what = "no response head"
	whole, limit := x.route.Timeouts.Request, x.target.Cluster.Timeouts.Response
	left := x.responseTimeout()
	switch {
	case limit > 0 && left == limit:
		return cause.Late(cause.Timeout, what, keyResponse, limit)
	case whole > 0 && len(x.tries) > 0:
		c := cause.Late(cause.Timeout, what, keyRequest, whole)
		return c.With(c.Text + ", all attempts together")
	case whole > 0:
		return cause.Late(cause.Timeout, what, keyRequest, whole)
	}
	return cause.New(cause.Timeout, "no response head in time")
}

// lateCall is the time that has run out of a gRPC call. where is how far it was, "" before a head.
func (x *Exchange) lateCall(where string) *cause.Cause {
	idle, call := x.route.Timeouts.Idle, x.seen.Call
	// A wait may end a moment before the deadline that it was for.
	if call != nil && !call.Deadline.IsZero() && (call.Over() || idle == 0 || x.since() < idle) {
		lasted := call.Deadline.Sub(x.start)
		c := cause.Newf(cause.Deadline, "the call's deadline of %s ran out (grpc-timeout)%s",
			cause.Short(lasted), where)
		c.Key, c.Limit = "grpc-timeout", cause.Short(lasted)
		return c
	}
	c := cause.Late(cause.Silence, "no message came either way", keyIdle, idle)
	return c.With(c.Text + where)
}

// stalledBody is an endpoint that takes no more of the request's body.
func (x *Exchange) stalledBody() *cause.Cause {
	limit, key := x.bodyIdle()
	if limit == 0 {
		limit, key = x.Peer.Config.Timeouts.BodyIdle, keyClientBody
	}
	c := cause.Late(cause.Timeout, "it took nothing of the request's body", key, limit)
	return c.With(c.Text + ", after " + cause.Bytes(x.received))
}

// bodyIdle is how long a body may stand still on the endpoint's side, and by which key.
func (x *Exchange) bodyIdle() (time.Duration, string) {
	if x.route.Timeouts.BodyIdle != nil {
		return x.target.BodyIdle, keyBodyOfRoute
	}
	return x.target.BodyIdle, keyBodyOfCluster
}

// causeInBody is why a response broke off within its body.
func (x *Exchange) causeInBody(f *fault.Error) *cause.Cause {
	if f.Side != fault.Endpoint {
		return nil
	}
	where := x.bodySoFar()
	switch f.Kind {
	case fault.Timeout:
		if x.GRPC {
			return x.lateCall(", " + where)
		}
		limit, key := x.bodyIdle()
		c := cause.Late(cause.Timeout, "no byte of the response's body came", key, limit)
		return c.With(c.Text + ", " + where)
	case fault.Malformed:
		return cause.New(cause.Malformed, "the body of its response is malformed: "+f.Reason+", "+
			where)
	case fault.Closed:
		c := closedBy(f, where)
		if f.Cause == nil && c.Kind == cause.Closed {
			c.Kind = cause.CutShort
		}
		return c
	}
	return x.causeOf(f)
}

// lateWhole is a response that had to be whole, for policies, and was not in time.
func (x *Exchange) lateWhole() *cause.Cause {
	c := cause.Late(cause.Timeout, "the response was not whole", keyRequest,
		x.seen.Deadline.Sub(x.seen.Start))
	return c.With(c.Text + ", " + x.bodySoFar())
}

// bodySoFar is how much of the response's body has come.
func (x *Exchange) bodySoFar() string {
	kind, length := x.mem.head.Body(x.Head.Method)
	if kind != http1.LengthBody {
		return "after " + cause.Bytes(x.sent) + " of the body"
	}
	left := max(length-x.sent, 0)
	if x.mem.body.Framing() == http1.LengthBody {
		left = x.mem.body.Remaining()
	}
	return fmt.Sprintf("after %d of %d bytes of the body", length-left, length)
}

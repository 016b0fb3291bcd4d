package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Outcomes of an attempt that failed, as GET /why tells them.
const (
	failedConnect = "connect"
	failedReset   = "reset"
	failedStatus  = "status"
)

// What a client is answered whose request failed.
var (
	gone     = &policy.Answer{Status: statusClientGone} // it is not sent
	stopping = &policy.Answer{
		Code: gwerr.Draining, Close: true,
		Message: "the gateway is shutting down, and the request took longer than it waits",
	}
	removed = &policy.Answer{
		Code: gwerr.Draining, Close: true,
		Message: "the listener was removed, and the request took longer than the gateway waits",
	}
	overloaded = policy.Refuse(gwerr.Overloaded,
		"the cluster has as many connections as it may have,"+
			" and as many requests wait for one")
	exhausted = policy.Refuse(gwerr.Overloaded,
		"the gateway has no file descriptor, port or memory left for a connection to an endpoint")
	unsecured = policy.Refuse(gwerr.UpstreamTLS,
		"the connection to the endpoint could not be secured")
	unreachable  = policy.Refuse(gwerr.UpstreamConnect, "the endpoint could not be reached")
	bodyNotTaken = policy.Refuse(gwerr.UpstreamTimeout,
		"the endpoint did not take the request body in time")
	bodyTooSlow = policy.Refuse(gwerr.RequestTimeout, "the request body did not come in time")
	noResponse  = policy.Refuse(gwerr.UpstreamTimeout, "the endpoint did not respond in time")
	closed      = policy.Refuse(gwerr.UpstreamReset,
		"the endpoint closed the connection before it responded")
)

// failed deals with an attempt that ended without a response head. It returns nil where
// the request is to be sent once more, or else what the client is answered.
//
// Each attempt that tells something about its endpoint is counted once for its health.
// What the client did, and what never was the endpoint's doing (a limit of the
// gateway's, a pooled connection that the peer had closed in good time), is not.
func (x *Exchange) failed(f *fault.Error) *policy.Answer {
	x.note(f)
	if x.side == nil {
		return x.notConnected(f)
	}
	clients := x.endUpload()
	present := x.Client.Unwatch()
	x.discard(!present)
	if f.Kind != fault.Stale {
		x.endpoint.Metrics.Count(x.missed(f, clients, present))
	}
	if no := x.clientFailed(f, clients, present); no != nil {
		return no
	}
	if x.upload != nil && x.upload.unsent != nil {
		f = x.upload.unsent
	}
	if f.Kind == fault.Unsupported {
		x.attempt.cause = x.causeOf(f)
		return policy.Refuse(f.Code, f.Reason)
	}
	if f.Kind == fault.Stale {
		return nil // nothing was sent; there are only so many idle connections
	}
	if x.upload != nil && x.upload.stalled {
		x.attempt.cause = x.stalledBody()
		x.endpoint.Failed(x.attempt.cause)
		x.endpoint.Health.Record(health.Timeout)
		return bodyNotTaken
	}
	if x.sendAgain(f) {
		return nil
	}
	return x.endpointFailed(f)
}

// discard ends an attempt that came to nothing.
func (x *Exchange) discard(interrupted bool) {
	x.side.End(endpoint.Ending{Interrupted: interrupted})
	x.side = nil
}

// note takes down why an attempt failed.
func (x *Exchange) note(f *fault.Error) {
	x.attempt.cause = x.causeOf(f)
	if f.Kind != fault.Unreachable && f.Kind != fault.Unsecured {
		return
	}
	if x.side == nil || !x.traits.Reused {
		x.View.Counts.Connects.Add(1)
	}
	x.Env.Log.WithError(f.Err).WithField("cluster", x.target.Cluster.Name).
		Debug("an endpoint could not be reached")
}

// notConnected deals with an attempt for which there was no connection.
func (x *Exchange) notConnected(f *fault.Error) *policy.Answer {
	if f.Kind == fault.Unreachable || f.Kind == fault.Unsecured {
		x.attempts++
		x.reached = true
		o, result := health.ConnectFailure, metrics.UpstreamConnect
		if f.Kind == fault.Unsecured {
			o, result = health.TLSFailure, metrics.UpstreamTLS
		}
		x.endpoint.Health.Record(o)
		x.endpoint.Metrics.Count(result)
		if x.tryAgain(x.route.Retry.Connect, failedConnect) {
			return nil
		}
	}
	if x.Owner.CutOff() || f.Kind == fault.Full && x.Client.Left() {
		return gone
	}
	switch f.Kind {
	case fault.Full:
		x.answer.cause = x.full(f)
		if f.Err != nil { // the system's: no limit of the cluster's is reached
			return exhausted
		}
		return overloaded
	case fault.Unsecured:
		return unsecured
	case fault.Unsupported:
		return policy.Refuse(f.Code, f.Reason)
	}
	return unreachable
}

// clientFailed says what becomes of a request whose client failed, nil where it did not.
// clients is the fault that its body ended with, nil without one; present says that it
// has not gone away.
func (x *Exchange) clientFailed(f, clients *fault.Error, present bool) *policy.Answer {
	switch {
	case clients != nil && clients.Kind == fault.Refused:
		return x.refused
	case clients != nil && clients.Kind == fault.Malformed:
		x.answer.cause = malformedBody(clients)
		return policy.Refuse(clients.Code, clients.Reason)
	case clients != nil && clients.Kind == fault.Timeout:
		x.answer.cause = x.slowBody(clients)
		return bodyTooSlow
	case clients != nil, !present, f.Side == fault.Client:
		return gone
	}
	return nil
}

// endpointFailed is what the client is answered after an attempt that its endpoint
// made fail.
func (x *Exchange) endpointFailed(f *fault.Error) *policy.Answer {
	switch {
	case f.Side == fault.Gateway:
		return policy.Refuse(gwerr.Internal, "the gateway failed")
	case f.Kind == fault.Unsecured:
		return unsecured
	case f.Kind == fault.Malformed:
		return policy.Refuse(gwerr.UpstreamProtocol, "the response is malformed: "+f.Reason)
	case f.Kind == fault.Closed && f.Code == gwerr.UpstreamProtocol:
		return policy.Refuse(f.Code, "the endpoint broke the rules of its connection: "+f.Reason)
	case f.Kind == fault.Interrupted:
		return gone
	case f.Kind == fault.Timeout, x.seen.Call.Over():
		return noResponse
	}
	return closed
}

// sendAgain reports whether the request is sent once more after an attempt that the
// endpoint ended before a response head came.
func (x *Exchange) sendAgain(f *fault.Error) bool {
	ended := f.Kind == fault.Closed || f.Kind == fault.Unsecured
	safe := x.repeatable() && ended && (f.Unseen || x.Head.Method.Idempotent())
	// The peer closes connections that are idle when it likes, and a request that meets
	// that must not fail for it: it goes out once more. The endpoint is not to blame.
	if safe && x.traits.Reused && !x.resent && x.mem.in.Len() == 0 {
		x.resent = true
		x.target.Cluster.Metrics.Retried(metrics.RetryStale)
		x.endSend(failedReset, 0)
		x.rewind()
		x.reached = true
		return true
	}
	x.blame(f)
	wanted, outcome := x.route.Retry.Reset, failedReset
	if f.Unseen { // as if there had been no connection
		wanted, outcome = wanted || x.route.Retry.Connect, failedConnect
	}
	return safe && x.tryAgain(wanted, outcome)
}

// repeatable reports whether all is at hand that was read of the request, and nothing
// was said to the client.
func (x *Exchange) repeatable() bool {
	return !x.interim && (x.upload == nil || x.kept.all())
}

// rewind goes back to where the request is to be sent.
func (x *Exchange) rewind() {
	anew := x.upload != nil || x.traced // each attempt has a span of its own
	x.choose(x.endpoint)
	if anew {
		x.write()
	}
}

// retryResponse decides whether the request is sent once more in place of passing on the
// response whose head has been read. That response's connection is used again if the
// response is all there.
//
// A body may still be on its way: an endpoint that did nothing says so without waiting for it.
func (x *Exchange) retryResponse() (again bool, no *policy.Answer) {
	resp, retry := &x.mem.head, &x.route.Retry
	asked := retry.Status(resp.Status) && x.Head.Method.Idempotent() ||
		x.GRPC && retry.GRPC(x.endedWith())
	if !asked || !x.whole() && (x.upload == nil || !x.repeatable()) ||
		!x.mayTry(true, failedStatus) || x.upload != nil && !x.kept.hold() {
		return false, nil
	}
	clients := x.endUpload()
	if present := x.Client.Unwatch(); clients != nil || !present {
		x.discard(true)
		if clients == nil {
			clients = fault.ClientStopped
		}
		return false, x.clientFailed(clients, clients, present)
	}
	kind, length := resp.Body(x.Head.Method)
	here := x.mem.in.Len()
	whole := kind == http1.NoBody && here == 0 || kind == http1.LengthBody && int64(here) == length
	x.side.End(endpoint.Ending{Complete: whole && resp.KeepAlive && x.uploaded()})
	x.side = nil
	x.next(failedStatus)
	return true, nil
}

// tryAgain decides whether the request is sent once more after an attempt that failed in
// a way that the route retries (wanted), and chooses the endpoint for that.
func (x *Exchange) tryAgain(wanted bool, outcome string) bool {
	if !x.mayTry(wanted, outcome) {
		return false
	}
	x.next(outcome)
	return true
}

// mayTry asks the route's limits and the cluster's budget whether there may be another
// attempt. The budget keeps retries from multiplying an overload; it is not asked for
// what no endpoint has had anything to do with, where there is nothing to multiply.
func (x *Exchange) mayTry(wanted bool, outcome string) bool {
	p, c := &x.route.Retry, x.target.Cluster
	attempts := x.attempts
	if x.resent {
		attempts-- // not an attempt of the policy's
	}
	if !wanted || attempts >= p.Attempts || x.Owner.CutOff() {
		return false
	}
	if limit := x.route.Timeouts.Request; limit > 0 && !x.GRPC && x.served() >= limit {
		return false
	}
	if x.seen.Call.Over() {
		return false
	}
	if p.Default && c.PickOther(x.endpoint) == x.endpoint {
		return false // there is no other, and nobody asked to insist
	}
	if p.Budget == 0 {
		return false
	}
	if !x.retrying && outcome != failedConnect {
		x.retrying = c.BeginRetry(p.Budget)
		if !x.retrying {
			c.Metrics.RetryDenied()
		}
		return x.retrying
	}
	return true
}

// next remembers an attempt that failed and begins another.
func (x *Exchange) next(outcome string) {
	x.late = false
	t := try{
		endpoint: x.endpoint.Shown, outcome: outcome, cause: x.attempt.cause, at: x.since(),
	}
	if outcome == failedStatus {
		t.status = x.mem.head.Status
	}
	x.tries = append(x.tries, t)
	x.target.Cluster.Metrics.Retried(retryReason(outcome))
	x.endSend(outcome, t.status)
	if e := x.target.Cluster.PickUntried(x.tried); e != nil {
		x.endpoint = e
	} else {
		x.endpoint = x.target.Cluster.PickOther(x.endpoint)
	}
	x.rewind()
}

// retryReason is what the metrics call an outcome that is retried.
func retryReason(outcome string) metrics.RetryReason {
	switch outcome {
	case failedConnect:
		return metrics.RetryConnect
	case failedStatus:
		return metrics.RetryStatus
	}
	return metrics.RetryReset
}

// tried says whether an attempt of the request at an endpoint has failed.
func (x *Exchange) tried(e *cluster.Endpoint) bool {
	for i := range x.tries {
		if x.tries[i].endpoint == e.Shown {
			return true
		}
	}
	return false
}

// stopRetrying takes the request out of its cluster's count of retries.
func (x *Exchange) stopRetrying() {
	if x.retrying {
		x.retrying = false
		x.target.Cluster.EndRetry()
	}
}

// responseTimeout is how long the response head of this attempt may take: what the
// cluster allows, within what is left of what the route allows for all.
func (x *Exchange) responseTimeout() time.Duration {
	if x.GRPC {
		return x.callWait() // until there is a message there need be no head
	}
	limit := x.target.ResponseTimeout
	if x.route.Timeouts.Request == 0 || len(x.tries) == 0 {
		return limit
	}
	left := max(x.route.Timeouts.Request-x.served(), time.Millisecond)
	if limit == 0 {
		return left
	}
	return min(limit, left)
}

// since is the time from the start of the request: from the first byte of its head.
func (x *Exchange) since() time.Duration { return time.Since(x.start) }

// served is the time since the head was complete, which limits of routes count from.
func (x *Exchange) served() time.Duration { return x.since() - x.Waited }

// blame records what a fault says of the endpoint's health. What an endpoint does after the
// client's end is no failure. An end that is not worth the end of the attempt yet (a client may
// finish sending, and wait) counts for that too; looking costs a system call, and only here.
func (x *Exchange) blame(f *fault.Error) {
	o, ok := outcomeOf(f)
	if !ok {
		return
	}
	if f.Kind == fault.Closed && x.Client.Left() {
		x.late = true
		return
	}
	x.endpoint.Health.Record(o)
	if f.Kind != fault.Unsecured { // of which the connection itself has told
		x.endpoint.Failed(x.attempt.cause)
	}
}

// outcomeOf is what a fault says of the endpoint's health; false: nothing.
func outcomeOf(f *fault.Error) (health.Outcome, bool) {
	switch {
	case f.Side != fault.Endpoint, f.Kind == fault.Interrupted:
		return 0, false
	case f.Kind == fault.Timeout:
		return health.Timeout, true
	case f.Kind == fault.Unsecured:
		return health.TLSFailure, true
	}
	return health.Reset, true // or malformed, which is no better
}

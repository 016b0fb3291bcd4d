package l7

import (
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// Outcomes of an attempt that failed.
const (
	failedConnect = "connect"
	failedReset   = "reset"
	failedStatus  = "status"
)

// An attempt is one that failed and was followed by another.
type attempt struct {
	endpoint string
	outcome  string
	status   int
	at       time.Duration // since the start of the request
}

// sendAgain deals with an attempt that err ended before a response head came, and
// reports whether there is another. unseen says that the endpoint certainly did
// nothing with the request, reused that the connection had carried others.
func (x *exchange) sendAgain(err error, unseen, reused bool) bool {
	safe := x.repeatable() && isClosed(err) && !isMalformed(err) && (unseen || x.req.Method.Idempotent())
	// The peer closes connections that are idle when it likes, and a request that meets
	// that must not fail for it: it goes out once more. The endpoint is not to blame.
	if safe && reused && !x.resent && x.ub.len() == 0 {
		x.resent = true
		x.rewind()
		return true
	}
	if o, ok := failureOutcome(err); ok {
		x.endpoint.Health.Record(o)
	}
	wanted, outcome := x.route.Retry.Reset, failedReset
	if unseen { // as if there had been no connection
		wanted, outcome = wanted || x.route.Retry.Connect, failedConnect
	}
	if !safe || !x.tryAgain(wanted, outcome) {
		return false
	}
	x.rewind()
	return true
}

// repeatable reports whether all is at hand that was read of the request, and nothing
// was said to the client.
func (x *exchange) repeatable() bool {
	return !x.interim && (x.upload == nil || x.keptAll)
}

// rewind goes back to where the request's head is to be sent.
func (x *exchange) rewind() {
	x.ub.r, x.ub.w = 0, 0
	if x.upload == nil {
		return
	}
	x.endOfUpload()
	x.out = x.appendRequestHead(x.out[:0])
	x.headLen = len(x.out)
}

// isMalformed reports an error that the response itself is: an endpoint that
// speaks nonsense is not asked again.
func isMalformed(err error) bool {
	var protocol *http1.Error
	return errors.As(err, &protocol)
}

// tryAgain decides whether the request is sent once more after an attempt that
// failed in a way that the route retries (wanted), and chooses the endpoint for
// that. It asks the cluster's budget, so that retries cannot multiply an overload; but
// not for what no endpoint has had anything to do with, where there is nothing to multiply.
func (x *exchange) tryAgain(wanted bool, outcome string) bool {
	p, cl := &x.route.Retry, x.target.cluster
	sent := x.attempts
	if x.resent {
		sent-- // not an attempt of the policy's
	}
	if !wanted || sent >= p.Attempts || x.down.isCut() {
		return false
	}
	if limit := x.route.RequestTimeout; limit > 0 && !x.grpc.on && x.since() >= limit {
		return false
	}
	if !x.grpc.deadline.IsZero() && time.Until(x.grpc.deadline) <= 0 {
		return false
	}
	next := cl.PickOther(x.endpoint)
	if p.Default && next == x.endpoint {
		return false // there is no other, and nobody asked to insist
	}
	if p.Budget == 0 {
		return false
	}
	if !x.retrying && outcome != failedConnect {
		if !cl.BeginRetry(p.Budget) {
			return false
		}
		x.retrying = true
	}
	x.tries = append(x.tries, attempt{endpoint: x.endpoint.Address, outcome: outcome, status: x.resp.Status, at: x.since()})
	if outcome != failedStatus {
		x.tries[len(x.tries)-1].status = 0
	}
	x.endpoint = next
	x.ub.r, x.ub.w = 0, 0
	return true
}

// stopRetrying takes the request out of its cluster's count of retries.
func (x *exchange) stopRetrying() {
	if x.retrying {
		x.retrying = false
		x.target.cluster.EndRetry()
	}
}

// responseTimeout is how long the response head of this attempt may take: what
// the cluster allows, within what is left of what the route allows for all.
func (x *exchange) responseTimeout() time.Duration {
	if x.grpc.on {
		return x.grpc.left() // until there is a message there need be no head
	}
	limit := x.target.ResponseTimeout
	if x.route.RequestTimeout == 0 || len(x.tries) == 0 {
		return limit
	}
	left := max(x.route.RequestTimeout-x.since(), time.Millisecond)
	if limit == 0 {
		return left
	}
	return min(limit, left)
}

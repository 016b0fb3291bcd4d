package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// trace is what is known of the trace of a request, where the plan has tracing. It is kept from
// request to request, so that one that is not recorded allocates nothing.
type trace struct {
	// Parent has the trace, the span of the request, and whether it is recorded.
	tracecontext.Parent
	// caller is the span that it is below of, link another trace that has led to it; zero: there is
	// none.
	caller, link tracecontext.Parent
	head         heads.Trace // of the attempt under way
	copy         heads.Trace // of copies of the request
	id           [32]byte    // where traceID writes
	sends        []send
}

// A send is an attempt, as its span tells of it.
type send struct {
	endpoint   *cluster.Endpoint
	start, end time.Duration // since the start of the request
	status     int           // of the response; 0: there was none
	cause      *cause.Cause  // as in Attempt
	outcome    string        // as in Attempt; "": it is the last one
}

// beginTrace finds the trace that the request belongs to, or begins one. readable says that the
// head can be relied on.
func (x *Exchange) beginTrace(readable bool) {
	cfg := x.View.Tracing
	if cfg == nil {
		return
	}
	t := x.mem.trace
	if t == nil {
		t = new(trace)
		x.mem.trace = t
	}
	x.traced = true
	sends := t.sends[:0]
	*t = trace{}
	t.sends = sends
	var c tracecontext.Caller
	t.head.B3, t.head.XB3 = cfg.B3 == config.B3Single, cfg.B3 == config.B3Multi
	if readable && x.Head.Traced() {
		fields := heads.FindTrace(&x.Head.Head)
		c, t.head.State = fields.Caller()
		if cfg.B3 == config.B3Received {
			t.head.B3, t.head.XB3 = fields.B3(), fields.XB3
		}
	}
	if cfg.Trust == config.TraceTrustProxies && !x.Peer.Trusted {
		t.link, c, t.head.State = c.Parent, tracecontext.Caller{}, false
	}
	t.Parent, t.caller = c.Parent, c.Parent
	if t.Trace.IsZero() {
		t.Trace, t.caller = tracecontext.NewTraceID(), tracecontext.Parent{}
	}
	t.Span = tracecontext.NewSpanID()
	if c.Decision == tracecontext.Undecided && t.Trace.Chance() < cfg.Sample {
		t.Flags |= tracecontext.Sampled
	}
	t.head.Parent = t.Parent
}

// traceID is the trace's ID in hexadecimal, nil for none: where the plan has no tracing, that which
// goes by.
func (x *Exchange) traceID() []byte {
	if x.traced {
		t := x.mem.trace
		return t.Trace.Append(t.id[:0])
	}
	if x.bare || !x.Head.Traced() {
		return nil
	}
	fields := heads.FindTrace(&x.Head.Head)
	return fields.ID()
}

// traceHead is what the head that goes to an endpoint says of the trace; nil: what came.
func (x *Exchange) traceHead() *heads.Trace {
	if !x.traced {
		return nil
	}
	return &x.mem.trace.head
}

// beginSend begins the span of an attempt. Its ID is made of that of the request, and so it is the
// same when it turns out in the end that the spans are to be told.
func (x *Exchange) beginSend(e *cluster.Endpoint) {
	if !x.traced {
		return
	}
	t := x.mem.trace
	t.head.Parent.Span = t.Span.Child(len(t.sends))
	t.sends = append(t.sends, send{endpoint: e, start: x.since()})
}

// endSend ends the span of an attempt that another follows.
func (x *Exchange) endSend(outcome string, status int) {
	if !x.traced {
		return
	}
	s := x.mem.trace.last()
	s.end, s.outcome, s.status, s.cause = x.since(), outcome, status, x.attempt.cause
}

// responded notes that the head of the response that is for the client has come.
func (x *Exchange) responded() {
	x.after = x.headAt
	if x.traced {
		x.mem.trace.last().status = x.mem.head.Status
	}
}

// last is the attempt under way, or the last one.
func (t *trace) last() *send { return &t.sends[len(t.sends)-1] }

// firstCopy is the number of the first copy among the spans below that of the request: attempts are
// before it.
const firstCopy = 1 << 16

// copied is what the head of the n-th copy of the request says of the trace: the copy is below the
// span of the request, and not of an attempt, and has a span of its own.
func (x *Exchange) copied(n int) *heads.Trace {
	if !x.traced {
		return nil
	}
	h := x.mem.trace.head
	h.Parent = x.mem.trace.Parent
	h.Parent.Span = h.Parent.Span.Child(firstCopy + n)
	x.mem.trace.copy = h
	return &x.mem.trace.copy
}

// forgetTrace lets go of what belongs to the plan.
func (x *Exchange) forgetTrace() {
	if x.traced {
		clear(x.mem.trace.sends)
	}
}

// exemplar is the trace that is shown beside what is counted of the request; nil where nobody could
// look it up. An attempt has its own span.
func (x *Exchange) exemplar(failed, attempt bool) *metrics.Trace {
	if !x.traced || x.Env.Spans == nil || !x.mem.trace.recorded(x.View.Tracing, failed) {
		return nil
	}
	t := x.mem.trace
	e := &metrics.Trace{ID: t.Trace, Span: t.Span}
	if attempt {
		e.Span = t.head.Parent.Span
	}
	return e
}

// recorded reports whether the request is told of, as far as the plan says so.
func (t *trace) recorded(cfg *plan.Tracing, failed bool) bool {
	return t.Sampled() || cfg.SampleErrors && failed
}

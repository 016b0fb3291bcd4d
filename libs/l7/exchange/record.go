package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// record counts a request that has ended, and logs it: once, also where what follows
// panics.
func (x *Exchange) record() {
	if x.counted {
		return
	}
	x.counted = true
	total := x.since()
	n := x.View.Counts
	n.Requests.Inc()
	if x.failedHere() {
		n.Failures.Add(1)
	}
	m := x.View.Unrouted
	if x.route != nil {
		m = x.target.Metrics
	} else {
		m.Begin()
	}
	m.Observe(x.measures(total))
	why := x.why()
	if why != nil {
		m.Failed(why.Kind)
	}
	// Clients that leave a response are many, and nothing is wrong: the log is enough for them.
	if why != nil && (why.Kind != cause.ClientClosed || x.status >= 400) {
		f := x.explain(total, why)
		why = f.Cause
		x.Env.Failures.Add(f.ID, x.start.Add(total), f.size(), f.theirs(), f)
	}
	if x.traced {
		x.tell(total, why)
	}
	if w := x.Env.Access.Load(); w != nil {
		x.log(w, total, why)
	}
}

// measures are what the metrics count of the request. Of its body that is what was read for an
// endpoint: of one that was refused it would be up to chance how much had come.
func (x *Exchange) measures(total time.Duration) metrics.Request {
	q := metrics.Request{
		Method: x.Head.MethodName, Status: x.status, Code: x.code, Took: total,
		Received: x.received, Sent: x.sent,
	}
	if x.traced {
		_, wrong := x.spanStatus()
		q.Trace = x.exemplar(wrong != "", false)
	}
	return q
}

// failedHere reports whether a plan whose requests end like this is a bad one. A request that
// leads nowhere counts as much as one that went wrong: a configuration without its routes is no
// good one because it answers fast.
func (x *Exchange) failedHere() bool {
	switch x.code {
	case gwerr.NoRoute, gwerr.MethodNotAllowed, gwerr.Misdirected:
		return true
	}
	return x.status >= 500 && !x.late && !x.asTold()
}

// asTold reports whether the answer is what the route is there for, whatever its status: a page
// that says that a site is down is no failure.
func (x *Exchange) asTold() bool {
	return x.code == gwerr.None && x.target != nil && x.target.Cluster == nil
}

// log writes the access log's line.
func (x *Exchange) log(w *accesslog.Writer, total time.Duration, why *cause.Cause) {
	e := accesslog.Entry{
		Time: x.start, RequestID: x.id, TraceID: x.traceID(), Client: x.Peer.AddressPort,
		Listener: x.View.Config.Name, Protocol: x.protocol(),
		Method: x.Head.MethodName, Host: x.Head.Authority, Path: x.path(),
		Query:  x.Head.Query,
		Status: x.status, Duration: total, Upstream: x.after,
		RequestBytes: x.received, ResponseBytes: x.sent, Attempts: x.attempts,
	}
	e.Contract, e.Cause = x.seen.Contract, why.String()
	if x.code != gwerr.None {
		e.Code, e.Rule = x.code.String(), x.rule
	}
	if id := x.seen.Identity; id != nil {
		e.Auth = accesslog.Auth{Kind: id.Kind, Name: id.Name, Subject: id.Subject}
	}
	if x.route != nil {
		e.Route, e.Cluster = x.route.Name, x.target.name()
	}
	if s := x.Peer.Secured; s != nil {
		e.TLSVersion = s.Version
		if s.Identity != nil {
			e.TLSClient = s.Identity.Subject
		}
	}
	e.Endpoint, e.EndpointFailure = x.lastTried()
	if f := x.Head.Find(http1.FieldUserAgent); f != nil {
		e.UserAgent = x.Head.Value(f)
	}
	w.Log(&e)
}

// lastTried is the endpoint that was tried last, with why there was no connection to it or what its
// response had against the rules; "" where none was tried. One that was chosen, and then never got
// to see the request, did nothing that anybody should look at.
func (x *Exchange) lastTried() (endpoint, failure string) {
	if x.endpoint != nil && x.reached {
		return x.endpoint.Shown, x.attempt.cause.String()
	}
	if n := len(x.tries); n > 0 {
		return x.tries[n-1].endpoint, x.tries[n-1].cause.String()
	}
	return "", ""
}

// path is the path as logs have it: as it goes on, where the route keeps doubled slashes, since
// they may tell two objects of a store apart.
func (x *Exchange) path() []byte {
	if x.route == nil || x.route.PathNormalization.MergeSlashes ||
		x.Head.Oddities&http1.DoubledSlashes == 0 {
		return x.Head.Path
	}
	x.mem.facts = x.Head.AppendPath(x.mem.facts[:0], true)
	return x.mem.facts
}

// protocol is what the client speaks, as the log has it.
func (x *Exchange) protocol() string {
	if !x.Protocol.Streamed && x.Head.Minor == 0 {
		return "HTTP/1.0"
	}
	return x.Protocol.Name
}

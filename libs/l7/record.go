package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// record counts a request that has ended, and logs it.
func (x *exchange) record() {
	total := x.since()
	n := &x.here.counts
	n.Requests.Add(1)
	if x.status >= 500 {
		n.Failures.Add(1)
	}
	if x.route == nil {
		x.here.unrouted.Observe(x.req.MethodName, x.status, total)
	} else {
		x.target.metrics.Active.Add(-1)
		x.target.metrics.Observe(x.req.MethodName, x.status, total)
		if x.upstreamTime > 0 {
			x.endpoint.Metrics.Observe(x.upstreamTime)
		}
	}
	if x.code != gwerr.None || x.status >= 500 {
		x.peer.engine.failed.add(x.explain(total))
	}
	if w := x.peer.engine.access.Load(); w != nil {
		x.logAccess(w, total)
	}
}

func (x *exchange) logAccess(w *accesslog.Writer, total time.Duration) {
	e := &x.entry
	*e = accesslog.Entry{
		Time: x.start, RequestID: x.id, Client: x.peer.clientPort, Listener: x.here.config.Name, Protocol: x.down.protocol(x),
		Method: x.req.MethodName, Host: x.req.Authority, Path: x.req.Path,
		Status: x.status, Duration: total, Upstream: x.upstreamTime,
		RequestBytes: x.requestBytes, ResponseBytes: x.answerBytes, Attempts: x.attempts,
	}
	if x.code != gwerr.None {
		e.Code = x.code.String()
	}
	if x.route != nil {
		e.Route, e.Cluster = x.route.Name, x.target.cluster.Name
	}
	if s := x.peer.secured; s != nil {
		e.TLSVersion = s.version
		if s.client != nil {
			e.TLSClient = s.client.Subject
		}
	}
	if x.endpoint != nil {
		e.Endpoint = x.endpoint.Address
	}
	if f := x.req.Find(http1.FieldUserAgent); f != nil {
		e.UserAgent = x.req.Value(f)
	}
	w.Log(e)
}

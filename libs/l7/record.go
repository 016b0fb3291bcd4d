package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// record counts a request that has ended, and logs it.
func (c *conn) record(x *exchange) {
	total := x.since()
	if x.route == nil {
		c.engine.active.Load().unrouted[c.listener.index].Observe(x.req.MethodName, x.status, total)
	} else {
		x.route.metrics.Active.Add(-1)
		x.route.metrics.Observe(x.req.MethodName, x.status, total)
		if x.upstreamTime > 0 {
			x.endpoint.metrics.Observe(x.upstreamTime)
		}
	}
	if c.engine.Access != nil {
		c.logAccess(x, total)
	}
}

func (c *conn) logAccess(x *exchange, total time.Duration) {
	e := &x.entry
	*e = accesslog.Entry{
		Time: x.start, RequestID: x.id, Client: c.clientPort, Listener: c.listener.config.Name, Protocol: "HTTP/1.1",
		Method: x.req.MethodName, Host: x.req.Authority, Path: x.req.Path,
		Status: x.status, Duration: total, Upstream: x.upstreamTime,
		RequestBytes: x.requestBytes, ResponseBytes: x.answerBytes, Attempts: x.attempts,
	}
	if x.req.Minor == 0 {
		e.Protocol = "HTTP/1.0"
	}
	if x.code != gwerr.None {
		e.Code = x.code.String()
	}
	if x.route != nil {
		e.Route, e.Cluster = x.route.Name, x.route.cluster.Name
	}
	if x.endpoint != nil {
		e.Endpoint = x.endpoint.Address
	}
	if f := x.req.Find(http1.FieldUserAgent); f != nil {
		e.UserAgent = x.req.Value(f)
	}
	c.engine.Access.Log(e)
}

package l7

import "time"

// record counts a request that has ended, and logs it.
func (c *conn) record(x *exchange) {
	total := time.Since(x.start)
	if x.route == nil {
		c.engine.active.Load().unrouted[c.listener.index].Observe(x.req.MethodName, x.status, total)
	} else {
		x.route.metrics.Observe(x.req.MethodName, x.status, total)
		if x.upstreamTime > 0 {
			x.endpoint.metrics.Observe(x.upstreamTime)
		}
	}
}

package mirror

import (
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// again reports whether a copy goes out once more: where the endpoint has certainly not seen it, or
// has closed an idle connection under a request that may come twice. idle says that it was one, and
// that nothing came back.
func (c *Copy) again(f *fault.Error, idle bool) bool {
	switch f.Kind {
	case fault.Stale:
		return true
	case fault.Closed:
		return idle && (f.Unseen || c.method.Idempotent())
	}
	return false
}

// answered is what came of a copy with a whole answer, or one that was long enough. Its status is
// no word on the endpoint: what is tried out may answer as it likes.
func (c *Copy) answered(status int) metrics.MirrorResult {
	c.tell(health.Success)
	switch status / 100 {
	case 2:
		return metrics.Mirror2xx
	case 3:
		return metrics.Mirror3xx
	case 4:
		return metrics.Mirror4xx
	case 5:
		return metrics.Mirror5xx
	}
	return metrics.MirrorProtocol
}

// failed is what came of a copy without one.
func (c *Copy) failed(f *fault.Error) metrics.MirrorResult {
	switch f.Kind {
	case fault.Full:
		return metrics.MirrorOverloaded
	case fault.Unreachable:
		c.tell(health.ConnectFailure)
		return metrics.MirrorConnect
	case fault.Unsecured:
		c.tell(health.TLSFailure)
		return metrics.MirrorConnect
	case fault.Interrupted:
		if c.wasStopped() {
			return metrics.MirrorStopped
		}
		c.tell(health.Timeout)
		return metrics.MirrorTimeout
	case fault.Timeout:
		c.tell(health.Timeout)
		return metrics.MirrorTimeout
	case fault.Malformed, fault.Unsupported:
		return metrics.MirrorProtocol
	}
	c.tell(health.Reset)
	return metrics.MirrorReset
}

// tell tells of the endpoint's health, where no client's request depends on it. What becomes of
// copies must not take an endpoint away from requests that are answered well.
func (c *Copy) tell(o health.Outcome) {
	if c.target.Cluster.MirrorsOnly() {
		c.endpoint.Health.Record(o)
	}
}

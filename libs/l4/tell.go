package l4

import (
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// What sessions tell of endpoints is here.

// refused takes down a connection that could not be made. Limits of our own are not
// the endpoint's doing.
func refused(e *cluster.Endpoint, err error) {
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		e.Health.Record(health.TLSFailure)
		return
	}
	e.Health.Record(health.ConnectFailure)
}

// broke takes down a connection that ended before its time.
func broke(e *cluster.Endpoint, why Reason) {
	if why == UpstreamTLS {
		e.Health.Record(health.TLSFailure)
		return
	}
	e.Health.Record(health.Reset)
}

// worked takes down a connection that brought something, or came to its end.
func worked(e *cluster.Endpoint) { e.Health.Record(health.Success) }

// exhausted reports an error that says that this process, or this machine, has no more
// of something.
func exhausted(err error) bool {
	return netx.Exhausted(err) || errors.Is(err, upstream.ErrOverloaded)
}

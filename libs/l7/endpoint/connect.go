package endpoint

import (
	"context"
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// A Dial says how an endpoint is reached, and what the connection is for.
type Dial struct {
	upstream.Want
	Endpoint *upstream.Endpoint
	// Streamed says that the endpoint speaks HTTP/2.
	Streamed bool
	// Tunnel says that the request asks for a change of protocol.
	Tunnel bool
	// Write is how long a write may make no progress.
	Write time.Duration
}

// Sides is the memory of the Side of one attempt after another, for one exchange. The
// zero value is ready.
type Sides struct {
	connection connection
	stream     stream
}

// Connect lends a connection to an endpoint, or a stream of one: one that is idle, a
// new one, or the first that becomes free. The Side is valid until its End, or until
// the next Connect.
func (s *Sides) Connect(d *Dial) (Side, error) {
	if d.Streamed {
		lent, err := d.Endpoint.LendStream(context.Background(), &d.Want)
		if err != nil {
			return nil, noConnection(err)
		}
		if d.Tunnel && !lent.ExtendedConnect() {
			lent.Release()
			return nil, errNoTunnel
		}
		s.stream = stream{stream: lent, own: d.Own, write: d.Write, idle: unset}
		return &s.stream, nil
	}
	conn, err := d.Endpoint.Lend(&d.Want)
	if err != nil {
		return nil, noConnection(err)
	}
	conn.WriteTimeout = d.Write
	c := &s.connection // it has no other fields
	c.conn, c.own, c.once = conn, d.Own, len(d.Header) > 0
	return c, nil
}

// errNoTunnel says that an endpoint that speaks HTTP/2 has no tunnels.
var errNoTunnel = &fault.Error{
	Side: fault.Endpoint, Kind: fault.Unsupported, Code: gwerr.NotImplemented, Unseen: true,
	Reason: noTunnel, Cause: cause.New(cause.Handshake, noTunnel),
}

const noTunnel = "the endpoint takes no change of protocol over HTTP/2 (RFC 8441)"

// noConnection makes a fault of why there is no connection.
func noConnection(err error) error {
	switch {
	case err == upstream.ErrLineFull:
		return fault.LineFull
	case err == upstream.ErrLineLong:
		return fault.LineLong
	case errors.Is(err, upstream.ErrOverloaded):
		return fault.NoConnectionAllowed
	}
	if netx.Exhausted(err) {
		return &fault.Error{Side: fault.Gateway, Kind: fault.Full, Code: gwerr.Overloaded, Err: err}
	}
	f := &fault.Error{
		Side: fault.Endpoint, Kind: fault.Unreachable, Code: gwerr.UpstreamConnect,
		Unseen: true, Err: err,
	}
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		f.Kind, f.Code = fault.Unsecured, gwerr.UpstreamTLS
	}
	return f
}

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

// outTells reports whether the direction to the client is to say why the endpoint's connection
// has ended, which err of a write does not: an alert of TLS may have come before. It finds that,
// or the end, at once.
func (s *session) outTells(d *direction, err error) bool {
	return d == &s.in && s.up.Secured() != nil && isErrno(err) && s.running.Load() > 1 &&
		s.out.moved.Load() == 0 && s.out.seen.Load() >= 0
}

// judgeTLS returns an error of the endpoint's connection, as a *upstream.TLSError if TLS has
// failed. That is logged then.
func (s *session) judgeTLS(d *direction, err error) error {
	if d == &s.out || s.running.Load() < 2 { // else the other direction reads
		err = s.up.LastWords(err)
	}
	err = s.up.Judge(err)
	if broken := (*upstream.TLSError)(nil); errors.As(err, &broken) {
		c := upstream.CauseOf(err)
		c = c.With(s.cluster.Load().Veil.Text(c.Text))
		s.mu.Lock()
		s.cause = c
		s.mu.Unlock()
		s.engine.Log.WithField("endpoint", s.endpoint.Shown).WithField("why", c.Text).
			Debug("TLS to an endpoint failed")
	}
	return err
}

// worked takes down a connection that brought something, or came to its end.
func worked(e *cluster.Endpoint) { e.Health.Record(health.Success) }

// exhausted reports an error that says that this process, or this machine, has no more
// of something.
func exhausted(err error) bool {
	return netx.Exhausted(err) || errors.Is(err, upstream.ErrOverloaded)
}

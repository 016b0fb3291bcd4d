package l4

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// leastAttempt is how long an endpoint is given at least, if there is as much time
// left, though others wait for their turn.
const leastAttempt = time.Second

// connect connects to an endpoint of the cluster. Until one has taken the connection
// none has seen a byte of the session, so each of them may be tried, all within
// timeouts.connect.
func (s *session) connect() {
	c := s.cluster.Load()
	var until time.Time
	if limit := s.here.config.Timeouts.Connect; limit > 0 {
		until = time.Now().Add(limit)
	}
	header := s.proxyHeader()
	var tried map[*cluster.Endpoint]bool
	var last *cluster.Endpoint // that was tried
	for e := s.pick(c); ; {
		if e == nil {
			s.told.Store(c.Nobody("sessions"))
			s.settle(NoEndpoint)
			return
		}
		s.endpoint = e
		s.load.End()
		s.load = c.Begin(e)
		err := s.dial(e, header, until, c.Choices()-len(tried))
		if err != nil && (s.waited && s.why() != none || exhausted(err)) {
			s.endpoint = last // this one has never heard of the session
		}
		if err == nil || s.why() != none {
			s.connected = time.Since(s.start)
			return
		}
		if exhausted(err) {
			s.told.Store(s.full(err))
			s.settle(Overloaded)
			return
		}
		last = e
		s.here.counts.Connects.Add(1)
		refused(e, err)
		why := upstream.CauseOf(err)
		why = why.With(c.Veil.Text(why.Text))
		s.tries = append(s.tries, Attempt{e.Shown, why, time.Since(s.start)})
		if tried == nil {
			tried = map[*cluster.Endpoint]bool{}
		}
		tried[e] = true
		e = c.PickUntried(func(e *cluster.Endpoint) bool { return tried[e] })
		if e == nil || !until.IsZero() && !time.Now().Before(until) {
			s.settle(connectReason(err))
			s.cause = why
			s.engine.Log.WithError(err).WithField("cluster",
				c.Name).Debug("no endpoint takes a connection")
			return
		}
	}
}

// pick chooses the endpoint to try first. What is hashed of a session is its client's address.
func (s *session) pick(c *cluster.Cluster) *cluster.Endpoint {
	if c.Key() == nil {
		return c.Pick()
	}
	address := s.from.Addr().Unmap().As16()
	return c.PickFor(rendezvous.Sum(address[:]))
}

// attempt is the end of an attempt: what is left is shared out to the endpoints that
// were not tried yet, so that one that hangs leaves the others time.
func attempt(until time.Time, left int) time.Time {
	if until.IsZero() || left <= 1 {
		return until
	}
	now := time.Now()
	share := max(until.Sub(now)/time.Duration(left), leastAttempt)
	if end := now.Add(share); end.Before(until) {
		return end
	}
	return until
}

// dial makes one attempt; a header begins the connection. left is how many endpoints
// share the time that is left. Where the cluster has as many connections as it may have the
// session waits in line for one. A cut ends it all.
func (s *session) dial(e *cluster.Endpoint, header []byte, until time.Time, left int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	if s.isCut {
		cancel()
	}
	s.mu.Unlock()
	up, err := e.DialBy(ctx, header, attempt(until, left))
	if s.waited = err == upstream.ErrOverloaded; s.waited {
		up, err = e.WaitBy(ctx, header, until, s.isGone)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = nil
	if err != nil {
		return err
	}
	s.up = up
	if s.isCut {
		up.Interrupt()
	}
	return nil
}

// isGone reports whether the client has reset its connection. One that has only finished
// sending may still want what the endpoint says.
func (s *session) isGone() bool {
	gone := s.client.WasReset()
	if gone {
		s.settle(ClientReset)
	}
	return gone
}

// connectReason is what an attempt failed at.
func connectReason(err error) Reason {
	insecure, timeout := (*upstream.TLSError)(nil), net.Error(nil)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, netx.ErrTimeout),
		errors.As(err, &timeout) && timeout.Timeout():
		return ConnectTimeout
	case errors.As(err, &insecure):
		return UpstreamTLS
	}
	return ConnectFailed
}

// proxyHeader is the PROXY header for the endpoint, if the cluster wants one.
func (s *session) proxyHeader() []byte {
	c := s.cluster.Load()
	switch c.ProxyProtocol {
	case config.ProxyProtocolV1:
		return proxyproto.AppendV1(nil, s.from, s.to)
	case config.ProxyProtocolV2:
		return proxyproto.AppendV2With(nil, s.from, s.to, s.extensions, c.Extensions)
	}
	return nil
}

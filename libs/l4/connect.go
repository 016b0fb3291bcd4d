package l4

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
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
	var tried map[*endpoint]bool
	for e := c.pick(); ; {
		if e == nil {
			s.settle(NoEndpoint)
			return
		}
		s.endpoint = e
		err := s.dial(e, header, attempt(until, c.schedule.Load().Choices()-len(tried)))
		if err == nil || s.why() != none {
			return
		}
		if exhausted(err) {
			s.settle(Overloaded)
			return
		}
		s.here.counts.Connects.Add(1)
		e.refused(err)
		if tried == nil {
			tried = map[*endpoint]bool{}
		}
		tried[e] = true
		if e = c.pickOther(tried); e == nil || !until.IsZero() && !time.Now().Before(until) {
			s.settle(connectReason(err))
			s.engine.Log.WithError(err).WithField("cluster", c.Name).Debug("no endpoint takes a connection")
			return
		}
	}
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

// dial makes one attempt; a header begins the connection. A cut ends it.
func (s *session) dial(e *endpoint, header []byte, until time.Time) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	if s.isCut {
		cancel()
	}
	s.mu.Unlock()
	up, err := e.DialBy(ctx, header, until)
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

// connectReason is what an attempt failed at.
func connectReason(err error) Reason {
	insecure, timeout := (*upstream.TLSError)(nil), net.Error(nil)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, netx.ErrTimeout), errors.As(err, &timeout) && timeout.Timeout():
		return ConnectTimeout
	case errors.As(err, &insecure):
		return UpstreamTLS
	}
	return ConnectFailed
}

// proxyHeader is the PROXY header for the endpoint, if the cluster wants one.
func (s *session) proxyHeader() []byte {
	switch s.cluster.Load().ProxyProtocol {
	case config.ProxyProtocolV1:
		return proxyproto.AppendV1(nil, s.from, s.to)
	case config.ProxyProtocolV2:
		return proxyproto.AppendV2(nil, s.from, s.to)
	}
	return nil
}

package l4

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/recall"
)

// Keep-alive probes find peers that vanished without a word: after keepIdle of silence
// one each keepInterval, and after keepCount of them the connection is reset.
const (
	keepIdle     = 15 * time.Second
	keepInterval = 15 * time.Second
	keepCount    = 9
)

// A Listener accepts the TCP sessions of one address.
type Listener struct {
	*door.Listener
	engine *Engine
	here   atomic.Pointer[here]
}

// Config is the listener's configuration in force.
func (l *Listener) Config() *config.Listener { return l.here.Load().config }

// Metrics count its connections.
func (l *Listener) Metrics() *metrics.Listener { return l.here.Load().gauge }

// Close ends a listener whose Serve was never called.
func (l *Listener) Close() {
	l.Listener.Close()
	l.engine.forget(l)
}

// Welcome makes the session of a connection.
func (l *Listener) Welcome(sock *netx.Sock) door.Conn { return newSession(l, l.here.Load(), sock) }

// TurnAway refuses a connection over the limit with a reset.
func (l *Listener) TurnAway(c netx.Conn) {
	s := &session{
		engine: l.engine, listener: l, here: l.here.Load(),
		start: time.Now(), from: addrPort(c.RemoteAddr()),
	}
	recall.AppendID(s.id[:0])
	s.told.Store(crowded(l))
	s.settle(Overloaded)
	s.record()
	_ = c.SetLinger(0) // fails only on a closed socket
	c.Close()
}

// Serve carries the session; its directions go on when it returns.
func (s *session) Serve(p *door.Place) {
	s.place = p
	s.serve()
}

// Orphaned reports whether sessions go to the session's cluster no more.
func (s *session) Orphaned() bool {
	c := s.cluster.Load()
	return c != nil && !s.engine.active.Load().has(c.Name)
}

// EndIfIdle does nothing: what a session waits for is not known.
func (s *session) EndIfIdle() {}

// Cut ends the session, whatever it is doing.
func (s *session) Cut(why door.Cause) {
	if why == door.Drained {
		s.cut(DrainTimeout)
	} else {
		s.cut(ReloadTimeout)
	}
}

// addrPort is an address as people write it; not valid where it is not one of TCP.
func addrPort(a net.Addr) netip.AddrPort { return plain(netx.AddrPort(a)) }

// plain is an address without IPv4 written as IPv6.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

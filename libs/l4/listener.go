package l4

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// Keep-alive probes find peers that vanished without a word: after keepIdle of silence
// one each keepInterval, and after keepCount of them the connection is reset.
const (
	keepIdle     = 15 * time.Second
	keepInterval = 15 * time.Second
	keepCount    = 9
)

// inherit sets on a listening socket what the connections it accepts shall have; that
// saves the calls for each of them.
func inherit(_, _ string, raw syscall.RawConn) error {
	var err error
	set := func(fd, level, option, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, option, value)
		}
	}
	failed := raw.Control(func(fd uintptr) {
		set(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		set(int(fd), unix.IPPROTO_TCP, optionKeepIdle, int(keepIdle/time.Second))
		set(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepInterval/time.Second))
		set(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepCount)
	})
	return errors.Join(failed, err)
}

// A Listener accepts the connections of one address.
type Listener struct {
	engine  *Engine
	ln      *net.TCPListener
	here    atomic.Pointer[here]
	removed atomic.Bool // no plan has it any more
	closed  atomic.Bool // Serve has returned
	starved atomic.Bool // the last accept failed
	open    atomic.Int64
}

// Addr is the real address, with the port the system chose if 0 was asked for.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Connections is how many clients are connected.
func (l *Listener) Connections() int { return int(l.open.Load()) }

// Name is the name the configuration gives the listener.
func (l *Listener) Name() string { return l.here.Load().config.Name }

// Configured is the address the configuration gives it.
func (l *Listener) Configured() string { return l.here.Load().config.Address }

// Close ends a listener whose Serve was never called.
func (l *Listener) Close() {
	l.removed.Store(true)
	l.closed.Store(true)
	_ = l.ln.Close() // nothing was accepted, so nothing is lost
	l.engine.forget(l)
}

// Serve accepts connections until ctx ends; then it stops listening. The sessions go
// on: see Engine.Drain.
func (l *Listener) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	defer l.closed.Store(true)
	defer l.starved.Store(false)
	defer l.ln.Close()
	const firstPause, longestPause = 5 * time.Millisecond, time.Second
	pause := firstPause
	for {
		tcp, err := l.ln.AcceptTCP()
		switch {
		case err == nil:
			if pause != firstPause {
				l.starved.Store(false)
				pause = firstPause
			}
			l.welcome(tcp)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of descriptors or memory: those connected go on, the others
			// wait in the backlog.
			if pause == firstPause {
				l.starved.Store(true)
				l.engine.Log.WithError(err).WithField("listener", l.Name()).Warn("cannot accept connections for now")
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, longestPause)
		}
	}
}

// welcome starts a session, or turns the client away.
func (l *Listener) welcome(tcp *net.TCPConn) {
	e, h := l.engine, l.here.Load()
	all, mine := e.open.Add(1), l.open.Add(1)
	leave := func() {
		e.open.Add(-1)
		l.open.Add(-1)
	}
	if all > e.limit.Load() || mine > int64(h.config.Limits.MaxConnections) {
		leave()
		l.turnAway(tcp, h)
		return
	}
	sock, err := netx.NewSock(tcp, e.watch)
	if err != nil {
		leave()
		tcp.Close() // it is closed already, or NewSock would have worked
		return
	}
	s := newSession(l, h, sock)
	if !e.add(s) {
		leave()
		sock.Close()
		return
	}
	h.gauge.Active.Add(1)
	go s.serve()
}

// turnAway refuses a connection over the limit with a reset.
func (l *Listener) turnAway(tcp *net.TCPConn, h *here) {
	s := &session{engine: l.engine, listener: l, here: h, start: time.Now(), from: addrPort(tcp.RemoteAddr())}
	s.settle(Overloaded)
	s.record()
	_ = tcp.SetLinger(0) // fails only on a closed socket
	tcp.Close()
}

func addrPort(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

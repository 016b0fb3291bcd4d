package l7

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A Listener accepts the connections of one address.
type Listener struct {
	engine  *Engine
	ln      *net.TCPListener
	here    atomic.Pointer[here]
	removed atomic.Bool // no plan has it any more
	closed  atomic.Bool // Serve has returned
	open    atomic.Int64
}

// Addr is the real address, with the port the system chose if 0 was asked for.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Connections is how many clients are connected.
func (l *Listener) Connections() int { return int(l.open.Load()) }

// Name is the name the configuration gives the listener.
func (l *Listener) Name() string { return l.here.Load().config.Name }

// TLS is what the listener shows to clients, nil on plain text.
func (l *Listener) TLS() *tlsconf.Server { return l.here.Load().tls }

// Configured is the address the configuration gives it.
func (l *Listener) Configured() string { return l.here.Load().config.Address }

// Close ends a listener whose Serve was never called.
func (l *Listener) Close() {
	l.removed.Store(true)
	l.closed.Store(true)
	_ = l.ln.Close() // nothing was accepted, so nothing is lost
	l.engine.forget(l)
}

// Serve accepts connections until ctx ends; then it stops listening. The
// connections go on: see Engine.Drain.
func (l *Listener) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	defer l.closed.Store(true)
	defer l.ln.Close()
	const firstPause, longestPause = 5 * time.Millisecond, time.Second
	pause := firstPause
	for {
		tcp, err := l.ln.AcceptTCP()
		switch {
		case err == nil:
			pause = firstPause
			l.welcome(tcp)
		case ctx.Err() != nil:
			if l.removed.Load() {
				l.engine.endIdle(l) // those that came after the swap
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of descriptors or memory: those connected go on, the others
			// wait in the backlog.
			if pause == firstPause {
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

// welcome starts serving a connection, or turns it away.
func (l *Listener) welcome(tcp *net.TCPConn) {
	e := l.engine
	all, mine := e.open.Add(1), l.open.Add(1)
	leave := func() {
		e.open.Add(-1)
		l.open.Add(-1)
	}
	if all > e.limit.Load() || mine > int64(l.here.Load().config.Limits.MaxConnections) {
		leave()
		turnAway(tcp, gwerr.Overloaded, "the gateway has as many connections as it may have")
		return
	}
	sock, err := netx.NewSock(tcp, e.watch)
	if err != nil {
		leave()
		tcp.Close() // it is closed already, or NewSock would have worked
		return
	}
	c := newConn(l, sock)
	if !e.add(c) {
		leave()
		sock.Close()
		return
	}
	gauge := &l.here.Load().metrics.Active // a reload may rename the listener
	gauge.Add(1)
	go func() {
		defer func() {
			gauge.Add(-1)
			leave()
			e.remove(c)
		}()
		c.serve()
	}()
}

// turnAway answers a connection nobody will serve. The answer fits the empty
// send buffer of a new connection, so this does not wait.
func turnAway(tcp *net.TCPConn, code gwerr.Code, message string) {
	defer tcp.Close()
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	answer := appendAnswer(nil, &answer{code: code, message: message, id: appendID(nil), close: true})
	_ = raw.Write(func(fd uintptr) bool {
		_, _ = syscall.Write(int(fd), answer) // a client that is gone gets nothing
		return true
	})
}

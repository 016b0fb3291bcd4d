package l7

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A Listener accepts the connections of one address.
type Listener struct {
	engine  *Engine
	index   int // in the plan
	config  config.Listener
	limits  http1.Limits
	ln      *net.TCPListener
	open    atomic.Int64
	metrics *metrics.Listener
}

func newListener(e *Engine, index int, cfg config.Listener, ln *net.TCPListener) *Listener {
	return &Listener{
		engine: e, index: index, config: cfg, ln: ln, metrics: e.Metrics.Listener(cfg.Name),
		limits: http1.Limits{
			RequestLine:      cfg.Limits.MaxRequestLineBytes,
			HeadBytes:        cfg.Limits.MaxHeaderBytes,
			Fields:           cfg.Limits.MaxHeaders,
			AllowUnderscores: cfg.Limits.AllowUnderscores,
		},
	}
}

// Addr is the real address, with the port the system chose if 0 was asked for.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Connections is how many clients are connected.
func (l *Listener) Connections() int { return int(l.open.Load()) }

// Name is the name the configuration gives the listener.
func (l *Listener) Name() string { return l.config.Name }

// Serve accepts connections until ctx ends; then it stops listening. The
// connections go on: see Engine.Drain.
func (l *Listener) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
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
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of descriptors or memory: those connected go on, the others
			// wait in the backlog.
			if pause == firstPause {
				l.engine.Log.WithError(err).WithField("listener", l.config.Name).Warn("cannot accept connections for now")
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
	all, here := e.open.Add(1), l.open.Add(1)
	leave := func() {
		e.open.Add(-1)
		l.open.Add(-1)
	}
	if all > int64(e.MaxConnections) || here > int64(l.config.Limits.MaxConnections) {
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
	l.metrics.Active.Add(1)
	go func() {
		defer func() {
			l.metrics.Active.Add(-1)
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
	answer := appendAnswer(nil, answer{code: code, message: message, id: string(appendID(nil)), close: true})
	_ = raw.Write(func(fd uintptr) bool {
		_, _ = syscall.Write(int(fd), answer) // a client that is gone gets nothing
		return true
	})
}

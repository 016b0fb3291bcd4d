package door

import (
	"cmp"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// How long a listener rests that cannot accept: at first, and at most.
const firstPause, longestPause = 5 * time.Millisecond, time.Second

// A Listener accepts the connections of one address.
type Listener struct {
	door    *Door
	host    Host
	ln      net.Listener
	removed atomic.Bool // no plan has it any more
	closed  atomic.Bool // Serve has returned
	open    atomic.Int64
	busy    atomic.Int64 // when Serve last took a connection to let it in; 0: it waits
	warned  atomic.Bool  // of the reserve, since a connection was let in
	sayings sayings

	mu     sync.Mutex
	places map[*Place]struct{} // guarded by mu
}

// Addr is the real address, with the port the system chose if 0 was asked for.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Connections is how many clients are connected.
func (l *Listener) Connections() int { return int(l.open.Load()) }

// Name is the name the configuration gives the listener.
func (l *Listener) Name() string { return l.host.Config().Name }

// Configured is the address the configuration gives it.
func (l *Listener) Configured() string { return l.host.Config().Address }

// Shown is the real address as it may be shown: the reference, where the address of the
// configuration is a secret.
func (l *Listener) Shown() string { return cmp.Or(l.host.Config().As, l.ln.Addr().String()) }

// ShownConfigured is the address the configuration gives it, as it has that.
func (l *Listener) ShownConfigured() string {
	c := l.host.Config()
	return cmp.Or(c.As, c.Address)
}

// Remove says that no plan has the listener any more. Its Serve is to be ended.
func (l *Listener) Remove() { l.removed.Store(true) }

// Closing reports whether connections are to end after what they are doing: the process
// stops, or the listener was removed.
func (l *Listener) Closing() bool { return l.door.draining.Load() || l.removed.Load() }

// Patient reports whether a connection whose client was not told that it ends may wait for one more
// request, though it is to end.
func (l *Listener) Patient() bool { return l.door.patient.Load() && !l.removed.Load() }

// Over reports whether the listener was removed and has neither connections nor any to
// come.
func (l *Listener) Over() bool {
	return l.removed.Load() && l.closed.Load() && l.open.Load() == 0
}

// Close ends a listener whose Serve was never called.
func (l *Listener) Close() {
	l.removed.Store(true)
	l.closed.Store(true)
	_ = l.ln.Close() // nothing was accepted, so nothing is lost
	l.door.forget(l)
}

// Serve accepts connections until ctx ends; then it stops listening. The connections go
// on: see Door.Drain.
func (l *Listener) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	defer l.closed.Store(true)
	defer l.ln.Close()
	pause := firstPause
	fed := func() {
		if pause != firstPause {
			l.door.starved.Add(-1)
			pause = firstPause
		}
	}
	defer fed()
	for {
		c, err := netx.Accept(l.ln)
		switch {
		case err == nil:
			fed()
			l.busy.Store(l.door.watch.Now())
			l.welcome(c)
			l.busy.Store(0)
		case ctx.Err() != nil:
			if l.removed.Load() {
				l.endLate()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of descriptors or memory: those connected go on, the others wait in the
			// backlog.
			if pause == firstPause {
				l.door.starved.Add(1)
				entry := l.door.log.WithError(err).WithField("listener", l.Name())
				entry.Warn("cannot accept connections for now")
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, longestPause)
		}
	}
}

// welcome lets a connection in, or turns it away.
func (l *Listener) welcome(c netx.Conn) {
	d := l.door
	all, mine := d.open.Add(1), l.open.Add(1)
	switch most := int64(l.host.Config().Limits.MaxConnections); {
	case mine > most:
		l.refuse(c, metrics.RefusedByListener, most)
		return
	case all > d.limit.Load():
		l.refuse(c, metrics.RefusedByProcess, d.limit.Load())
		return
	}
	if place := netx.PlaceOf(c); place != netx.Free {
		l.leave()
		l.scarce(c, place)
		return
	}
	sock, err := netx.NewSock(c, d.watch)
	if err != nil {
		l.leave()
		c.Close() // it is closed already, or NewSock would have worked
		return
	}
	p := &Place{listener: l, conn: l.host.Welcome(sock)}
	if !l.take(p) {
		l.leave()
		sock.Close()
		return
	}
	l.warned.Store(false)
	m := l.host.Metrics() // this one to the end: a reload may rename the listener
	m.Accepted.Add(1)
	p.gauge = &m.Active
	p.gauge.Add(1)
	go p.conn.Serve(p)
}

// refuse turns a connection away that is over a limit on their number.
func (l *Listener) refuse(c netx.Conn, why metrics.RefusedReason, most int64) {
	l.turnedAway(c, why, most)
	l.leave()
	l.host.TurnAway(c)
}

// scarce turns a connection away that would take a descriptor of the reserve.
func (l *Listener) scarce(c netx.Conn, place netx.Place) {
	l.host.Metrics().Refused(metrics.RefusedForDescriptors)
	if l.warned.CompareAndSwap(false, true) {
		l.door.log.WithField("listener", l.Name()).
			Warn("connections are turned away: the process has no file descriptors left but " +
				"its reserve; raise the limit (ulimit -n, LimitNOFILE=)")
	}
	if place == netx.Last {
		_ = c.Close() // there are too many to tell each
		return
	}
	l.host.TurnAway(c)
}

// leave takes a connection out of the counts of those that are open.
func (l *Listener) leave() {
	l.door.open.Add(-1)
	l.open.Add(-1)
}

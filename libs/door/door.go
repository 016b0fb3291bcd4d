package door

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
)

// A Host is who a listener accepts for. The methods may be called from any goroutine.
type Host interface {
	// Config is the listener's configuration in force.
	Config() *config.Listener
	// Metrics are the listener's by that configuration.
	Metrics() *metrics.Listener
	// Welcome makes a Conn of a connection that was let in. It does not wait.
	Welcome(sock *netx.Sock) Conn
	// TurnAway closes a connection over a limit. It does not wait.
	TurnAway(c netx.Conn)
}

// A Conn is a client's connection. The methods but Serve may be called from any
// goroutine, and do not wait.
type Conn interface {
	// Serve serves the client. It may return before the connection ends, which the place
	// is to be told of.
	Serve(p *Place)
	// Orphaned reports whether the plan in force has no more use for the connection,
	// though its listener stays.
	Orphaned() bool
	// EndIfIdle closes the connection as soon as it carries nothing that has begun.
	EndIfIdle()
	// Cut ends the connection, whatever it is doing.
	Cut(why Cause)
}

// An Announcer is a Conn that can be told that it ends without being ended, as HTTP/2 does with
// GOAWAY.
type Announcer interface {
	// Announce tells the client that the connection takes nothing new. It does not wait.
	Announce()
}

// A Cause is why a connection is cut.
type Cause uint8

// The causes.
const (
	Drained Cause = iota // the process stops
	Removed              // a reload took away what it needs
)

// Options are what a Door works with.
type Options struct {
	Log *logrus.Logger
	// Watch keeps the deadlines of the connections. The caller runs it.
	Watch *netx.Watch
	// MaxConnections bounds the connections of all listeners together.
	MaxConnections int
	// Passed are the sockets that systemd has bound; nil: none.
	Passed *systemd.Sockets
	// Inherited are the sockets of the process that this one takes the place of; nil: none.
	Inherited *handover.Sockets
}

// A Door accepts the client connections of a process. Its methods may be called from any
// goroutine.
type Door struct {
	log     *logrus.Logger
	watch   *netx.Watch
	passed  *systemd.Sockets
	before  *handover.Sockets
	limit   atomic.Int64 // Options.MaxConnections
	open    atomic.Int64 // connections that count against the limit
	starved atomic.Int64 // listeners whose last accept failed

	draining atomic.Bool
	patient  atomic.Bool   // draining, and connections may wait for one more request
	taken    atomic.Int64  // places
	empty    chan struct{} // closed once draining and without places
	once     sync.Once     // closes empty

	mu        sync.Mutex
	listeners []*Listener // guarded by mu; those with connections, or that may get some
}

// New makes a door without listeners.
func New(o Options) *Door {
	d := &Door{
		log: o.Log, watch: o.Watch, passed: o.Passed, before: o.Inherited,
		empty: make(chan struct{}),
	}
	d.SetMaxConnections(o.MaxConnections)
	return d
}

// SetMaxConnections changes the limit for all; connections over it stay.
func (d *Door) SetMaxConnections(n int) { d.limit.Store(int64(n)) }

// Connections is how many clients are connected.
func (d *Door) Connections() int { return int(d.open.Load()) }

// Starved reports whether clients cannot be let in, for want of descriptors or memory.
func (d *Door) Starved() bool {
	return d.starved.Load() > 0 || netx.Scarce()
}

// stuckAfter is how long letting a connection in may take, which waits for nothing.
const stuckAfter = 5 * time.Second

// Stuck names a listener that does not get on with letting a connection in; "" for none.
func (d *Door) Stuck() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.listeners {
		since := l.busy.Load()
		if since != 0 && time.Duration(d.watch.Now()-since) > stuckAfter {
			return l.Name()
		}
	}
	return ""
}

// Draining reports whether Drain was called.
func (d *Door) Draining() bool { return d.draining.Load() }

// Listener makes a listener of what Bind has bound, which it takes over. Serve has it accept.
func (d *Door) Listener(ln net.Listener, h Host) *Listener {
	l := &Listener{door: d, host: h, ln: ln, places: map[*Place]struct{}{}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners = append(d.listeners, l)
	return l
}

// EndRemoved ends the connections that the plan in force has no more use for: those of
// listeners that were removed, and orphaned ones. The idle ones end now, the others after
// what they are doing; Listener.Cut ends what takes too long. It returns how many
// connections go on and, by host, how many are to end since this plan.
func (d *Door) EndRemoved() (kept int, ending map[Host]int) {
	ending = map[Host]int{}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.listeners {
		n := l.endRemoved(&kept)
		if n > 0 {
			ending[l.host] = n
		}
	}
	d.listeners = slices.DeleteFunc(d.listeners, (*Listener).Over)
	return kept, ending
}

// Drain has every connection end after what it is doing; idle ones end now. When ctx ends
// first the rest is cut; Drain returns how many connections that were. The listeners must
// have stopped accepting.
func (d *Door) Drain(ctx context.Context) (cut int) { return d.DrainLate(ctx, ctx) }

// DrainLate is Drain for a process whose place another one has taken: there is no hurry, so a
// connection that waits for a request may get one more, whose answer says that the connection ends.
// So no client meets a connection that is being closed. Those that still wait when early ends are
// closed then.
func (d *Door) DrainLate(ctx, early context.Context) (cut int) {
	d.patient.Store(early != ctx)
	d.draining.Store(true)
	if early != ctx {
		d.each(func(p *Place) {
			if c, ok := p.conn.(Announcer); ok {
				c.Announce()
			}
		})
		d.emptied()
		select {
		case <-d.empty:
			return 0
		case <-ctx.Done():
		case <-early.Done():
		}
		d.patient.Store(false)
	}
	// Nobody takes a place any more once each listener was asked.
	d.each(func(p *Place) { p.conn.EndIfIdle() })
	d.emptied()
	select {
	case <-d.empty:
		return 0
	case <-ctx.Done():
	}
	d.each(func(p *Place) {
		p.conn.Cut(Drained)
		cut++
	})
	<-d.empty
	return cut
}

// emptied says so if a drain has nothing left to wait for.
func (d *Door) emptied() {
	if d.taken.Load() == 0 && d.draining.Load() {
		d.once.Do(func() { close(d.empty) })
	}
}

// each calls do with all places.
func (d *Door) each(do func(*Place)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.listeners {
		l.each(do)
	}
}

// forget drops a listener that never served.
func (d *Door) forget(l *Listener) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners = slices.DeleteFunc(d.listeners, func(other *Listener) bool { return other == l })
}

package l7

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Options are what an Engine works with.
type Options struct {
	Log     *logrus.Logger
	Metrics *metrics.Registry
	// Access takes a record of each request; nil takes none. SetAccess changes it.
	Access *accesslog.Writer
	// Health keeps what is known of endpoints; nil makes one for this engine.
	Health *health.Registry
	// MaxConnections bounds the client connections of all listeners together.
	MaxConnections int
}

// An Engine serves the HTTP listeners of a plan. Its methods may be called from
// any goroutine.
type Engine struct {
	Options
	watch *netx.Watch
	// streams watches the deadlines of HTTP/2 connections.
	streams *http2.Watch
	active  atomic.Pointer[active]
	access  atomic.Pointer[accesslog.Writer]
	limit   atomic.Int64 // Options.MaxConnections
	failed  failures
	// tickets outlive the plans, so that a reload ends no TLS session.
	tickets *tlsconf.Tickets

	draining atomic.Bool
	open     atomic.Int64

	mu        sync.Mutex
	listeners []*Listener // guarded by mu; those with connections, or that may get some
	conns     map[*conn]struct{}
	empty     chan struct{} // closed once draining and without connections
}

// New makes an engine that runs a plan.
func New(p *plan.Plan, o Options) *Engine {
	e := &Engine{Options: o, watch: netx.NewWatch(), streams: http2.NewWatch(), tickets: tlsconf.NewTickets(), conns: map[*conn]struct{}{}, empty: make(chan struct{})}
	e.access.Store(o.Access)
	e.limit.Store(int64(o.MaxConnections))
	if e.Health == nil {
		e.Health = health.NewRegistry()
	}
	e.active.Store(activate(p, nil, e.watch, e.streams, o.Metrics, e.Health))
	return e
}

// SetAccess changes where records of requests go; nil is nowhere.
func (e *Engine) SetAccess(w *accesslog.Writer) { e.access.Store(w) }

// SetMaxConnections changes the limit on client connections; those over it stay.
func (e *Engine) SetMaxConnections(n int) { e.limit.Store(int64(n)) }

// judgeEvery is how often endpoints are judged.
const judgeEvery = 250 * time.Millisecond

// Run does the engine's timekeeping until ctx ends, then closes what is left:
// the upstream connections that are idle.
func (e *Engine) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(judgeEvery)
		defer t.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case now := <-t.C:
				e.active.Load().judge(now)
				if n%(int(time.Second/judgeEvery)) == 0 {
					e.active.Load().sweep()
					e.tickets.Rotate()
				}
			}
		}
	}()
	streamsDone := make(chan struct{})
	go func() {
		defer close(streamsDone)
		_ = e.streams.Run(ctx) // ends with ctx, and for no other reason
	}()
	err := e.watch.Run(ctx)
	<-done
	<-streamsDone
	e.active.Load().retire(nil)
	return err
}

// Listen binds the address of the plan's listener with the given index.
func (e *Engine) Listen(ctx context.Context, p *plan.Plan, index int) (*Listener, error) {
	cfg := &p.Listeners[index]
	// Keep-alive probes find peers that vanished; their default is right.
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, err)
	}
	l := &Listener{engine: e, ln: ln.(*net.TCPListener)}
	if p.TLS[index] != nil {
		e.tickets.Use(p.TLS[index])
	}
	l.here.Store(e.active.Load().on(cfg, p.TLS[index], nil, e.Metrics))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = append(e.listeners, l)
	return l, nil
}

// Swap puts another plan in force. The caller has told the registries of metrics and
// health that a plan comes (NextPlan). listeners has an entry for each listener of
// the plan, nil for those of other protocols. Requests that have begun keep the one they
// have, all others take the new one. Pools, cursors and counters of what both
// plans have go on. A listener that the plan does not have gets no new
// connections from now on, once its Serve has been ended; those it has end after
// the request they serve, idle ones at once. It returns how many connections go on
// and, by listener, how many do not.
func (e *Engine) Swap(p *plan.Plan, listeners []*Listener) (kept int, ending map[*Listener]int) {
	before := e.active.Load()
	next := activate(p, before, e.watch, e.streams, e.Metrics, e.Health)
	ending = map[*Listener]int{}
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make(map[*Listener]*here, len(e.listeners))
	leaving := map[*Listener]bool{} // with this plan; others may be at it since an earlier one
	for _, l := range e.listeners {
		was := l.here.Load()
		cfg, secured := was.config, was.tls
		if i := slices.Index(listeners, l); i >= 0 {
			cfg, secured = &p.Listeners[i], p.TLS[i]
		} else {
			leaving[l] = !l.removed.Swap(true)
		}
		if secured != was.tls {
			e.retickets(was.tls, secured)
		}
		views[l] = next.on(cfg, secured, was, e.Metrics)
	}
	e.active.Store(next)
	for l, h := range views {
		l.here.Store(h)
	}
	before.retire(next)
	for c := range e.conns {
		switch {
		case leaving[c.listener]:
			ending[c.listener]++
			c.endIfIdle()
		case !c.listener.removed.Load():
			kept++
		}
	}
	e.drop(func(l *Listener) bool { return l.removed.Load() && l.closed.Load() && l.open.Load() == 0 })
	return kept, ending
}

// drop forgets listeners; it needs mu held.
func (e *Engine) drop(over func(*Listener) bool) {
	var gone []*tlsconf.Server
	e.listeners = slices.DeleteFunc(e.listeners, func(l *Listener) bool {
		if !over(l) {
			return false
		}
		gone = append(gone, l.here.Load().tls)
		return true
	})
	for _, secured := range gone {
		// After a rollback another listener may have it.
		if !slices.ContainsFunc(e.listeners, func(l *Listener) bool { return l.here.Load().tls == secured }) {
			e.retickets(secured, nil)
		}
	}
}

// forget drops a listener that never served.
func (e *Engine) forget(l *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(func(other *Listener) bool { return other == l })
}

// endIdle asks the connections of a listener that have no request to close.
func (e *Engine) endIdle(l *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		if c.listener == l {
			c.endIfIdle()
		}
	}
}

// retickets lets the keys of session tickets go with the TLS in force.
func (e *Engine) retickets(old, secured *tlsconf.Server) {
	if old != nil {
		e.tickets.Forget(old)
	}
	if secured != nil {
		e.tickets.Use(secured)
	}
}

// Cut ends the connections of a listener that a Swap took out of force,
// whatever they are doing; it returns how many that were.
func (e *Engine) Cut(l *Listener) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		if c.listener == l {
			c.cut()
			n++
		}
	}
	return n
}

// Counts tells of the requests that ran with the plan in force.
func (e *Engine) Counts() *Counts { return &e.active.Load().counts }

// Draining reports whether Drain was called.
func (e *Engine) Draining() bool { return e.draining.Load() }

// Connections is how many clients are connected.
func (e *Engine) Connections() int { return int(e.open.Load()) }

// Drain lets every exchange that has begun come to its end and closes each
// connection after it; idle ones are closed now. When ctx ends first the rest
// is cut off; Drain returns how many connections that were. The listeners
// must have stopped accepting.
func (e *Engine) Drain(ctx context.Context) (cut int) {
	e.mu.Lock()
	if !e.draining.Swap(true) && len(e.conns) == 0 {
		close(e.empty)
	}
	for c := range e.conns {
		c.endIfIdle()
	}
	e.mu.Unlock()

	select {
	case <-e.empty:
		return 0
	case <-ctx.Done():
	}
	e.mu.Lock()
	cut = len(e.conns)
	for c := range e.conns {
		c.cut()
	}
	e.mu.Unlock()
	<-e.empty
	return cut
}

// add registers a connection; false means that the engine is draining.
func (e *Engine) add(c *conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining.Load() {
		return false
	}
	e.conns[c] = struct{}{}
	return true
}

func (e *Engine) remove(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.conns, c)
	if e.draining.Load() && len(e.conns) == 0 {
		close(e.empty)
	}
}

// Clusters tells of the clusters of the plan in force.
func (e *Engine) Clusters() []upstream.ClusterState {
	var all []upstream.ClusterState
	for _, c := range e.active.Load().clusters {
		if c != nil {
			all = append(all, c.pool.State(c.Name, c.health.Verdicts(), func(i int) *upstream.Endpoint { return c.endpoints[i].Endpoint }))
		}
	}
	return all
}

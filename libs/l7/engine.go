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
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/recall"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

// Options are what an Engine works with.
type Options struct {
	Log     *logrus.Logger
	Metrics *metrics.Registry
	// Access takes a record of each request; nil takes none. SetAccess changes it.
	Access *accesslog.Writer
	// Clusters are those of the process, with the plan in force.
	Clusters *cluster.Set
	// Short says that memory is short, so that requests are refused; nil: it never is.
	Short *atomic.Bool
	// Door is where the clients of the process come in.
	Door *door.Door
	// Tickets are the keys of TLS session tickets that the process before this one had; the zero
	// value has none.
	Tickets tlsconf.TicketKeys
	// Spans takes what is told of traces; nil: nobody does.
	Spans *tracing.Exporter
}

// An Engine serves the HTTP listeners of a plan. Its methods may be called from
// any goroutine.
type Engine struct {
	Options
	watch *netx.Watch
	// streams watches the deadlines of HTTP/2 connections.
	streams *http2.Watch
	active  atomic.Pointer[active]
	env     exchange.Env
	// lingering is how many connections linger.
	lingering atomic.Int64
	// tickets outlive the plans, so that a reload ends no TLS session.
	tickets *tlsconf.Tickets

	mu        sync.Mutex
	listeners []*Listener // guarded by mu; those with connections, or that may get some
}

// New makes an engine that runs a plan.
func New(p *plan.Plan, o Options) *Engine {
	e := &Engine{
		Options: o, tickets: tlsconf.TicketsFrom(o.Tickets),
		watch: o.Clusters.Watch(), streams: o.Clusters.Streams(),
	}
	e.env.Log, e.env.Now, e.env.Short = o.Log, e.watch.Now, o.Short
	e.env.Pseudonym = append([]byte("gateway-"), recall.AppendID(nil)[:8]...)
	e.env.Access.Store(o.Access)
	e.env.Spans = o.Spans
	e.env.Mirrors = mirror.NewPool(o.Log, o.Spans)
	e.env.Mirrors.SetMemory(p.MirrorMemory)
	e.active.Store(activate(p, nil, o.Clusters))
	return e
}

// TicketKeys are the keys of TLS session tickets, for the process that takes this one's place.
func (e *Engine) TicketKeys() tlsconf.TicketKeys { return e.tickets.Export() }

// SetAccess changes where records of requests go; nil is nowhere.
func (e *Engine) SetAccess(w *accesslog.Writer) { e.env.Access.Store(w) }

// rotateEvery is how often it is asked whether the keys of session tickets are due.
const rotateEvery = time.Second

// Run does the engine's timekeeping until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	t := time.NewTicker(rotateEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			e.env.Mirrors.End()
			return nil
		case <-t.C:
			e.tickets.Rotate()
		}
	}
}

// Listen binds the address of the plan's listener with the given index.
func (e *Engine) Listen(ctx context.Context, p *plan.Plan, index int) (*Listener, error) {
	cfg := &p.Listeners[index]
	// Keep-alive probes find peers that vanished; their default is right.
	var lc net.ListenConfig
	ln, err := e.Door.Bind(ctx, &lc, cfg)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, err)
	}
	l := &Listener{engine: e}
	if p.TLS[index] != nil {
		e.tickets.Use(p.TLS[index])
	}
	l.view.Store(e.active.Load().on(cfg, p.TLS[index], nil, e.Metrics))
	l.Listener = e.Door.Listener(ln, l)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = append(e.listeners, l)
	return l, nil
}

// Swap puts another plan in force. The caller has told the registries of metrics and
// health that a plan comes (NextPlan), and has put its clusters in force (Set.Swap).
// listeners has an entry for each listener of the plan, nil for those of other protocols.
// Requests that have begun keep the plan they have, all others take the new one. Cursors
// and counters of what both plans have go on. A listener that the plan does not have gets
// no new connections from now on, once its Serve has been ended; those it has end with
// Door.EndRemoved.
func (e *Engine) Swap(p *plan.Plan, listeners []*Listener) {
	next := activate(p, e.active.Load(), e.Clusters)
	e.env.Mirrors.SetMemory(p.MirrorMemory)
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make(map[*Listener]*exchange.View, len(e.listeners))
	for _, l := range e.listeners {
		was := l.view.Load()
		cfg, secured := was.Config, was.TLS
		if i := slices.Index(listeners, l); i >= 0 {
			cfg, secured = &p.Listeners[i], p.TLS[i]
		} else {
			l.Remove()
		}
		if secured != was.TLS {
			e.retickets(was.TLS, secured)
		}
		views[l] = next.on(cfg, secured, was, e.Metrics)
	}
	e.active.Store(next)
	for l, v := range views {
		l.view.Store(v)
	}
	e.drop((*Listener).Over)
}

// drop forgets listeners; it needs mu held.
func (e *Engine) drop(over func(*Listener) bool) {
	var gone []*tlsconf.Server
	e.listeners = slices.DeleteFunc(e.listeners, func(l *Listener) bool {
		if !over(l) {
			return false
		}
		gone = append(gone, l.view.Load().TLS)
		return true
	})
	for _, secured := range gone {
		// After a rollback another listener may have it.
		has := func(l *Listener) bool { return l.view.Load().TLS == secured }
		if !slices.ContainsFunc(e.listeners, has) {
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

// retickets lets the keys of session tickets go with the TLS in force.
func (e *Engine) retickets(old, secured *tlsconf.Server) {
	if old != nil {
		e.tickets.Forget(old)
	}
	if secured != nil {
		e.tickets.Use(secured)
	}
}

// Counts tells of the requests that ran with the plan in force.
func (e *Engine) Counts() *Counts { return &e.active.Load().counts }

// A Failure is a request that did not go well, as it is remembered.
type Failure = exchange.Failure

// AllowBesideTrace is the value of Allow in the answer to TRACE, which no route can let through.
const AllowBesideTrace = exchange.AllowBesideTrace

// A Differing is a request whose copy was answered in another way, as it is remembered.
type Differing = mirror.Differing

// Mirrors sends copies of requests.
func (e *Engine) Mirrors() *mirror.Pool { return e.env.Mirrors }

// Failures returns the last requests that failed, the newest first.
func (e *Engine) Failures(most int) []*Failure { return e.env.Failures.Last(most) }

// Why returns the failed request with the given ID, if it is among the last.
func (e *Engine) Why(id string) (*Failure, bool) { return e.env.Failures.Find(id) }

package l7

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// Options are what an Engine works with.
type Options struct {
	Log     *logrus.Logger
	Metrics *metrics.Registry
	// Access takes a record of each request; nil takes none.
	Access *accesslog.Writer
	// MaxConnections bounds the client connections of all listeners together.
	MaxConnections int
}

// An Engine serves the HTTP listeners of a plan. Its methods may be called from
// any goroutine.
type Engine struct {
	Options
	watch  *netx.Watch
	active atomic.Pointer[active]

	draining atomic.Bool
	open     atomic.Int64

	mu    sync.Mutex
	conns map[*conn]struct{}
	empty chan struct{} // closed once draining and without connections
}

// New makes an engine that runs a plan.
func New(p *plan.Plan, o Options) *Engine {
	e := &Engine{Options: o, watch: netx.NewWatch(), conns: map[*conn]struct{}{}, empty: make(chan struct{})}
	e.active.Store(activate(p, e.watch, o.Metrics))
	return e
}

// Run does the engine's timekeeping until ctx ends, then closes what is left:
// the upstream connections that are idle.
func (e *Engine) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				e.active.Load().sweep()
			}
		}
	}()
	err := e.watch.Run(ctx)
	<-done
	e.active.Load().retire()
	return err
}

// Listen binds the address of the plan's listener with the given index.
func (e *Engine) Listen(ctx context.Context, index int) (*Listener, error) {
	a := e.active.Load()
	cfg := a.plan.Listeners[index]
	// Keep-alive probes find peers that vanished; their default is right.
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, err)
	}
	return newListener(e, index, cfg, ln.(*net.TCPListener)), nil
}

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

// Endpoints tells of each endpoint of the plan's clusters how many connections
// it has, lent and idle.
func (e *Engine) Endpoints(f func(cluster, address string, weight, lent, idle int)) {
	for _, c := range e.active.Load().clusters {
		for i := range c.endpoints {
			ep := &c.endpoints[i]
			idle := ep.IdleConns()
			f(c.Name, ep.Address, c.Cluster.Endpoints[i].Weight, max(ep.Conns()-idle, 0), idle)
		}
	}
}

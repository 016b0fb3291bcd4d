package l4

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/frugal"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/recall"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Options are what an Engine works with.
type Options struct {
	Log     *logrus.Logger
	Metrics *metrics.Registry
	// Access takes a record of each session; nil takes none. SetAccess changes it.
	Access *accesslog.Writer
	// Clusters are those of the process, with the plan in force.
	Clusters *cluster.Set
	// Door is where the clients of the process come in.
	Door *door.Door
}

// An Engine serves the TCP listeners of a plan. Its methods may be called from any
// goroutine.
type Engine struct {
	Options
	watch  *netx.Watch
	active atomic.Pointer[active]
	access atomic.Pointer[accesslog.Writer]
	// failures remembers the sessions that did not go well.
	failures recall.Memory[*Failure]
	judging  frugal.Turn // why endpoints have the weights that they have

	mu        sync.Mutex
	listeners []*Listener // guarded by mu; those with sessions, or that may get some
}

// New makes an engine that runs a plan.
func New(p *plan.Plan, o Options) *Engine {
	e := &Engine{Options: o, watch: o.Clusters.Watch()}
	e.access.Store(o.Access)
	e.active.Store(activate(p, o.Clusters))
	return e
}

// SetAccess changes where records of sessions go; nil is nowhere.
func (e *Engine) SetAccess(w *accesslog.Writer) { e.access.Store(w) }

// lookEvery is how often the engine looks at its sessions.
const lookEvery = time.Second

// Run does the engine's timekeeping until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			e.look(now)
		}
	}
}

// lasting is how old a session is when its endpoint gets keep-alives. They are for
// silences much longer than that, and short sessions save the calls.
const lasting = 2 * time.Second

// look takes the bytes that sessions have moved into the metrics, as a session may last
// for days, and sets keep-alives where one lasts.
func (e *Engine) look(now time.Time) {
	var last []*upstream.Conn
	e.mu.Lock()
	listeners := slices.Clone(e.listeners)
	e.mu.Unlock()
	for _, l := range listeners {
		l.Each(func(c door.Conn) {
			if up := c.(*session).look(now); up != nil {
				last = append(last, up)
			}
		})
	}
	for _, up := range last {
		up.KeepAlive(keepIdle, keepInterval, keepCount)
	}
}

// Listen binds the address of the plan's listener with the given index, which must be
// a tcp one.
func (e *Engine) Listen(ctx context.Context, p *plan.Plan, index int) (*Listener, error) {
	cfg := &p.Listeners[index]
	if p.Sessions[index] == nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, errors.New("it is not a tcp listener"))
	}
	lc := listenConfig()
	lc.SetMultipathTCP(false) // clients of databases do not speak it
	ln, err := e.Door.Bind(ctx, &lc, cfg)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, err)
	}
	l := &Listener{engine: e}
	l.here.Store(e.active.Load().on(cfg, p.Sessions[index], nil, e.Metrics))
	l.Listener = e.Door.Listener(ln, l)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = append(e.listeners, l)
	return l, nil
}

// Swap puts another plan in force; the caller has told the registries of metrics and
// health that a plan comes (NextPlan), and has put its clusters in force (Set.Swap). New
// sessions go where it says, and the others go on where they are. listeners has an entry
// for each listener of the plan, nil for those that are not this engine's; one of the
// engine's that is not among them gets no new sessions, once its Serve has been ended.
//
// Sessions of such a listener, and those of a cluster that the plan sends no sessions to,
// are to end: Door.EndRemoved counts them. Listener.Cut ends them when their time is over.
func (e *Engine) Swap(p *plan.Plan, listeners []*Listener) {
	next := activate(p, e.Clusters)
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make(map[*Listener]*here, len(e.listeners))
	for _, l := range e.listeners {
		i := slices.Index(listeners, l)
		if i < 0 {
			l.Remove() // nothing new is routed by it, so it keeps its plan
			continue
		}
		views[l] = next.on(&p.Listeners[i], p.Sessions[i], l.here.Load(), e.Metrics)
	}
	e.active.Store(next)
	for l, h := range views {
		l.here.Store(h)
	}
	e.listeners = slices.DeleteFunc(e.listeners, (*Listener).Over)
}

// forget drops a listener that never served.
func (e *Engine) forget(l *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = slices.DeleteFunc(e.listeners, func(other *Listener) bool { return other == l })
}

// Counts tells of the sessions that ran with the plan in force.
func (e *Engine) Counts() *Counts { return &e.active.Load().counts }

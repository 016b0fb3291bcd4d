package l4

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Options are what an Engine works with.
type Options struct {
	Log     *logrus.Logger
	Metrics *metrics.Registry
	// Access takes a record of each session; nil takes none. SetAccess changes it.
	Access *accesslog.Writer
	// Health keeps what is known of endpoints; nil makes one for this engine.
	Health *health.Registry
	// MaxConnections bounds the client connections of all listeners together.
	MaxConnections int
}

// An Engine serves the TCP listeners of a plan. Its methods may be called from any
// goroutine.
type Engine struct {
	Options
	watch  *netx.Watch
	active atomic.Pointer[active]
	access atomic.Pointer[accesslog.Writer]
	limit  atomic.Int64 // Options.MaxConnections

	draining atomic.Bool
	open     atomic.Int64

	mu        sync.Mutex
	listeners []*Listener           // guarded by mu; those with sessions, or that may get some
	sessions  map[*session]struct{} // guarded by mu
	empty     chan struct{}         // closed once draining and without sessions
}

// New makes an engine that runs a plan.
func New(p *plan.Plan, o Options) *Engine {
	e := &Engine{Options: o, watch: netx.NewWatch(), sessions: map[*session]struct{}{}, empty: make(chan struct{})}
	e.access.Store(o.Access)
	e.limit.Store(int64(o.MaxConnections))
	if e.Health == nil {
		e.Health = health.NewRegistry()
	}
	e.active.Store(activate(p, nil, e.watch, o.Metrics, e.Health))
	return e
}

// SetAccess changes where records of sessions go; nil is nowhere.
func (e *Engine) SetAccess(w *accesslog.Writer) { e.access.Store(w) }

// SetMaxConnections changes the limit on client connections; those over it stay.
func (e *Engine) SetMaxConnections(n int) { e.limit.Store(int64(n)) }

// judgeEvery is how often endpoints are judged.
const judgeEvery = 250 * time.Millisecond

// Run does the engine's timekeeping until ctx ends.
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
					e.look(now)
				}
			}
		}
	}()
	err := e.watch.Run(ctx)
	<-done
	e.active.Load().retire(nil)
	return err
}

// lasting is how old a session is when its endpoint gets keep-alives. They are for
// silences much longer than that, and short sessions save the calls.
const lasting = 2 * time.Second

// look takes the bytes that sessions have moved into the metrics, as a session may last
// for days, and sets keep-alives where one lasts.
func (e *Engine) look(now time.Time) {
	var last []*upstream.Conn
	e.mu.Lock()
	for s := range e.sessions {
		s.count()
		if up := s.lasts(now); up != nil {
			last = append(last, up)
		}
	}
	e.mu.Unlock()
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
	lc := net.ListenConfig{KeepAlive: -1, Control: inherit} // as inherit does it
	lc.SetMultipathTCP(false)                               // clients of databases do not speak it
	ln, err := lc.Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", cfg.Name, err)
	}
	l := &Listener{engine: e, ln: ln.(*net.TCPListener)}
	l.here.Store(e.active.Load().on(cfg, p.Sessions[index], nil, e.Metrics))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = append(e.listeners, l)
	return l, nil
}

// Swap puts another plan in force; the caller has told the registries of metrics and
// health that a plan comes (NextPlan). New sessions go where it says, and the others go
// on where they are. listeners has an entry for each listener of the plan, nil for
// those that are not this engine's; one of the engine's that is not among them gets no
// new sessions, once its Serve has been ended.
//
// Sessions of such a listener, and those of a cluster that the plan has no more use
// for, are to end: Swap returns by listener how many they have become with this plan,
// and how many others there are. Cut ends them when their time is over.
func (e *Engine) Swap(p *plan.Plan, listeners []*Listener) (kept int, ending map[*Listener]int) {
	before := e.active.Load()
	next := activate(p, before, e.watch, e.Metrics, e.Health)
	ending = map[*Listener]int{}
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make(map[*Listener]*here, len(e.listeners))
	for _, l := range e.listeners {
		was := l.here.Load()
		cfg, sessions := was.config, was.sessions
		if i := slices.Index(listeners, l); i >= 0 {
			cfg, sessions = &p.Listeners[i], p.Sessions[i]
		} else {
			l.removed.Store(true)
			// Nothing new is routed by it, so it keeps its plan.
			continue
		}
		views[l] = next.on(cfg, sessions, was, e.Metrics)
	}
	e.active.Store(next)
	for l, h := range views {
		l.here.Store(h)
	}
	before.retire(next)
	for s := range e.sessions {
		c := s.cluster.Load()
		was := s.ending
		s.ending = s.listener.removed.Load() || c != nil && next.cluster(c.Name) == nil
		switch {
		case !s.ending:
			kept++
		case !was:
			ending[s.listener]++
		}
	}
	e.drop(func(l *Listener) bool { return l.removed.Load() && l.closed.Load() && l.open.Load() == 0 })
	return kept, ending
}

// drop forgets listeners; it needs mu held.
func (e *Engine) drop(over func(*Listener) bool) { e.listeners = slices.DeleteFunc(e.listeners, over) }

// forget drops a listener that never served.
func (e *Engine) forget(l *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(func(other *Listener) bool { return other == l })
}

// Cut ends the sessions of a listener that a Swap said are to end; it returns how many
// that were.
func (e *Engine) Cut(l *Listener) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.sessions {
		if s.listener == l && (s.ending || l.removed.Load()) {
			s.cut(ReloadTimeout)
			n++
		}
	}
	return n
}

// Counts tells of the sessions that ran with the plan in force.
func (e *Engine) Counts() *Counts { return &e.active.Load().counts }

// Draining reports whether Drain was called.
func (e *Engine) Draining() bool { return e.draining.Load() }

// Connections is how many clients are connected.
func (e *Engine) Connections() int { return int(e.open.Load()) }

// Starved reports whether a listener cannot accept connections, for want of
// descriptors or memory.
func (e *Engine) Starved() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.listeners, func(l *Listener) bool { return l.starved.Load() })
}

// Drain waits for the sessions to end. What a session waits for is not known, so none
// is ended before ctx ends; then the rest is cut off, and Drain returns how many that
// were. The listeners must have stopped accepting.
func (e *Engine) Drain(ctx context.Context) (cut int) {
	e.mu.Lock()
	if !e.draining.Swap(true) && len(e.sessions) == 0 {
		close(e.empty)
	}
	e.mu.Unlock()

	select {
	case <-e.empty:
		return 0
	case <-ctx.Done():
	}
	e.mu.Lock()
	cut = len(e.sessions)
	for s := range e.sessions {
		s.cut(DrainTimeout)
	}
	e.mu.Unlock()
	<-e.empty
	return cut
}

// add registers a session; false means that the engine is draining.
func (e *Engine) add(s *session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining.Load() {
		return false
	}
	e.sessions[s] = struct{}{}
	return true
}

// remove takes leave of a session that has ended.
func (e *Engine) remove(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.count()
	delete(e.sessions, s)
	if e.draining.Load() && len(e.sessions) == 0 {
		close(e.empty)
	}
}

// Clusters tells of the clusters of the plan in force that sessions go to.
func (e *Engine) Clusters() []upstream.ClusterState {
	var all []upstream.ClusterState
	for _, c := range e.active.Load().clusters {
		if c != nil {
			all = append(all, c.pool.State(c.Name, c.health.Verdicts(), func(i int) *upstream.Endpoint { return c.endpoints[i].Endpoint }))
		}
	}
	return all
}

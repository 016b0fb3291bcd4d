package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// listeners are the listeners that serve. Each has a goroutine, which run waits
// for at the end.
type listeners struct {
	engine *engines
	log    *logrus.Logger

	mu      sync.Mutex
	serving []*serving         // guarded by mu
	ctx     context.Context    // guarded by mu; nil before run
	cancel  context.CancelFunc // guarded by mu
	failed  chan error         // holds one
	up      chan struct{}      // closed when run has begun
	group   sync.WaitGroup
}

type serving struct {
	listener
	stop context.CancelFunc // nil before run
	done chan struct{}      // closed when it has stopped accepting
}

func newListeners(e *engines, log *logrus.Logger) *listeners {
	return &listeners{engine: e, log: log, failed: make(chan error, 1), up: make(chan struct{})}
}

// all returns the listeners in force.
func (ls *listeners) all() []listener {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	out := make([]listener, len(ls.serving))
	for i, s := range ls.serving {
		out[i] = s.listener
	}
	return out
}

// add lets a bound listener serve, at once or when run begins.
func (ls *listeners) add(l listener) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	s := &serving{listener: l, done: make(chan struct{})}
	ls.serving = append(ls.serving, s)
	if ls.ctx != nil {
		ls.start(s)
	}
}

// start needs mu held.
func (ls *listeners) start(s *serving) {
	ctx, stop := context.WithCancel(ls.ctx)
	s.stop = stop
	ls.group.Go(func() {
		defer close(s.done)
		if err := s.Serve(ctx); err != nil {
			select {
			case ls.failed <- err:
			default: // another was first
			}
		}
	})
}

// run serves until ctx ends or a listener fails, and returns when none accepts
// any more.
func (ls *listeners) run(ctx context.Context) (err error) {
	ls.mu.Lock()
	ls.ctx, ls.cancel = context.WithCancel(ctx)
	for _, s := range ls.serving {
		ls.start(s)
	}
	ls.mu.Unlock()
	close(ls.up)
	select {
	case <-ctx.Done():
	case err = <-ls.failed:
	}
	ls.cancel()
	ls.group.Wait()
	return err
}

// keep makes these the listeners in force, in this order: new ones begin to
// serve, the others stop. What those have accepted has until the timeout to end.
func (ls *listeners) keep(in []listener, timeout time.Duration) {
	ls.mu.Lock()
	before := ls.serving
	ls.serving = nil
	for _, l := range in {
		if l == nil {
			continue // not this node's
		}
		if i := slices.IndexFunc(before, func(s *serving) bool { return s.listener == l }); i >= 0 {
			ls.serving = append(ls.serving, before[i])
			continue
		}
		s := &serving{listener: l, done: make(chan struct{})}
		ls.serving = append(ls.serving, s)
		ls.start(s)
	}
	ctx := ls.ctx
	ls.mu.Unlock()
	for _, s := range before {
		if slices.Contains(in, s.listener) {
			continue
		}
		s.stop()
		<-s.done // so that its address is free again
		ls.group.Go(func() { ls.cutLate(ctx, s.listener, timeout) })
	}
}

// cutLater ends, when the timeout has passed, what a swap said is to end on listeners
// that stay: TCP sessions of a cluster that is gone.
func (ls *listeners) cutLater(ending map[listener]int, stay []listener, timeout time.Duration) {
	ls.mu.Lock()
	ctx := ls.ctx
	ls.mu.Unlock()
	for l := range ending {
		if !slices.Contains(stay, l) {
			continue // cutLate's
		}
		ls.group.Go(func() {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			select {
			case <-ctx.Done():
			case <-timer.C:
				l.Cut()
			}
		})
	}
}

// cutLate ends what is left of a listener that was taken away.
func (ls *listeners) cutLate(ctx context.Context, l listener, timeout time.Duration) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for l.Connections() > 0 {
		select {
		case <-ctx.Done():
			return // the drain of all is at work
		case <-look.C:
		case <-timer.C:
			if n := l.Cut(); n > 0 {
				ls.log.WithFields(logrus.Fields{
					"listener": l.Name(), "cut": n,
				}).Warn("the drain timeout passed: connections of a listener that was removed " +
					"were cut off")
			}
			return
		}
	}
}

// bind returns the listeners for a plan: those in force that go on, and new ones,
// bound but not serving. On an error nothing is left bound.
func (ls *listeners) bind(
	ctx context.Context, doc *config.Document, p *plan.Plan,
) (out, fresh []listener, err error) {
	want := p.Listeners
	have := ls.all()
	out = make([]listener, len(want))
	take := func(i int, fits func(listener) bool) {
		if out[i] != nil {
			return
		}
		if j := slices.IndexFunc(have, fits); j >= 0 {
			out[i] = have[j]
			have = slices.Delete(have, j, j+1)
		}
	}
	// A listener is its address; the name decides where several ask for any port.
	for i, w := range want {
		take(i, func(l listener) bool { return same(l, &w) && l.Name() == w.Name })
	}
	for i, w := range want {
		take(i, func(l listener) bool { return same(l, &w) })
	}
	for i := range want {
		if out[i] != nil {
			if err := out[i].Permit(&want[i]); err != nil {
				closeAll(fresh)
				return nil, nil, listenError(doc, i, err)
			}
			continue
		}
		if !ls.engine.serves(want[i].Protocol) {
			continue
		}
		l, err := ls.engine.listen(ctx, p, i)
		if err != nil {
			closeAll(fresh)
			return nil, nil, listenError(doc, i, err)
		}
		out[i] = l
		fresh = append(fresh, l)
	}
	return out, fresh, nil
}

// closeAll closes listeners that have not served.
func closeAll(ls []listener) {
	for _, l := range ls {
		l.Close()
	}
}

// listenError says why a listener of the document can't be bound, without its address where that is
// a secret.
func listenError(doc *config.Document, i int, err error) error {
	l := &doc.Listeners[i]
	shown := config.Unsecret(l.Address, doc.Secret(l.Address))
	var number syscall.Errno
	if shown != doc.Secret(l.Address) {
		if !errors.As(err, &number) {
			return fmt.Errorf("listener %q: the address that %s leads to can't be had", l.Name,
				shown)
		}
		err = fmt.Errorf("listen on %s: %w", shown, number)
	}
	return program.ExplainListen(err, shown)
}

// same reports whether a listener is what the document asks for: its address, and the
// engine of its protocol.
func same(l listener, w *config.Listener) bool {
	return l.Configured() == w.Address && protocolOf(l) == w.Protocol
}

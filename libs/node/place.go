package node

import (
	"context"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// makeEdge makes an edge that has nothing yet.
func makeEdge(o Options, drain context.CancelFunc) *edge {
	e := &edge{
		Options: o, started: time.Now(), drain: drain, registry: metrics.New(), generation: 1,
		upgradeCounts: newUpgradeCounts(),
	}
	// A copy: what systemd has given to the first process of a service is not the caller's to know.
	process := *o.Process
	e.Process = &process
	e.elders = &elders{registry: e.registry}
	e.upgradeCounts.edge = e
	e.adminPost = newPost(false, e.serveAdmin)
	e.adminPost.retire = func() {
		if s := e.admin.Load(); s != nil {
			s.Retire()
		}
	}
	e.probesPost = newPost(false, e.serveProbes)
	e.probesPost.retire = func() {
		if s := e.probes.Load(); s != nil {
			s.Retire()
		}
	}
	e.ringPost, e.syncPost = newPost(false, e.runRing), newPost(false, e.runSync)
	return e
}

// firstSource is the document that the node begins with.
func (e *edge) firstSource() (config.Source, error) {
	if e.from == nil {
		return e.Load(nil)
	}
	e.generation = e.from.Generation + 1
	e.Systemd = e.from.systemd()
	e.upgradeCounts.edge = e
	return e.from.load(&e.Options)
}

// openLasting takes a socket of the process before, or binds one.
func (e *edge) openLasting(
	name, address string, bind func() (net.Listener, error),
) (s *lasting, err error) {
	if s, err = inherit(e.from.inherited(), name, address); s == nil && err == nil {
		var l net.Listener
		if l, err = bind(); err == nil {
			s = newLasting(name, l)
		}
	}
	if err != nil {
		return nil, err
	}
	e.undo = append(e.undo, s.close)
	return s, nil
}

// waits says that the place of the process before is not this one's yet.
func (e *edge) waits() bool {
	if e.from == nil {
		return false
	}
	select {
	case <-e.from.placed:
		return false
	default:
		return true
	}
}

// up is closed when the node is in its place, and its listeners serve.
func (e *edge) up() <-chan struct{} {
	if e.from != nil {
		return e.from.placed
	}
	return e.listen.up
}

// runListeners lets clients in, as soon as this process may.
func (e *edge) runListeners(ctx context.Context) error {
	if e.from != nil {
		select {
		case <-e.from.serve:
		case <-ctx.Done():
			return nil
		}
	}
	return e.listen.run(ctx)
}

// failed tells the process before why this one has ended, unless it has its place.
func (s *succession) failed(err error) {
	if s == nil || err == nil {
		return
	}
	select {
	case <-s.placed:
	default:
		s.Failed(program.Plain(err))
	}
}

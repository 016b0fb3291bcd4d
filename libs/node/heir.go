package node

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
	"github.com/gatewayhomebrew/gateway/libs/upgrade"
)

// succession is the side of a node that is to take the place of the process before it.
type succession struct {
	*upgrade.Heir
	offer
	channel *handover.Channel
	sockets *handover.Sockets
	serve   chan struct{} // closed when clients are to be taken
	placed  chan struct{} // closed when the place is this process's
	since   time.Time     // when the process before has offered it
}

// accept takes what the process before offers; nil without an error where there is none.
func accept(start handover.Process) (*succession, error) {
	if start.From == nil {
		return nil, nil
	}
	heir, m, err := upgrade.Accept(start.From)
	if err != nil {
		return nil, err
	}
	s := &succession{
		Heir: heir, channel: start.From, serve: make(chan struct{}), placed: make(chan struct{}),
		since: time.Now(),
	}
	err = m.Decode(&s.offer)
	if err == nil {
		s.sockets, err = handover.NewSockets(s.Sockets, m.Files)
	}
	if err != nil {
		heir.Failed(err.Error())
		return nil, err
	}
	return s, nil
}

// inherited are the sockets of the process before; nil: there is none.
func (s *succession) inherited() *handover.Sockets {
	if s == nil {
		return nil
	}
	return s.sockets
}

// systemd is what systemd has given to the first process of the service.
func (s *succession) systemd() systemd.Service {
	var names []string
	var files []*os.File
	for _, n := range s.sockets.TakeAll(socketSystemd) {
		names, files = append(names, n.Name), append(files, n.File)
	}
	return systemd.Inherit(s.Systemd, names, files)
}

// load makes the document again that is in force.
func (s *succession) load(o *Options) (config.Source, error) {
	if o.LoadBefore == nil {
		return o.Load(s.Source.Published)
	}
	return o.LoadBefore(s.Source.Published, &s.Source)
}

// resumeSync makes the client of config-sync go on from where the one before was.
func (s *succession) resumeSync(c *configwire.Client) {
	c.Resume(s.Highest)
	var with configwire.Config
	if p := s.Source.Published; p != nil {
		with = configwire.Config{Revision: p.Revision, Digest: p.Digest, Data: p.Data}
	}
	c.Started(with)
}

// before is the place in the ring of the process before; nil: it had none.
func (s *succession) before() *gossip.Place {
	if s == nil {
		return nil
	}
	tcp, udp := s.sockets.Take(socketTCP), s.sockets.Take(socketUDP)
	if tcp == nil || udp == nil {
		return nil
	}
	return &gossip.Place{
		TCP: tcp, UDP: udp, Name: s.Gossip.Name, Life: s.Gossip.Life, Members: s.Gossip.Members,
	}
}

// succeed does what the process before says, until this one has its place.
func (e *edge) succeed(ctx context.Context) error {
	s := e.from
	state := e.snapshot()
	if state.State != admin.Ready {
		s.Failed("it is not ready: " + state.Reason)
		e.drain()
		return errors.New("the process is not ready: " + state.Reason)
	}
	doc, digest := e.reloads.Document(), e.reloads.Now().Plan.Digest
	ready := upgrade.Ready{
		Version: e.Version, Digest: digest, Canonical: config.Canonical(doc),
		Same: config.SameDocument(doc, s.Canonical),
	}
	if err := s.Ready(ready); err != nil {
		e.drain()
		return err
	}
	err := s.Follow(ctx, upgrade.Steps{Serve: e.serveClients, Take: e.takePlace})
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, upgrade.ErrStopped):
		e.Log.Warn("upgrade: the process before goes on, and this one drains")
		e.drain()
		return nil
	case err != nil:
		e.drain()
		return err
	}
	<-ctx.Done()
	return nil
}

// serveClients begins to take clients, beside the process before.
func (e *edge) serveClients(ctx context.Context) error {
	close(e.from.serve)
	select {
	case <-e.listen.up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takePlace takes up what only one process may have. Without a message the process before has died,
// and what it had counted up to the offer is all there is.
func (e *edge) takePlace(_ context.Context, m *handover.Message) error {
	s := e.from
	last := estate{
		Gossip: s.Gossip, Counted: s.Counted, Upgrades: e.upgrades.History().List(),
	}
	var channels []*os.File
	if m != nil {
		if err := m.Decode(&last); err != nil {
			return err
		}
		channels = m.Files
		s.Gossip = last.Gossip
	} else {
		e.Log.Warn("upgrade: the process before is gone; this one goes on without what it had " +
			"counted last")
	}
	if err := e.recall(last, channels, m != nil); err != nil {
		return err
	}
	if err := e.openRing(s.before()); err != nil {
		return err
	}
	e.upgrades.History().Set(last.Upgrades)
	for _, l := range e.listen.all() {
		l.Own()
	}
	e.Systemd.Begin()
	for _, p := range []*post{e.adminPost, e.probesPost, e.ringPost, e.syncPost} {
		p.take()
	}
	e.closeRest()
	e.announce(e.reloads.Now().Source)
	close(s.placed)
	return nil
}

// closeRest closes the sockets that this process has no use for.
func (e *edge) closeRest() {
	if left := e.from.sockets.Close(); len(left) > 0 {
		e.Log.WithField("sockets", strings.Join(left, ", ")).
			Warn("upgrade: some sockets of the process before are not used any more")
	}
}

// recall takes up what was counted, and the channels to those who still count. alive says that the
// process before still does.
func (e *edge) recall(last estate, channels []*os.File, alive bool) error {
	c := last.Counted
	if err := e.registry.Inherit(metrics.Part{Families: c.Ended}); err != nil {
		return err
	}
	for i, o := range c.Old {
		if i < len(channels) {
			channel, err := handover.FromFile(channels[i])
			if err != nil {
				return err
			}
			if err := e.elders.add(o, channel); err != nil {
				return err
			}
			continue
		}
		if err := e.registry.Inherit(metrics.Part{ID: o.id(), Families: o.Families}); err != nil {
			return err
		}
		e.registry.Ended(o.id())
	}
	before := old{
		PID: e.from.PID, Generation: e.from.Generation, Since: time.Now(), Families: c.Own,
	}
	if alive {
		return e.elders.add(before, e.from.channel)
	}
	if err := e.registry.Inherit(metrics.Part{ID: before.id(), Families: c.Own}); err != nil {
		return err
	}
	e.registry.Ended(before.id())
	return nil
}

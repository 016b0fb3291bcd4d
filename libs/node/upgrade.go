package node

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/reload"
	"github.com/gatewayhomebrew/gateway/libs/upgrade"
)

// owner is the node as package upgrade knows it.
type owner struct{ *edge }

// Hold keeps the configuration as it is.
func (o owner) Hold(ctx context.Context) (release func(), err error) {
	release, err = o.reloads.Hold(ctx)
	switch {
	case errors.Is(err, reload.ErrTrial):
		return nil, &upgrade.Refusal{Reason: admin.ReasonBusy, Why: err.Error()}
	case err != nil:
		return nil, &upgrade.Refusal{Reason: admin.ReasonDraining, Why: err.Error()}
	}
	return release, nil
}

// Now is what an upgrade begins with.
func (o owner) Now() upgrade.Now {
	g := o.reloads.Now()
	u := g.Source.Document.Upgrades()
	return upgrade.Now{
		Generation: o.generation, Digest: g.Plan.Digest, Old: o.elders.count(),
		Binary: u.Binary, Timeout: u.Timeout, Trial: u.Trial,
		Drain: g.Source.Document.Drain.Timeout,
	}
}

// Offer is what the next process makes the same node of.
func (o owner) Offer() (w upgrade.Will, err error) {
	var b bundle
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := o.sockets(&b); err != nil {
		return w, err
	}
	g := o.reloads.Now()
	doc := g.Source.Document
	out := offer{
		PID: os.Getpid(), Generation: o.generation, Source: g.Source, Digest: g.Plan.Digest,
		Canonical: config.Canonical(doc), Sockets: b.names, Systemd: o.Systemd.Estate(),
		Secrets: o.engine.clusters.OwnSecrets(), Health: o.engine.health.Remember(time.Now()),
		Reloads: o.reloads.Past(), Gossip: o.placeInRing(),
	}
	out.Source.Document = nil
	if o.engine.http != nil {
		out.Tickets = o.engine.http.TicketKeys()
	}
	if o.sync != nil {
		out.Highest = o.sync.State().Highest
	}
	if out.Counted, err = o.tallied(); err != nil {
		return w, err
	}
	o.access.share(true)
	return upgrade.Will{Body: out, Files: b.files}, nil
}

// sockets collects all sockets that clients and other nodes know.
func (o owner) sockets(b *bundle) error {
	for _, l := range o.listen.all() {
		if err := b.add(l.Socket()); err != nil {
			return err
		}
	}
	for _, s := range []*lasting{o.adminSocket, o.probesSocket, o.demoSocket} {
		if s == nil {
			continue
		}
		if err := b.add(s.socket()); err != nil {
			return err
		}
	}
	if ring := o.ring(); ring != nil {
		p, err := ring.Place()
		if err != nil {
			return err
		}
		_ = b.add(handover.Named{Name: socketTCP, File: p.TCP}, nil) // there is no error to return
		_ = b.add(handover.Named{Name: socketUDP, File: p.UDP}, nil)
	}
	var err error
	o.Systemd.Sockets.Each(func(name string, f *os.File) {
		if err == nil {
			var copied *os.File
			copied, err = handover.Copy(f)
			err = b.add(handover.Named{Name: socketSystemd + " " + name, File: copied}, err)
		}
	})
	return err
}

// placeInRing is the node's place in the ring, without its sockets.
func (e *edge) placeInRing() place {
	ring := e.ring()
	if ring == nil {
		return place{}
	}
	p, err := ring.Place()
	if err != nil {
		return place{}
	}
	_, _ = p.TCP.Close(), p.UDP.Close() // copies
	return place{Name: p.Name, Life: p.Life, Members: p.Members}
}

// Same says whether the heir has made the document in force.
func (o owner) Same(r upgrade.Ready) bool {
	return r.Same || config.SameDocument(o.reloads.Document(), r.Canonical)
}

// Leave lets go of config-sync, the ring and the admin API, in that order: who asks how the node is
// gets an answer to the end.
func (o owner) Leave(receipts []admin.Upgrade) (w upgrade.Will, err error) {
	o.syncPost.leave()
	out := estate{Upgrades: receipts, Gossip: o.placeInRing()}
	if ring := o.ring(); ring != nil {
		if err := o.keepPlace(ring); err != nil {
			return w, err
		}
		ring.Vacate()
	}
	o.ringPost.leave()
	for _, s := range []*lasting{o.adminSocket, o.probesSocket} {
		if s != nil {
			s.leave()
		}
	}
	o.adminPost.leave()
	o.probesPost.leave()
	if err := o.registry.Freeze(); err != nil {
		return w, err
	}
	channels, err := o.elders.leave()
	if err != nil {
		return w, err
	}
	if out.Counted, err = o.tallied(); err != nil {
		for _, f := range channels {
			_ = f.Close() // a copy
		}
		return w, err
	}
	return upgrade.Will{Body: out, Files: channels}, nil
}

// tallied is what was counted so far, by this process and those before it.
func (e *edge) tallied() (c counting, err error) {
	if c.Own, err = e.registry.Own(); err != nil {
		return c, err
	}
	parts, err := e.registry.Inherited()
	if err != nil {
		return c, err
	}
	for _, p := range parts {
		if p.ID == "" {
			c.Ended = p.Families
		}
	}
	e.elders.mu.Lock()
	defer e.elders.mu.Unlock()
	for _, one := range e.elders.all {
		c.Old = append(c.Old, one.old)
	}
	return c, nil
}

// keepPlace keeps the sockets of the ring, in case the place is to be taken back.
func (e *edge) keepPlace(ring *gossip.Ring) error {
	p, err := ring.Place()
	if err == nil {
		e.kept = p
	}
	return err
}

// Return takes up again what Leave let go of.
func (o owner) Return() {
	o.elders.takeBack()
	o.registry.Thaw()
	o.adminPost.take()
	o.probesPost.take()
	if o.kept != nil {
		if err := o.openRing(o.kept); err != nil {
			o.Log.WithError(err).Error("upgrade: the place in the ring can't be taken back")
		}
		_, _ = o.kept.TCP.Close(), o.kept.UDP.Close() // the ring has copies
		o.kept = nil
	}
	o.ringPost.take()
	o.syncPost.take()
}

// Left ends the node as soon as its clients have: the heir has all else.
func (o owner) Left(heir *handover.Successor) {
	for _, l := range o.listen.all() {
		l.Leave()
	}
	o.told(o.Systemd.MainPID(heir.PID))
	o.heir.Store(heir)
	o.left.Store(true)
	o.drain()
}

// told notes that systemd could not be told of something.
func (e *edge) told(err error) {
	if err != nil {
		e.Log.WithError(err).Warn("upgrade: systemd is not told of the new process")
	}
}

// addUpgrades makes what puts another binary in the place of this one.
func (e *edge) addUpgrades(ctx context.Context) error {
	e.upgrades = upgrade.New(upgrade.Options{
		Log: e.Log, Version: e.Version, Process: e.Start, Life: ctx, Owner: owner{e},
		Count: e.upgradeCounts.count,
	})
	return e.registry.Register(e.upgradeCounts)
}

// upgradeBySignal upgrades at each SIGUSR2, until ctx ends, and then waits for the one that runs.
func (e *edge) upgradeBySignal(signals <-chan os.Signal) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				e.upgrades.Wait()
				return nil
			case <-signals:
				// Beside this loop, so that the next signal gets its answer.
				go e.upgrades.Upgrade(context.WithoutCancel(ctx), admin.BySignal)
			}
		}
	}
}

// tellHeir tells the process that has this one's place what this one still counts. It is among the
// first parts, so it ends among the last, when there is nothing left to count.
func (e *edge) tellHeir(ctx context.Context) error {
	const every = 500 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			e.sayTotals()
			return nil
		case <-tick.C:
			e.sayTotals()
		}
	}
}

// sayTotals says it once.
func (e *edge) sayTotals() {
	heir := e.heir.Load()
	if heir == nil {
		return
	}
	own, err := e.registry.Own()
	if err != nil {
		return // the next time
	}
	// An error: the heir has ended, and its counters with it.
	_ = heir.SendJSON(kindTotals, totals{e.engine.connections(), own})
}

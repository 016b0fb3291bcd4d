package node

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/reload"
)

// addGossip takes the node's place among the others, if it is to have one. It leaves
// them as soon as the drain begins: the connections that are left are its own matter.
func (e *edge) addGossip(ctx context.Context, first reload.Generation) error {
	if first.Source.Document.Gossip == nil {
		return nil
	}
	e.gossipOf = func(g reload.Generation, before *gossip.Place) (*gossip.Ring, error) {
		doc := g.Source.Document
		c := first.Source.Document.Gossip // another address or name takes a restart
		return gossip.New(ctx, gossip.Options{
			Name: doc.Secret(c.Name), Info: e.gossipInfo(g),
			Bind: doc.Secret(c.Bind), Advertise: doc.Secret(c.Advertise),
			Join: doc.GossipJoin(), Keys: doc.GossipKeys(), Local: e.engine.health, Log: e.Log,
			Shown: doc.GossipShown(), Veil: doc.Veil(), Answer: e.tellFleet, Before: before,
		})
	}
	if err := e.registry.Register(ringCollector{e}); err != nil {
		return err
	}
	if e.from == nil {
		if err := e.openRing(nil); err != nil {
			return err
		}
		ring := e.ring()
		e.undo = append(e.undo, func() { _ = ring.Close() }) // nobody has heard of it
		e.ringPost.take()
	}
	e.whole = ctx
	e.add("gossip", e.ringPost.part)
	return nil
}

// openRing takes the node's place among the others, or goes on in that of the process before.
func (e *edge) openRing(before *gossip.Place) error {
	if e.gossipOf == nil {
		return nil
	}
	ring, err := e.gossipOf(e.reloads.Now(), before)
	if err == nil {
		e.gossip.Store(ring)
	}
	return err
}

// runRing runs the ring until the place is left, or the process ends.
func (e *edge) runRing(own context.Context) error {
	ring := e.ring()
	if ring == nil {
		<-own.Done()
		return nil
	}
	stop := context.AfterFunc(e.whole, func() {
		if !e.left.Load() {
			ring.Leave()
		}
	})
	defer stop()
	defer e.gossip.CompareAndSwap(ring, nil)
	return ring.Run(own)
}

// ring is the node's place among the others; nil: it has none, or another process has it.
func (e *edge) ring() *gossip.Ring { return e.gossip.Load() }

// ringCollector reports on the ring that there is.
type ringCollector struct{ edge *edge }

// Describe is prometheus.Collector's. What there is differs from time to time.
func (ringCollector) Describe(chan<- *prometheus.Desc) {}

// Collect is prometheus.Collector's.
func (c ringCollector) Collect(ch chan<- prometheus.Metric) {
	if ring := c.edge.ring(); ring != nil {
		ring.Collector().Collect(ch)
	}
}

// changeGossip gives the ring what a reload may change. It says false where the new
// configuration asks for what takes a restart.
func (e *edge) changeGossip(old, doc *config.Document, to reload.Generation) bool {
	a, b := old.Gossip, doc.Gossip
	switch {
	case a == nil && b == nil:
		return true
	case a == nil || b == nil || e.ring() == nil:
		return false
	}
	if err := e.ring().Set(doc.GossipJoin(), doc.GossipKeys(), e.gossipInfo(to)); err != nil {
		e.Log.WithError(err).Warn("the ring stays as it was")
		return false
	}
	e.ring().Hide(doc.Veil())
	same := func(f func(*config.Gossip) string) bool { return old.Secret(f(a)) == doc.Secret(f(b)) }
	return same(func(g *config.Gossip) string { return g.Bind }) &&
		same(func(g *config.Gossip) string { return g.Advertise }) &&
		same(func(g *config.Gossip) string { return g.Name })
}

// gossipInfo is what the node says of itself when it runs a generation.
func (e *edge) gossipInfo(g reload.Generation) gossip.Info {
	info := gossip.Info{
		Role: e.Name, Version: e.Version, Digest: g.Plan.Digest,
		SharedDigest: config.SharedDigest(g.Source.Document),
	}
	if p := g.Source.Published; p != nil {
		info.SnapshotDigest = p.Digest
	}
	return info
}

// announceGossip prints where the others find the node.
func (e *edge) announceGossip() {
	if e.ring() != nil {
		e.Lines.Address("gossip", "tcp+udp://"+e.ring().Shown())
		e.Log.WithField("name", e.ring().Name()).Info("gossip")
	}
}

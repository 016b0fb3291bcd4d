package node

import (
	"context"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/reload"
)

// addGossip takes the node's place among the others, if it is to have one. It leaves
// them as soon as the drain begins: the connections that are left are its own matter.
func (e *edge) addGossip(ctx context.Context, first reload.Generation) error {
	doc := first.Source.Document
	g := doc.Gossip
	if g == nil {
		return nil
	}
	ring, err := gossip.New(ctx, gossip.Options{
		Name: doc.Secret(g.Name), Info: e.gossipInfo(first),
		Bind: doc.Secret(g.Bind), Advertise: doc.Secret(g.Advertise),
		Join: doc.GossipJoin(), Keys: doc.GossipKeys(), Local: e.engine.health, Log: e.Log,
		Shown: doc.GossipShown(), Veil: doc.Veil(), Answer: e.tellFleet,
	})
	if err != nil {
		return err
	}
	e.undo = append(e.undo, func() { _ = ring.Close() }) // nobody has heard of it
	if err := e.registry.Register(ring.Collector()); err != nil {
		return err
	}
	e.gossip = ring
	e.add("gossip", func(own context.Context) error {
		stop := context.AfterFunc(ctx, ring.Leave)
		defer stop()
		return ring.Run(own)
	})
	return nil
}

// changeGossip gives the ring what a reload may change. It says false where the new
// configuration asks for what takes a restart.
func (e *edge) changeGossip(old, doc *config.Document, to reload.Generation) bool {
	a, b := old.Gossip, doc.Gossip
	switch {
	case a == nil && b == nil:
		return true
	case a == nil || b == nil || e.gossip == nil:
		return false
	}
	if err := e.gossip.Set(doc.GossipJoin(), doc.GossipKeys(), e.gossipInfo(to)); err != nil {
		e.Log.WithError(err).Warn("the ring stays as it was")
		return false
	}
	e.gossip.Hide(doc.Veil())
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
	if e.gossip != nil {
		e.Lines.Address("gossip", "tcp+udp://"+e.gossip.Shown())
		e.Log.WithField("name", e.gossip.Name()).Info("gossip")
	}
}

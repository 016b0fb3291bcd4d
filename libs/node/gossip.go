package node

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/quota"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/reload"
)

// addGossip takes the node's place among the others, if it is to have one. It leaves
// them as soon as the drain begins: the connections that are left are its own matter.
func (e *edge) addGossip(ctx context.Context, first reload.Generation) error {
	if first.Source.Document.Gossip == nil {
		return nil
	}
	e.limits = quota.New(e.Log, first.Plan.RateLimits)
	e.limits.SetVoters(first.Source.Document.FleetVoters())
	e.gossipOf = func(g reload.Generation, before *gossip.Place) (*gossip.Ring, error) {
		doc := g.Source.Document
		c := first.Source.Document.Gossip // another address or name takes a restart
		return gossip.New(ctx, gossip.Options{
			Name: doc.Secret(c.Name), Info: e.gossipInfo(g),
			Bind: doc.Secret(c.Bind), Advertise: doc.Secret(c.Advertise),
			Join: doc.GossipJoin(), Keys: doc.GossipKeys(), Local: e.engine.health, Log: e.Log,
			Shown: doc.GossipShown(), Veil: doc.Veil(), Answer: e.tellFleet, Before: before,
			Shares: e.limits.Take,
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
	if err := e.registry.Register(e.limits.Collector()); err != nil {
		return err
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
	// The shares of limits are given back while the ring still carries messages.
	dividing, stopDividing := context.WithCancel(own)
	defer stopDividing()
	ringing, stopRing := context.WithCancel(context.WithoutCancel(own))
	var limits sync.WaitGroup
	limits.Go(func() {
		defer stopRing()
		_ = e.limits.Run(dividing, e.whole, ring) // its end is no error
	})
	err := ring.Run(ringing)
	stopDividing()
	limits.Wait()
	return err
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
	e.limits.SetVoters(doc.FleetVoters())
	same := func(f func(*config.Gossip) string) bool { return old.Secret(f(a)) == doc.Secret(f(b)) }
	return same(func(g *config.Gossip) string { return g.Bind }) &&
		same(func(g *config.Gossip) string { return g.Advertise }) &&
		same(func(g *config.Gossip) string { return g.Name })
}

// limitsState is how the node shares limits, as /status has it; nil: it is alone.
func (e *edge) limitsState() *admin.FleetLimits {
	if e.limits == nil {
		return nil
	}
	s := e.limits.Status()
	out := &admin.FleetLimits{
		Limits: s.Limits, Voters: s.Voters, VotersFound: s.Found, Leader: s.Leader, Leads: s.Leads,
		Problem: s.Wrong, Shares: []admin.LimitShare{},
	}
	for _, u := range e.reloads.Now().Plan.RateLimits.Uses() {
		out.Shares = append(out.Shares, admin.LimitShare{
			Route: u.Route, Limit: u.Place, Share: float64(u.Share) / limits.Whole,
		})
	}
	slices.SortFunc(out.Shares, func(a, b admin.LimitShare) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Limit, b.Limit))
	})
	return out
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

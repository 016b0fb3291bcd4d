package aggregator

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/quota"
	"github.com/gatewayhomebrew/gateway/libs/reload"
)

// A follower takes up changes of the document: whom to look for, keys, which endpoints to check,
// and certificates. Addresses, names, the history, and whether there is TLS at all take a restart,
// and the receipt says so.
type follower struct {
	runOptions
	a            *Aggregator
	ring         *gossip.Ring
	checks       *checks
	limits       *quota.Runner
	certificates *certificates
	reloads      *reload.Machine
	ready        atomic.Bool
	ending       atomic.Bool
}

// begin makes what takes up other documents; the first is in force already.
func (f *follower) begin(source config.Source, p *plan.Plan) {
	f.reloads = reload.New(reload.Options{
		Subject: "the aggregator", BuiltIn: "the ring on loopback",
		Log: f.Log, Apply: f.apply, Began: f.reloading,
		Load: func(*config.Published) (config.Source, error) { return f.load() },
	}, reload.Generation{Source: source, Plan: p})
}

// says is what the aggregator does, in a line.
func (f *follower) says() string {
	return fmt.Sprintf("ready: %s, digest %.12s", f.ring.Name(), f.reloads.Now().Plan.Digest)
}

// reloading tells systemd of a reload, and of its end.
func (f *follower) reloading() func(admin.Receipt) {
	over := f.Reloading()
	return func(r admin.Receipt) {
		says := f.says()
		if r.Result == admin.Refused {
			says = fmt.Sprintf("%s; the last reload was refused: %s", says, r.Message)
		}
		over(says)
	}
}

// snapshot is what /status and /readyz tell.
func (f *follower) snapshot() admin.Snapshot {
	g := f.reloads.Now()
	s := admin.Snapshot{
		State: admin.Starting, Digest: g.Plan.Digest, Source: g.Source.String(),
		AccessLog: admin.AccessLog{Output: config.OutputOff},
		Reloads:   f.reloads.History().List(), LastError: f.reloads.History().LastError(),
	}
	switch {
	case f.ending.Load():
		s.State, s.Reason = admin.Draining, "the aggregator has been told to stop"
	case f.ready.Load():
		s.State = admin.Ready
	}
	return s
}

// run waits for reasons to reload until ctx ends.
func (f *follower) run(ctx context.Context) error {
	defer f.ending.Store(true)
	return f.reloads.Run(ctx, f.hangups)
}

// apply puts a document in force, as far as that takes no restart.
func (f *follower) apply(_ context.Context, c *reload.Change) (settle func(), err error) {
	old, doc := c.Before.Source.Document, c.After.Source.Document
	own, err := f.certificates.read(doc)
	if err != nil {
		return nil, reload.Refuse(admin.ReasonInvalid, err)
	}
	if err := f.ring.Set(doc.GossipJoin(), doc.GossipKeys(),
		info(f.runOptions, c.After.Plan.Digest)); err != nil {
		return nil, reload.Refuse(admin.ReasonBuild, err)
	}
	f.ring.Hide(doc.Veil())
	f.limits.SetVoters(doc.FleetVoters())
	f.checks.set(c.After.Plan)
	if own != nil && f.certificates.current.Load() != nil { // else there is a restart to come
		f.certificates.current.Store(own)
	}
	c.Swapped()
	c.Receipt.NeedsRestart = restarts(old.Revealed(), doc.Revealed())
	return func() { tell(f.Log, own) }, nil
}

// tell warns of certificates that can't be used.
func tell(log *logrus.Logger, s *served) {
	if s == nil {
		return
	}
	for _, n := range s.server.Notes() {
		log.Warn("healthagg.tls: " + n.Text)
	}
}

// restarts are the parts of a document that a process begins with.
func restarts(old, doc *config.Document) (parts []string) {
	if a, b := old.Gossip, doc.Gossip; a.Bind != b.Bind || a.Advertise != b.Advertise ||
		a.Name != b.Name || (a.Key == "") != (b.Key == "") {
		parts = append(parts, "gossip")
	}
	if a, b := old.HealthAgg, doc.HealthAgg; a.Address != b.Address || a.History != b.History ||
		a.MaxEvents != b.MaxEvents || (a.TLS == nil) != (b.TLS == nil) {
		parts = append(parts, "healthagg")
	}
	if old.Admin != doc.Admin {
		parts = append(parts, "admin")
	}
	return parts
}

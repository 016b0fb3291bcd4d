package node

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/reload"
)

// newReloads makes what takes up other configurations; the first is in force already.
func (e *edge) newReloads(source config.Source, p *plan.Plan) *reload.Machine {
	return reload.New(reload.Options{
		Subject: "the gateway", BuiltIn: "the built-in demo",
		Log: e.Log, Load: e.load, Apply: e.apply, Up: e.up(),
		Count:  e.registry.CountReload,
		Began:  e.reloading,
		Counts: func() reload.Counters { return e.engine.counted() },
	}, reload.Generation{Source: source, Plan: p})
}

// load reads the configuration again; the built-in one leads to the demo that runs.
func (e *edge) load(published *config.Published) (config.Source, error) {
	source, err := e.Load(published)
	if err == nil && source.Embedded() && e.demo != "" {
		e.setDemo(source.Document)
	}
	return source, err
}

// apply puts a generation in force: listeners are bound first, since that can
// fail, then one swap, after which nothing can.
func (e *edge) apply(ctx context.Context, c *reload.Change) (settle func(), err error) {
	p, doc, old := c.After.Plan, c.After.Source.Document, c.Before.Source.Document
	bound, _, err := e.listen.bind(ctx, doc, p)
	if err != nil {
		return nil, reload.Refuse(admin.ReasonListen, err)
	}
	if err := e.access.change(doc); err != nil {
		closeFresh(bound, e.listen.all())
		return nil, reload.Refuse(admin.ReasonBuild, err)
	}
	e.engine.setAccess(e.access.writer(doc))
	e.spans.Use(collector(p, doc))
	e.engine.setMaxConnections(maxConnections(doc.Limits.MaxConnections))
	kept, ending := e.engine.swap(p, bound)
	c.Swapped()
	e.registry.SetDigest(p.Digest)
	tellStreams(c.Receipt, kept, ending)
	c.Receipt.NeedsRestart = e.restarts(old, c.After)
	return func() {
		e.listen.keep(bound, doc.Drain.Timeout)
		e.listen.cutLater(ending, bound, doc.Drain.Timeout)
		e.tellCertificates(doc, time.Now())
	}, nil
}

// orWarnings is why no plan can be built of a document: what validation has warned of, if it has.
func orWarnings(doc *config.Document, err error) error {
	if ps := doc.Warnings(); len(ps) > 0 {
		return ps
	}
	return err
}

// closeFresh closes what was bound for a reload that failed after that.
func closeFresh(bound, serving []listener) {
	for _, l := range bound {
		fresh := l != nil
		for _, s := range serving {
			fresh = fresh && s != l
		}
		if fresh {
			l.Close()
		}
	}
}

// tellStreams notes what a swap means for those connected.
func tellStreams(r *admin.Receipt, kept int, ending map[listener]int) {
	r.StreamsKept = kept
	for l, n := range ending {
		r.StreamsClosed = append(r.StreamsClosed, admin.StreamsClosed{
			Listener: l.Name(), Count: n,
			Why: "the listener was removed, or its address changed: " +
				"each connection ends after the request it serves, idle ones at once",
		})
	}
	slices.SortFunc(r.StreamsClosed, func(a, b admin.StreamsClosed) int {
		return strings.Compare(a.Listener, b.Listener)
	})
}

// restarts gives the ring what it can take of a new document, and names the parts of the document
// that a node begins with.
func (e *edge) restarts(old *config.Document, g reload.Generation) (parts []string) {
	doc := g.Source.Document
	if old.Secret(old.Admin.Address) != doc.Secret(doc.Admin.Address) ||
		old.Secret(old.Admin.Token) != doc.Secret(doc.Admin.Token) ||
		old.Secret(old.Admin.Probes) != doc.Secret(doc.Admin.Probes) {
		parts = append(parts, "admin")
	}
	if !e.changeGossip(old, doc, g) {
		parts = append(parts, "gossip")
	}
	if !sameSync(old, doc) {
		parts = append(parts, "config_sync")
	}
	return parts
}

// Tally is what the engines counted so far: requests and TCP sessions.
func (c counted) Tally() (t reload.Tally) {
	if h := c.http; h != nil {
		t = reload.Tally{
			Requests: h.Requests.Load(), Failures: h.Failures.Load(), Connects: h.Connects.Load(),
		}
	}
	if s := c.tcp; s != nil {
		t.Requests += s.Sessions.Load()
		t.Failures += s.Failures.Load()
		t.Connects += s.Connects.Load()
	}
	return t
}

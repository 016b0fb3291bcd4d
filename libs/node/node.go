package node

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/memlimit"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/quota"
	"github.com/gatewayhomebrew/gateway/libs/reload"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
	"github.com/gatewayhomebrew/gateway/libs/upgrade"
)

// Options are what Run composes an edge from.
type Options struct {
	// Process is what the shell gives: of its Stdout and Stderr each is for the access log, if
	// that is to go there.
	*program.Process
	// Protocols are those of the listeners it serves; others are left to other binaries.
	Protocols []string
	// Load reads the configuration, with what is published in its place unless that is
	// nil: once or twice at the start, then at each reload.
	Load func(*config.Published) (config.Source, error)
	// LoadBefore makes the document again that the process before this one has in force; nil: Load
	// does.
	LoadBefore func(published *config.Published, before *config.Source) (config.Source, error)
}

// edge is the composition: what Run builds, in the order it is started.
type edge struct {
	Options
	started  time.Time
	parts    []lifecycle.Part
	demo     string // the demo upstream's address; "" when it does not run
	registry *metrics.Registry
	access   *access
	spans    *tracing.Exporter
	engine   *engines
	memory   *memlimit.Watch
	// nil: this node is alone, or another process has its place
	gossip  atomic.Pointer[gossip.Ring]
	limits  *quota.Runner      // nil: this node is alone
	sync    *configwire.Client // nil: it has its own file only
	listen  *listeners
	reloads *reload.Machine
	ready   atomic.Bool
	leaving atomic.Bool // it has been told to end
	drain   context.CancelFunc
	undo    []func() // gives back what was taken, where the edge does not come to run

	// What lets another process take the place of this one, and this one that of another.

	generation    int
	from          *succession // nil: there was no process before
	elders        *elders
	upgrades      *upgrade.Machine
	upgradeCounts *upgradeCounts
	left          atomic.Bool // another process has the place
	heir          atomic.Pointer[handover.Successor]
	// gossipOf makes the node's ring; nil: it has none
	gossipOf func(reload.Generation, *gossip.Place) (*gossip.Ring, error)
	// whole ends when the process is to end
	whole context.Context
	// kept is of Leave, for Return; only the upgrade that runs uses it
	kept *gossip.Place

	adminToken                            string
	adminSocket, probesSocket, demoSocket *lasting // nil: there is none
	adminPost, probesPost                 *post
	ringPost, syncPost                    *post
	admin, probes                         atomic.Pointer[admin.Server]
}

// Run runs an edge until ctx ends or the admin API is told to drain.
func Run(ctx context.Context, o Options) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := makeEdge(o, cancel)
	hangups, stop := program.Hangups() // now: a SIGHUP that nobody takes ends the process
	defer stop()
	upgrades, stopUpgrades := program.Upgrades()
	defer stopUpgrades()
	if e.from, err = accept(o.Start); err != nil {
		return err
	}
	defer func() { e.from.failed(err) }()
	defer func() {
		for _, f := range slices.Backward(e.undo) {
			f()
		}
	}()

	source, err := e.firstSource()
	if err != nil {
		return program.Invalid(err)
	}
	if source, err = e.startSync(source); err != nil {
		return program.Invalid(err)
	}
	doc := source.Document
	if source.Embedded() {
		if err := e.addDemo(ctx, doc); err != nil {
			return err
		}
	}
	p, err := plan.Build(doc)
	if err != nil {
		return program.Invalid(orWarnings(doc, err))
	}
	e.registry.SetDigest(p.Digest)
	e.add("totals", e.tellHeir)
	e.add("old processes", func(ctx context.Context) error {
		<-ctx.Done()
		e.elders.end()
		return nil
	})
	if err := e.registry.Register(metrics.Lost(o.Lost)); err != nil {
		return err
	}
	build := metrics.Build{Service: o.Name, Version: o.Version, Commit: o.Commit}
	if err := e.registry.Register(build.Collector()); err != nil {
		return err
	}
	for _, c := range p.Lasting.Collectors() {
		if err := e.registry.Register(c); err != nil {
			return err
		}
	}
	if err := e.addMemory(); err != nil {
		return err
	}
	if e.access, err = newAccess(doc, e.registry, o); err != nil {
		return err
	}
	e.undo = append(e.undo, func() { _ = e.access.out.Close(ctx) }) // nothing was logged
	if e.from != nil {
		e.access.share(true)
		e.elders.none = func() { e.access.share(false) }
	}
	e.add("access log", e.access.run)
	e.spans = tracing.New(o.Log, tracing.NewIdentity(o.Version, o.Env))
	e.spans.Use(collector(p, doc))
	if err := e.registry.Register(e.spans.Collector()); err != nil {
		return err
	}
	e.add("traces", e.spans.Run)
	e.engine = newEngines(p, e.memory, o.Protocols, o.Log, e.registry, e.access.writer(doc),
		maxConnections(doc.Limits.MaxConnections), e.Systemd.Sockets, e.spans, e.from)
	if err := e.engine.idle(p); err != nil && doc.ConfigSync == nil {
		return program.Invalid(err)
	}
	if e.engine.mute(p) {
		return program.Invalid(doc.Warnings())
	}
	e.add("engines", e.engine.run)
	if err := e.registry.Register(e.engine.prober.Collector()); err != nil {
		return err
	}
	if err := e.registry.Register(e.engine.clusters.Resolver().Collector()); err != nil {
		return err
	}
	if err := e.registry.Register(e.engine.door.Collector()); err != nil {
		return err
	}
	if e.engine.http != nil {
		if err := e.registry.Register(e.engine.http.Mirrors().Collector()); err != nil {
			return err
		}
	}
	e.add("active checks", e.engine.prober.Run)
	e.add("keys of tokens", func(ctx context.Context) error { return p.Keys.Run(ctx, o.Log) })
	e.listen = newListeners(e.engine, o.Log)
	e.reloads = e.newReloads(source, p)
	if e.from != nil {
		e.reloads.Resume(e.from.Reloads)
	}
	if err := e.addUpgrades(ctx); err != nil {
		return err
	}
	if err := e.registry.Register(e.reloads.Collector()); err != nil {
		return err
	}
	e.parts = append(e.parts, e.Supervised(ctx, e.up(), e.says, e.pulse))
	if err := e.addAdmin(ctx, doc); err != nil {
		return err
	}
	if err := e.addProbes(ctx, doc); err != nil {
		return err
	}
	if err := e.addGossip(ctx, e.reloads.Now()); err != nil {
		return err
	}
	e.add("drain", e.drainAtTheEnd)
	for i := range p.Listeners {
		if !e.engine.serves(p.Listeners[i].Protocol) {
			o.Log.WithField("listener", p.Listeners[i].Name).WithField("protocol",
				p.Listeners[i].Protocol).Info("this listener is for another binary")
			continue
		}
		l, err := e.engine.listen(ctx, p, i)
		if err != nil {
			return listenError(doc, i, err)
		}
		e.undo = append(e.undo, l.Close)
		e.listen.add(l)
	}
	e.add("listeners", e.runListeners)
	e.add("reloads", func(ctx context.Context) error { return e.reloads.Run(ctx, hangups) })
	e.add("certificates", e.watchCertificates)
	if err := e.addSync(); err != nil {
		return err
	}
	e.add("drain delay", e.delayTheEnd)
	e.add("upgrades", e.upgradeBySignal(upgrades))
	if e.from == nil {
		e.announce(source)
	} else {
		e.add("succession", e.succeed)
	}
	reload.Warn(e.Log, e.reloads.Now())
	e.tellCertificates(e.reloads.Document(), e.started)
	e.ready.Store(true)
	e.undo = nil // from here on the parts do it
	return lifecycle.Run(ctx, e.parts...)
}

func (e *edge) add(name string, run func(context.Context) error) {
	e.parts = append(e.parts, lifecycle.Part{Name: name, Run: run})
}

// addDemo starts the upstream of the embedded document on a free port.
func (e *edge) addDemo(ctx context.Context, doc *config.Document) error {
	var err error
	if e.demoSocket, err = e.openLasting(socketDemo, "", func() (net.Listener, error) {
		var lc net.ListenConfig
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}); err != nil {
		return fmt.Errorf("the demo upstream: %w", err)
	}
	ln, err := e.demoSocket.listener()
	if err != nil {
		return fmt.Errorf("the demo upstream: %w", err)
	}
	e.demo = ln.Addr().String()
	e.setDemo(doc)
	e.add("demo upstream", func(ctx context.Context) error {
		srv := demo.Server()
		stop := context.AfterFunc(ctx, func() { srv.Close() })
		defer stop()
		defer e.demoSocket.close()
		if err := srv.Serve(ln); ctx.Err() == nil {
			return err
		}
		return nil
	})
	return nil
}

// setDemo gives the embedded document the demo upstream's address.
func (e *edge) setDemo(doc *config.Document) { doc.Clusters[0].Endpoints[0].Address = e.demo }

// delayTheEnd is the part that stops first: for drain.delay all others go on, and only /readyz says
// that there is an end.
func (e *edge) delayTheEnd(ctx context.Context) error {
	<-ctx.Done()
	e.leaving.Store(true)
	delay := e.reloads.Document().Drain.Delay
	if delay <= 0 || e.left.Load() || e.waits() {
		return nil
	}
	e.Log.WithField("delay", delay).Info("not ready any more; the listeners close after the delay")
	timer := time.NewTimer(delay)
	defer timer.Stop()
	<-timer.C
	return nil
}

// drainAtTheEnd is the part that stops right after the listeners: it lets what
// they accepted come to its end.
func (e *edge) drainAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	timeout := e.reloads.Document().Drain.Timeout
	drain, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	start := time.Now()
	e.Log.WithFields(logrus.Fields{
		"connections": e.engine.connections(), "timeout": timeout,
	}).Info("draining")
	early := drain
	if e.left.Load() {
		var stop context.CancelFunc
		early, stop = context.WithTimeout(drain, timeout/2)
		defer stop()
	}
	cut := e.engine.drain(drain, early)
	entry := e.Log.WithFields(logrus.Fields{
		"took": time.Since(start).Round(time.Millisecond), "cut": cut,
	})
	if cut > 0 {
		entry.Warn("the drain timeout passed: the connections still busy were cut off")
	} else {
		entry.Info("drained")
	}
	return nil
}

// announce prints where the edge can be reached, one line per listener.
func (e *edge) announce(source config.Source) {
	all := e.listen.all()
	for _, l := range all {
		e.Lines.Address("listener "+l.Name(), program.URL(scheme(l), l.Shown()))
	}
	e.announceGossip()
	doc := source.Document
	fields := logrus.Fields{
		"config": source.String(), "routes": len(doc.Routes), "clusters": len(doc.Clusters),
	}
	e.Log.WithFields(fields).Info("ready")
	if source.Embedded() && len(all) > 0 {
		e.Lines.Note(fmt.Sprintf("no configuration was found, so a built-in demo is served; try: "+
			"curl -i http://%s/hello", all[0].Shown()))
	}
}

// scheme is how clients name what a listener speaks.
func scheme(l listener) string {
	switch {
	case protocolOf(l) == config.ProtocolTCP:
		return "tcp"
	case certificates(l) != nil:
		return "https"
	}
	return "http"
}

// maxConnections is the limit on client connections: never over half of the
// descriptors that may carry traffic, for each may need one upstream too.
func maxConnections(configured int) int { return min(configured, netx.Allowed().Clients()) }

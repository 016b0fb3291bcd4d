package node

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// A generation is a configuration that is, or was, in force.
type generation struct {
	source config.Source
	plan   *plan.Plan
}

// reloads puts one generation in the place of another. One reload runs at a
// time; whoever asks meanwhile waits and gets one of its own.
type reloads struct {
	edge *edge

	running sync.Mutex // held while a reload or a rollback runs
	trial   *trial     // guarded by running; nil when no plan is on trial
	samples samples    // guarded by running
	// rejected is the digest that was last rolled back from, until another is put in
	// force: finding it in the file again is no news. Guarded by running.
	rejected string

	history admin.History
	begun   chan struct{} // closed when reloads can run, or never will

	mu      sync.Mutex
	current generation // guarded by mu
	// published is what config-sync gave, which every reload reads the files together
	// with; guarded by mu; nil: nothing, or the node's own file is to be in force.
	published *config.Published
	previous  *generation     // guarded by mu; what a rollback returns to
	ctx       context.Context // guarded by mu; nil unless reloads can run
}

func newReloads(e *edge, source config.Source, p *plan.Plan) *reloads {
	return &reloads{edge: e, current: generation{source, p}, published: source.Published, begun: make(chan struct{})}
}

func (r *reloads) now() generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// load reads the configuration with what is published.
func (r *reloads) load() (config.Source, error) {
	r.mu.Lock()
	published := r.published
	r.mu.Unlock()
	return r.edge.Load(published)
}

func (r *reloads) document() *config.Document { return r.now().source.Document }

// run waits for reasons to reload until ctx ends: a changed file, a signal. Those
// the admin API has go on being served, and are refused.
func (r *reloads) run(ctx context.Context, hangups <-chan os.Signal) error {
	select {
	case <-r.edge.listen.up: // a reload may start and stop listeners
	case <-ctx.Done():
		close(r.begun)
		return nil
	}
	r.mu.Lock()
	r.ctx = ctx
	r.mu.Unlock()
	close(r.begun)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				r.reload(ctx, admin.BySignal)
			}
		}
	})
	group.Go(func() {
		w := filewatch.Watcher{
			Files:   r.files,
			Begun:   func() { r.catchUp(ctx) },
			Changed: func() { r.reload(ctx, admin.ByFile) },
			Failed:  func(err error) { r.edge.Log.WithError(err).Warn("watching the configuration") },
		}
		_ = w.Run(ctx) // it has no way to fail
	})
	group.Go(func() { r.watchTrials(ctx) })
	group.Wait()
	r.mu.Lock()
	r.ctx = nil
	r.mu.Unlock()
	r.running.Lock() // the last one ends
	r.endTrial()
	r.running.Unlock()
	return nil
}

// files are those the configuration came from.
func (r *reloads) files() []string {
	s := r.now().source
	switch {
	case s.Embedded():
		return nil
	case s.Overlay != "":
		return append([]string{s.Path, s.Overlay}, s.Document.Files()...)
	}
	return append([]string{s.Path}, s.Document.Files()...)
}

// same reports whether two generations mean the same: their documents, and what the
// documents refer to.
func (g generation) same(other generation) bool {
	a, b := g.source.Document, other.source.Document
	return g.plan.Digest == other.plan.Digest && a.SameSecrets(b) && a.SameFiles(b)
}

// catchUp reloads if a file has changed since the start has read it: nobody was
// watching then. That it has not is no news.
func (r *reloads) catchUp(ctx context.Context) {
	running := r.now()
	if running.source.Embedded() {
		return // no file to watch
	}
	var same bool
	aside(func() {
		if source, err := r.load(); err == nil {
			now := generation{source, &plan.Plan{Digest: config.Digest(source.Document)}}
			same = now.same(running)
		}
	})
	if !same {
		r.reload(ctx, admin.ByFile)
	}
}

// reload reads the configuration again and puts it in force, if it can be.
func (r *reloads) reload(ctx context.Context, trigger admin.Trigger) (receipt admin.Receipt) {
	r.awaitStart(ctx)
	r.running.Lock()
	defer r.running.Unlock()
	aside(func() { receipt = r.reloadLocked(ctx, trigger) })
	return receipt
}

// reloadLocked needs running held.
func (r *reloads) reloadLocked(ctx context.Context, trigger admin.Trigger) admin.Receipt {
	a := r.begin(trigger)
	if ctx.Err() != nil || !r.open() {
		return a.refuse(admin.ReasonDraining, errDraining)
	}
	source, err := r.load()
	if err != nil {
		return a.refuse(reasonOf(err), err)
	}
	if source.Embedded() {
		if r.edge.demo == "" {
			return a.refuse(admin.ReasonRead, errors.New("the configuration file is gone, and the built-in demo takes its place only at the start"))
		}
		r.edge.setDemo(source.Document)
	}
	p, err := plan.Build(source.Document)
	if err != nil {
		return a.refuse(admin.ReasonBuild, err)
	}
	a.receipt.NewDigest = p.Digest
	switch {
	case generation{source, p}.same(a.before):
		level := logrus.InfoLevel // somebody asked
		if trigger == admin.ByFile {
			level = logrus.DebugLevel
		}
		return a.unchanged("the configuration is the one in force", level)
	case trigger == admin.ByFile && p.Digest == r.rejected:
		return a.unchanged("this configuration was rolled back from; ask for a reload (SIGHUP, POST /reload) to try it again", logrus.WarnLevel)
	}
	receipt := a.apply(ctx, generation{source, p}, admin.Applied)
	if receipt.Result == admin.Applied {
		r.rejected = "" // it is not what the file has any more, or somebody insists
	}
	return receipt
}

// rollback returns to the generation before the one in force. failing says why
// a trial asks for it; "" when a person does.
func (r *reloads) rollback(ctx context.Context, trigger admin.Trigger, failing string) (receipt admin.Receipt) {
	r.awaitStart(ctx)
	r.running.Lock()
	defer r.running.Unlock()
	aside(func() { receipt = r.rollbackLocked(ctx, trigger, failing) })
	return receipt
}

// rollbackLocked needs running held.
func (r *reloads) rollbackLocked(ctx context.Context, trigger admin.Trigger, failing string) admin.Receipt {
	a := r.begin(trigger)
	if ctx.Err() != nil || !r.open() {
		return a.refuse(admin.ReasonDraining, errDraining)
	}
	r.mu.Lock()
	previous := r.previous
	r.mu.Unlock()
	if previous == nil {
		return a.refuse(admin.ReasonNothing, errors.New("there is no configuration to return to: none was replaced since the start, or since the last rollback"))
	}
	a.receipt.NewDigest = previous.plan.Digest
	a.receipt.Message, a.receipt.Reason = failing, admin.ReasonRequest
	if failing != "" {
		a.receipt.Reason = admin.ReasonErrors
	}
	receipt := a.apply(ctx, *previous, admin.RolledBack)
	if receipt.Result == admin.RolledBack {
		r.rejected = a.before.plan.Digest
		r.mu.Lock()
		r.previous = nil // going back twice would be going forward
		r.published = previous.source.Published
		r.mu.Unlock()
	}
	return receipt
}

// awaitStart lets those wait who ask while the start goes on: the admin API is
// there a moment earlier.
func (r *reloads) awaitStart(ctx context.Context) {
	select {
	case <-r.begun:
	case <-ctx.Done():
	}
}

// open reports whether reloads can run: from the start to the drain.
func (r *reloads) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ctx != nil && r.ctx.Err() == nil
}

// reasonOf sorts an error of reading the configuration.
func reasonOf(err error) admin.Reason {
	var ps config.Problems
	if !errors.As(err, &ps) {
		return admin.ReasonInvalid
	}
	for _, p := range ps {
		if p.Code != config.CodeRead {
			return admin.ReasonInvalid
		}
	}
	return admin.ReasonRead
}

// apply puts a generation in force: listeners are bound first, since that can
// fail, then one swap, after which nothing can.
func (a *attempt) apply(ctx context.Context, g generation, result admin.Result) admin.Receipt {
	r, e := a.reloads, a.reloads.edge
	doc, old := g.source.Document, a.before.source.Document
	bound, _, err := e.listen.bind(ctx, g.plan)
	if err != nil {
		return a.refuse(admin.ReasonListen, err)
	}
	if err := e.access.change(doc.AccessLog); err != nil {
		closeFresh(bound, e.listen.all())
		return a.refuse(admin.ReasonBuild, err)
	}
	baseline, returnTo := r.baseline(), &a.before
	if r.trial != nil {
		// What is replaced has not proved itself: compare with, and return to, what was
		// before it.
		baseline, returnTo = r.trial.baseline, r.trial.before
	}
	r.endTrial()
	e.engine.setAccess(e.access.writer(doc.AccessLog))
	e.engine.setMaxConnections(maxConnections(doc.Limits.MaxConnections))
	kept, ending := e.engine.swap(g.plan, bound)
	a.receipt.DurationMS = time.Since(a.began).Seconds() * 1000 // what follows is bookkeeping
	e.registry.SetDigest(g.plan.Digest)
	a.compare(old, doc, kept, ending)
	if !e.changeGossip(old, doc, g.plan.Digest) {
		a.receipt.NeedsRestart = append(a.receipt.NeedsRestart, "gossip")
	}
	if !sameSync(old, doc) {
		a.receipt.NeedsRestart = append(a.receipt.NeedsRestart, "config_sync")
	}
	r.mu.Lock()
	r.previous = returnTo
	r.current = g
	r.mu.Unlock()
	if result == admin.Applied && doc.Reload != nil && doc.Reload.Trial > 0 {
		r.trial = newTrial(*doc.Reload, e.engine.counted(), baseline, returnTo)
	}
	e.listen.keep(bound, doc.Drain.Timeout)
	e.listen.cutLater(ending, bound, doc.Drain.Timeout)
	e.tellCertificates(time.Now())
	if a.receipt.Reason == "" {
		a.receipt.Reason = admin.ReasonOK
	}
	return a.finish(result, logrus.InfoLevel)
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

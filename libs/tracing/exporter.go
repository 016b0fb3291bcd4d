package tracing

import (
	"context"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Bounds of what is sent at a time, and of how long spans wait for others to go with.
const (
	batchSpans = 512
	gather     = time.Second
	// flushTime bounds the sending of what is left when the process ends.
	flushTime = 5 * time.Second
	// warnEvery is how often it is said at most that a collector does not take spans.
	warnEvery = time.Minute
)

// scope is who has made the spans, as OpenTelemetry calls it.
const scope = "github.com/gatewayhomebrew/gateway"

// A sender sends spans to a collector. rejectedBy says which errors are about some of them.
type sender interface {
	send(ctx context.Context, spans []*tracepb.ResourceSpans) error
	close()
}

// An Exporter sends spans to the collector that Use has named last. Its methods may be called at
// the same time.
type Exporter struct {
	log      *logrus.Logger
	identity Identity
	counts   counts
	dial     func(*Target) (sender, error) // dial, but for tests

	wake chan struct{} // has a value when there is something new to look at

	mu     sync.Mutex
	queue  []*Request // guarded by mu
	spans  int        // guarded by mu; that they become
	most   int        // guarded by mu; how many may wait
	target *Target    // guarded by mu; nil: nobody is told
	failed error      // guarded by mu; why the last batch was not taken

	// What follows is Run's alone.

	sender   sender
	of       *Target // that sender sends to
	resource *resourcepb.Resource
	warned   time.Time
	failing  bool
}

// New makes an Exporter that tells nobody yet. Run has to run.
func New(log *logrus.Logger, id Identity) *Exporter {
	return &Exporter{log: log, identity: id, dial: dial, wake: make(chan struct{}, 1)}
}

// Use names the collector that gets spans from now on, those that wait included; nil: none does,
// but what waits still goes to the last one.
func (e *Exporter) Use(t *Target) {
	e.mu.Lock()
	e.target = t
	if t != nil {
		e.most = t.Queue
	}
	e.mu.Unlock()
	e.stir()
}

func (e *Exporter) stir() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Add takes a request. It does not wait: where there is no room its spans are dropped, and counted.
func (e *Exporter) Add(r *Request) {
	n := r.spans()
	e.mu.Lock()
	room := e.spans+n <= e.most
	stir := false
	if room {
		stir = e.spans == 0 || e.spans < batchSpans && e.spans+n >= batchSpans
		e.queue = append(e.queue, r)
		e.spans += n
	}
	e.mu.Unlock()
	if !room {
		e.counts.dropped.Add(uint64(n))
		return
	}
	if stir {
		e.stir()
	}
}

// take takes a batch out of the queue.
func (e *Exporter) take() (batch []*Request, spans int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(batch) < len(e.queue) && spans < batchSpans {
		spans += e.queue[len(batch)].spans()
		batch = e.queue[:len(batch)+1]
	}
	e.queue = e.queue[len(batch):]
	if len(e.queue) == 0 {
		e.queue = nil // what has grown in a bad time is given back
	}
	e.spans -= spans
	return batch, spans
}

func (e *Exporter) waiting() (spans int, target *Target) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spans, e.target
}

// Run sends what comes until ctx ends, and then, for a while, what is left.
func (e *Exporter) Run(ctx context.Context) error {
	defer func() { e.become(nil) }()
	// What is under way when the process is told to end has as much time as what is left then.
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(flushTime, stop) })()
	timer := time.NewTimer(gather)
	timer.Stop()
	defer timer.Stop()
	due := false
	for {
		spans, target := e.waiting()
		switch {
		case ctx.Err() != nil:
			e.flush(sending)
			return nil
		case spans > 0 && (due || spans >= batchSpans):
			due = false
			timer.Stop()
			e.follow(target)
			e.sendBatch(sending)
			continue
		case spans > 0:
			timer.Reset(gather)
		default:
			due = false
			e.become(target)
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
			due = true
		case <-e.wake:
		}
	}
}

// flush sends what is left, as far as there is time.
func (e *Exporter) flush(ctx context.Context) {
	_, target := e.waiting()
	e.follow(target)
	for ctx.Err() == nil {
		if spans, _ := e.waiting(); spans == 0 {
			return
		}
		e.sendBatch(ctx)
	}
	spans, _ := e.waiting()
	if spans == 0 {
		return
	}
	e.counts.failed.Add(uint64(spans))
	e.log.WithField("spans", spans).
		Warn("the collector of traces takes nothing: the last spans are lost")
}

// follow connects to the collector that is named now. Where none is, what waits goes to the last
// one.
func (e *Exporter) follow(t *Target) {
	if t != nil {
		e.become(t)
	}
}

// become gives up the connection to one collector for that to another; nil: to none.
func (e *Exporter) become(t *Target) {
	if t == e.of {
		return
	}
	if e.sender != nil {
		e.sender.close()
	}
	e.sender, e.of, e.failing, e.warned = nil, t, false, time.Time{}
	if t == nil {
		return
	}
	e.resource = e.identity.resource(t.Service, t.Attributes)
	s, err := e.dial(t)
	if err != nil {
		e.fail(err)
		return
	}
	e.sender = s
}

// sendBatch sends a batch of what waits.
func (e *Exporter) sendBatch(ctx context.Context) {
	batch, n := e.take()
	if n == 0 {
		return
	}
	if e.sender == nil {
		e.counts.failed.Add(uint64(n))
		return
	}
	all := make([]*tracepb.Span, 0, n)
	for _, r := range batch {
		if e.of.Hide != nil {
			r.hide(e.of.Hide)
		}
		all = r.append(all)
	}
	err := e.sender.send(ctx, []*tracepb.ResourceSpans{{
		Resource: e.resource, SchemaUrl: schema,
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: scope, Version: e.identity.Version},
			Spans: all, SchemaUrl: schema,
		}},
	}})
	rejected := rejectedBy(err)
	switch {
	case err == nil, rejected == 0: // which is a word of warning
		e.counts.exported.Add(uint64(n))
		e.recover()
	case rejected > 0:
		rejected = min(rejected, n)
		e.counts.rejected.Add(uint64(rejected))
		e.counts.exported.Add(uint64(n - rejected))
		e.fail(err)
	default:
		e.counts.failed.Add(uint64(n))
		e.fail(err)
	}
}

// fail notes that spans were lost, and says so once.
func (e *Exporter) fail(err error) {
	why := shortly(err, e.of)
	e.mu.Lock()
	e.failed = why
	e.mu.Unlock()
	entry := e.log.WithField("collector", e.of.Shown).WithError(why)
	if now := time.Now(); !e.failing && now.Sub(e.warned) >= warnEvery {
		e.warned = now
		entry.Warn("the collector of traces does not take spans: they are lost; requests are " +
			"served as before")
	} else {
		entry.Debug("the collector of traces does not take spans")
	}
	e.failing = true
}

// recover notes that spans were taken.
func (e *Exporter) recover() {
	if !e.failing {
		return
	}
	e.failing = false
	e.mu.Lock()
	e.failed = nil
	e.mu.Unlock()
	e.log.WithField("collector", e.of.Shown).Info("the collector of traces takes spans again")
}

package aggregator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/gossip"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// A follower takes up changes of the document: whom to look for, keys, which endpoints to check, and certificates. Addresses,
// names, the history, and whether there is TLS at all take a restart, and the receipt says so.
type follower struct {
	runOptions
	a            *Aggregator
	ring         *gossip.Ring
	checks       *checks
	certificates *certificates
	ready        atomic.Bool
	ending       atomic.Bool
	history      admin.History

	running sync.Mutex // held while a reload runs
	mu      sync.Mutex
	source  config.Source // guarded by mu
	digest  string        // guarded by mu; of the document
}

func (f *follower) now() (config.Source, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.source, f.digest
}

func (f *follower) document() *config.Document {
	s, _ := f.now()
	return s.Document
}

// snapshot is what /status and /readyz tell.
func (f *follower) snapshot() admin.Snapshot {
	source, digest := f.now()
	s := admin.Snapshot{
		State: admin.Starting, Digest: digest, Source: source.String(), AccessLog: admin.AccessLog{Output: config.OutputOff},
		Reloads: f.history.List(), LastError: f.history.LastError(),
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
	var group sync.WaitGroup
	if source, _ := f.now(); !source.Embedded() {
		w := filewatch.Watcher{
			Files: f.files, Changed: func() { f.change(admin.ByFile) },
			Failed: func(err error) { f.Log.WithError(err).Warn("watching the configuration") },
		}
		group.Go(func() { _ = w.Run(ctx) }) // it has no way to fail
	}
	for {
		select {
		case <-ctx.Done():
			group.Wait()
			return nil
		case <-f.hangups:
			f.change(admin.BySignal)
		}
	}
}

func (f *follower) files() []string {
	s, _ := f.now()
	files := append([]string{s.Path}, s.Document.Files()...)
	if s.Overlay != "" {
		files = append(files, s.Overlay)
	}
	return files
}

// reload is POST /reload.
func (f *follower) reload(context.Context) admin.Receipt { return f.change(admin.ByAPI) }

// change reads the document again, and puts in force what can be.
func (f *follower) change(by admin.Trigger) admin.Receipt {
	f.running.Lock()
	defer f.running.Unlock()
	began := time.Now()
	old, digest := f.now()
	r := admin.Receipt{Time: began.UTC(), Trigger: by, OldDigest: digest, NewDigest: digest, Result: admin.Refused}
	finish := func() admin.Receipt {
		r.DurationMS = time.Since(began).Seconds() * 1000
		r = f.history.Add(r)
		log := f.Log.WithField("trigger", by).WithField("result", r.Result).WithField("reason", r.Reason)
		if r.Result == admin.Refused {
			log.Error("reload: " + r.Message)
		} else {
			log.WithField("needs_restart", r.NeedsRestart).Info("reload")
		}
		return r
	}
	source, err := f.load()
	if err != nil {
		r.Reason, r.Message = admin.ReasonInvalid, err.Error()
		var ps config.Problems
		if errors.As(err, &ps) {
			r.Problems, r.Message = ps, "the configuration has problems; the one in force stays"
		}
		return finish()
	}
	p, err := plan.Build(source.Document)
	if err != nil {
		r.Reason, r.Message = admin.ReasonBuild, err.Error()
		return finish()
	}
	doc := source.Document
	own, err := f.certificates.read(doc)
	if err != nil {
		r.Reason, r.Message = admin.ReasonBuild, err.Error()
		return finish()
	}
	if err := f.ring.Set(doc.GossipJoin(), doc.GossipKeys(), info(f.runOptions, p.Digest)); err != nil {
		r.Reason, r.Message = admin.ReasonBuild, err.Error()
		return finish()
	}
	f.checks.set(p)
	if own != nil && f.certificates.current.Load() != nil { // else there is a restart to come
		f.certificates.current.Store(own)
	}
	r.Reason, r.Result, r.NewDigest = admin.ReasonOK, admin.Applied, p.Digest
	if p.Digest == digest && doc.SameSecrets(old.Document) && doc.SameFiles(old.Document) {
		r.Result, r.Message = admin.Unchanged, "the configuration is the one in force"
	}
	r.NeedsRestart = restarts(old.Document.Revealed(), doc.Revealed())
	f.mu.Lock()
	f.source, f.digest = source, p.Digest
	f.mu.Unlock()
	return finish()
}

// restarts are the parts of a document that a process begins with.
func restarts(old, doc *config.Document) (parts []string) {
	if a, b := old.Gossip, doc.Gossip; a.Bind != b.Bind || a.Advertise != b.Advertise || a.Name != b.Name || (a.Key == "") != (b.Key == "") {
		parts = append(parts, "gossip")
	}
	if a, b := old.HealthAgg, doc.HealthAgg; a.Address != b.Address || a.History != b.History || a.MaxEvents != b.MaxEvents || (a.TLS == nil) != (b.TLS == nil) {
		parts = append(parts, "healthagg")
	}
	if old.Admin != doc.Admin {
		parts = append(parts, "admin")
	}
	return parts
}

package reload

import (
	"context"
	"os"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
)

// Run waits for reasons to reload until ctx ends: a changed file, a signal. Those
// the admin API has go on being served, and are refused.
func (m *Machine) Run(ctx context.Context, hangups <-chan os.Signal) error {
	select {
	case <-m.Up: // a reload may start and stop listeners
	case <-ctx.Done():
		close(m.begun)
		close(m.over)
		return nil
	}
	stop := context.AfterFunc(ctx, func() { close(m.over) })
	defer stop()
	m.mu.Lock()
	m.ctx = ctx
	m.mu.Unlock()
	close(m.begun)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				m.Reload(ctx, admin.BySignal)
			}
		}
	})
	group.Go(func() {
		w := filewatch.Watcher{
			Files:   m.files,
			Begun:   func() { m.catchUp(ctx) },
			Changed: func() { m.Reload(ctx, admin.ByFile) },
			Failed:  func(err error) { m.Log.WithError(err).Warn("watching the configuration") },
		}
		_ = w.Run(ctx) // it has no way to fail
	})
	group.Go(func() { m.watchTrials(ctx) })
	group.Wait()
	m.mu.Lock()
	m.ctx = nil
	m.mu.Unlock()
	m.running.Lock() // the last one ends
	m.endTrial()
	m.running.Unlock()
	return nil
}

// files are those the configuration came from.
func (m *Machine) files() []string {
	s := m.Now().Source
	switch {
	case s.Embedded():
		return nil
	case s.Input:
		return s.Document.Files()
	case s.Overlay != "":
		return append([]string{s.Path, s.Overlay}, s.Document.Files()...)
	}
	return append([]string{s.Path}, s.Document.Files()...)
}

// same reports whether two generations mean the same: their documents, and what the
// documents refer to.
func (g Generation) same(other Generation) bool {
	a, b := g.Source.Document, other.Source.Document
	return g.Plan.Digest == other.Plan.Digest && a.SameSecrets(b) && a.SameFiles(b)
}

// catchUp reloads if a file has changed since the start has read it: nobody was
// watching then. That it has not is no news.
func (m *Machine) catchUp(ctx context.Context) {
	running := m.Now()
	if running.Source.Embedded() {
		return // no file to watch
	}
	_, published := m.now()
	if r := m.read(ctx, published); r.err != nil || !r.Generation.same(running) {
		m.Reload(ctx, admin.ByFile)
	}
}

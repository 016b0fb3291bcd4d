package node

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"reflect"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// startSync makes the client of config-sync, if there is to be one, and returns what
// the node begins with: the last good configuration, or else its own file.
func (e *edge) startSync(source config.Source) (config.Source, error) {
	c := source.Document.ConfigSync
	if c == nil {
		return source, nil
	}
	o, err := e.syncOptions(source.Document)
	if err != nil {
		return source, err
	}
	e.sync = configwire.New(o)
	if e.from != nil {
		e.from.resumeSync(e.sync)
		return source, nil
	}
	cached, ok := e.sync.Cached()
	if !ok {
		e.sync.Started(configwire.Config{})
		return source, nil
	}
	entry := e.Log.WithField("revision", cached.Revision)
	last, err := e.Load(published(cached))
	if err != nil {
		entry.WithError(err).Error("config-sync: the last good configuration can't be used here " +
			"any more; the node starts from its own file")
		e.sync.Started(configwire.Config{})
		return source, nil
	}
	entry.Info("config-sync: the node starts from the last good configuration")
	e.sync.Started(cached)
	return last, nil
}

func published(c configwire.Config) *config.Published {
	if c.Digest == "" {
		return nil
	}
	return &config.Published{Revision: c.Revision, Digest: c.Digest, Data: c.Data}
}

// syncOptions are those of a document, whose secrets resolve.
func (e *edge) syncOptions(doc *config.Document) (configwire.Options, error) {
	c := doc.Revealed().ConfigSync
	o := configwire.Options{
		Addresses: append([]string{c.Address}, c.Replicas...), Node: c.Node, Service: e.Name,
		Version: e.Version, Labels: c.Labels,
		Cache: c.Cache, Log: e.Log, LatencyBounds: metrics.Bounds(),
		Apply: func(ctx context.Context, c configwire.Config) error {
			return e.follow(ctx, published(c))
		},
		Running: func() (configwire.Config, string) { return e.synced() },
		Counts:  e.syncCounts,
	}
	if c.Security.Mode != config.SecurityNone {
		security := doc.ConfigSync.Security
		o.TLS = func() (*tls.Config, error) {
			secured, err := tlsconf.NewClient(doc, security, nil)
			return secured.Config(), cmp.Or(err, secured.Broken())
		}
	}
	if c.PublicKey != "" {
		key, err := publicKey(doc.Material(doc.ConfigSync.PublicKey))
		if err != nil {
			return o, fmt.Errorf("config_sync.public_key: %w", err)
		}
		o.PublicKey, o.Fleet = key, c.Fleet
	}
	return o, nil
}

func publicKey(m config.Material) (ed25519.PublicKey, error) {
	text := m.Text
	if text == nil {
		var err error
		if text, err = config.ReadMaterial(m); err != nil {
			return nil, err
		}
	}
	return config.PublicKey(text)
}

// addSync lets the client run, once there is something to change.
func (e *edge) addSync() error {
	if e.sync == nil {
		return nil
	}
	if err := e.registry.Register(e.sync.Collector()); err != nil {
		return err
	}
	if e.from == nil {
		e.syncPost.take()
	}
	e.add("config-sync", e.syncPost.part)
	return nil
}

// runSync follows config-sync until that is another process's, or this one ends.
func (e *edge) runSync(ctx context.Context) error {
	e.reloads.AwaitStart(ctx)
	return e.sync.Run(ctx)
}

// syncCounts are what the plan in force did.
func (e *edge) syncCounts() configwire.Counts {
	c := e.engine.counted()
	t := c.Tally()
	return configwire.Counts{
		Of: c, Requests: t.Requests, Failures: t.Failures, Connects: t.Connects,
		Latency: e.registry.Latency(),
	}
}

// follow puts what config-sync gave in force, and tells the ring of it. Another snapshot may make
// the same document as before: that is no reload, and still something that the others see.
func (e *edge) follow(ctx context.Context, to *config.Published) error {
	if err := e.reloads.Follow(ctx, to); err != nil {
		return err
	}
	g := e.reloads.Now()
	e.changeGossip(g.Source.Document, g.Source.Document, g)
	return nil
}

// synced is what of config-sync is in force, and what has happened last.
func (e *edge) synced() (c configwire.Config, why string) {
	if p := e.reloads.Now().Source.Published; p != nil {
		c = configwire.Config{Revision: p.Revision, Digest: p.Digest}
	}
	if last := e.reloads.History().List(); len(last) > 0 && last[0].Result == admin.RolledBack {
		why = "the node rolled back: " + last[0].Message
		if last[0].Message == "" {
			why = "somebody has rolled back at the node"
		}
	}
	return c, why
}

// sameSync reports whether two documents follow config-sync in the same way: another
// way takes a restart.
func sameSync(a, b *config.Document) bool {
	if a.ConfigSync == nil || b.ConfigSync == nil {
		return a.ConfigSync == b.ConfigSync
	}
	return reflect.DeepEqual(a.Revealed().ConfigSync, b.Revealed().ConfigSync)
}

// syncState is how following config-sync goes, as /status has it; nil for a node that
// follows none.
func (e *edge) syncState() *admin.ConfigSync {
	if e.sync == nil {
		return nil
	}
	s := e.sync.State()
	running, _ := e.synced()
	hide := e.reloads.Now().Plan.Veil.Text
	s.Server, s.LastError = hide(s.Server), hide(s.LastError)
	s.Refusal, s.CacheError = hide(s.Refusal), hide(s.CacheError)
	return &admin.ConfigSync{
		Connected: s.Connected, Server: s.Server, Since: s.Since.UTC(), Revision: running.Revision,
		SnapshotDigest:  running.Digest,
		HighestRevision: s.Highest, FromCache: s.FromCache, LastError: s.LastError,
		RefusedRevision: s.RefusedRevision, Refusal: s.Refusal, CacheError: s.CacheError,
	}
}

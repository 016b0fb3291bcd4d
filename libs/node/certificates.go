package node

import (
	"context"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

const (
	// expiryWarning is how long before its end a certificate is warned about.
	expiryWarning = 21 * 24 * time.Hour
	// expiryLook is how often certificates are looked at.
	expiryLook = 24 * time.Hour
)

// certificates are those of a listener, as /status has them.
func certificates(l listener) (out []admin.Certificate) {
	h, ok := l.(*l7.Listener)
	if !ok || h.TLS() == nil {
		return nil
	}
	for _, c := range h.TLS().Certificates() {
		out = append(out, admin.Certificate{
			File: c.File, Names: c.Names, NotAfter: c.NotAfter.UTC(),
		})
	}
	return out
}

// tellCertificates publishes when the certificates in force end, and warns of those
// that do so soon.
func (e *edge) tellCertificates(doc *config.Document, now time.Time) {
	var all []metrics.Certificate
	type pair struct{ listener, file string }
	seen := map[pair]bool{}
	for _, l := range e.listen.all() {
		for _, c := range certificates(l) {
			if seen[pair{l.Name(), c.File}] {
				continue // once is enough
			}
			seen[pair{l.Name(), c.File}] = true
			all = append(all, metrics.Certificate{
				Listener: l.Name(), File: c.File, NotAfter: c.NotAfter,
			})
			if left := c.NotAfter.Sub(now); left < expiryWarning {
				e.Log.WithField("listener", l.Name()).WithField("file",
					c.File).WithField("not_after", c.NotAfter.Format(time.RFC3339)).
					Warnf("a certificate ends in %d days: renew it; a changed file is taken "+
						"up by itself", int(left/(24*time.Hour)))
			}
		}
	}
	e.registry.SetCertificates(all)
	more := used(doc)
	for _, u := range more {
		if left := u.NotAfter.Sub(now); left < expiryWarning {
			e.Log.WithField("use", u.Use).WithField("name", u.Name).WithField("file", u.File).
				WithField("not_after", u.NotAfter.UTC().Format(time.RFC3339)).
				Warnf("the %s that is used there ends in %d days: renew it", u.Kind,
					int(left/(24*time.Hour)))
		}
	}
	e.registry.SetUsed(more)
}

// watchCertificates tells of certificates once a day; reloads do so too.
func (e *edge) watchCertificates(ctx context.Context) error {
	tick := time.NewTicker(expiryLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			e.tellCertificates(e.reloads.Document(), now)
		}
	}
}

package node

import (
	"crypto/x509"
	"os"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// Kinds of what is used.
const (
	usedCertificate = "certificate"
	usedAuthority   = "authority"
)

// used are the certificates of a document beside those that listeners show. What can't be read is
// left out: who uses it says so.
func used(doc *config.Document) (all []metrics.Used) {
	seen := map[metrics.Used]bool{}
	add := func(use, name, kind, text string) {
		if text == "" {
			return
		}
		m := doc.Material(text)
		u := metrics.Used{Use: use, Name: name, Kind: kind, File: m.Shown}
		if seen[u] {
			return
		}
		seen[u] = true
		if end, ok := ends(m, kind); ok {
			u.NotAfter = end
			all = append(all, u)
		}
	}
	secured := func(use, name string, s *config.Security) {
		add(use, name, usedAuthority, s.CA)
		add(use, name, usedCertificate, s.Cert)
	}
	for i := range doc.Listeners {
		if t := doc.Listeners[i].TLS; t != nil {
			add("listeners", doc.Listeners[i].Name, usedAuthority, t.ClientCA)
		}
	}
	for i := range doc.Clusters {
		secured("clusters", doc.Clusters[i].Name, &doc.Clusters[i].Security)
	}
	if a := doc.Auth; a != nil {
		for i := range a.Forward {
			secured("auth.forward", a.Forward[i].Name, &a.Forward[i].Security)
		}
		for i := range a.JWT {
			j := &a.JWT[i]
			add("auth.jwt", j.Name, usedAuthority, j.JWKS.CA)
			if j.Introspection != nil {
				add("auth.jwt", j.Name, usedAuthority, j.Introspection.CA)
			}
		}
	}
	if s := doc.ConfigSync; s != nil {
		secured("config_sync", "", &s.Security)
	}
	if t := doc.Tracing; t != nil {
		secured("tracing", "", &t.OTLP.Security)
	}
	return all
}

// ends is when what is used can't be used any more: a certificate when it ends, authorities when
// the last of them does.
func ends(m config.Material, kind string) (end time.Time, ok bool) {
	data := m.Text
	if data == nil {
		var err error
		if data, err = os.ReadFile(m.File); err != nil {
			return end, false
		}
	}
	all, err := pemfile.Certificates(data)
	if err != nil || len(all) == 0 {
		return end, false
	}
	if kind == usedCertificate {
		return all[0].NotAfter, true // what follows is its chain
	}
	last := func(a, b *x509.Certificate) *x509.Certificate {
		if b.NotAfter.After(a.NotAfter) {
			return b
		}
		return a
	}
	longest := all[0]
	for _, c := range all[1:] {
		longest = last(longest, c)
	}
	return longest.NotAfter, true
}

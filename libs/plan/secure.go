package plan

import (
	"fmt"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// secureListeners reads the certificates of the listeners.
func (p *Plan) secureListeners(before *Plan, doc *config.Document) error {
	p.TLS = make([]*tlsconf.Server, len(doc.Listeners))
	for i := range doc.Listeners {
		l := &doc.Listeners[i]
		if l.TLS == nil {
			continue
		}
		s, err := tlsconf.NewServer(l.TLS, tlsconf.Options{
			Document: doc, Before: before.server(&p.Listeners[i]), Speaks: speaks(l),
		})
		if err != nil {
			return fmt.Errorf("listener %q: %w", l.Name, err)
		}
		p.TLS[i] = s
		p.note(fmt.Sprintf("listener %q", l.Name), s.Notes())
	}
	return nil
}

// server is what a listener showed under this plan, nil for nothing: the one with this name, else
// the one with this address.
func (p *Plan) server(l *config.Listener) *tlsconf.Server {
	if p == nil {
		return nil
	}
	for i := range p.Listeners {
		if p.Listeners[i].Name == l.Name && p.TLS[i] != nil {
			return p.TLS[i]
		}
	}
	for i := range p.Listeners {
		if p.Listeners[i].Address == l.Address {
			return p.TLS[i]
		}
	}
	return nil
}

// secureClusters reads the certificates of the clusters.
func (p *Plan) secureClusters(before *Plan, doc *config.Document) error {
	p.secure = make([]*tlsconf.Client, len(doc.Clusters))
	for i := range doc.Clusters {
		c := &doc.Clusters[i]
		var last *tlsconf.Client
		if before != nil {
			for j := range before.Clusters {
				if before.Clusters[j].Name == c.Name {
					last = before.secure[j]
				}
			}
		}
		secured, err := tlsconf.NewClient(doc, c.Security, last)
		if err != nil {
			return fmt.Errorf("cluster %q: %w", c.Name, err)
		}
		if c.Protocol == config.ClusterH2 {
			secured.ForHTTP2()
		}
		p.secure[i], p.Clusters[i].TLS = secured, secured.Config()
		p.note(fmt.Sprintf("cluster %q", c.Name), secured.Notes())
	}
	return nil
}

func (p *Plan) note(of string, notes []tlsconf.Note) {
	for _, n := range notes {
		n.Text = of + ": " + n.Text
		p.Notes = append(p.Notes, n)
	}
}

// LeavesOut says whether there is something in the document that can't be used, and nothing from
// before in its place.
func (p *Plan) LeavesOut() bool {
	return slices.ContainsFunc(p.Notes, func(n tlsconf.Note) bool { return n.LeftOut })
}

// Serves says whether clients can be served at a listener: over TLS, there has to be a certificate.
func (p *Plan) Serves(i int) bool { return p.TLS[i] == nil || p.TLS[i].Usable() }

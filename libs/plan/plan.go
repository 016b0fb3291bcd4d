// Package plan turns a validated configuration document into the immutable plan that a data plane
// runs: routes in a table that is ready to be asked, clusters with the TLS they are reached over,
// every setting resolved.
//
// Build starts nothing and opens no socket, so validating a document and running it go through the
// same code; it reads the certificate files that the document names. A Plan is never changed; a
// request takes one pointer to it when it starts and keeps that to its end.
package plan

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A Plan is a whole configuration, ready to run.
type Plan struct {
	// Digest identifies the document the plan was built from.
	Digest    string
	Listeners []config.Listener
	// TLS is the TLS of each listener, nil for plain text.
	TLS []*tlsconf.Server
	// Sessions say for each listener where its TCP sessions go; nil for http.
	Sessions []*Sessions
	Clusters []Cluster
	Routes   []Route

	tables map[string]*Table          // by listener, "" for any other
	pages  map[string]policy.OnAnswer // by listener, of those that have some
	// Notes say what of the document's certificates can't be used, and what is done instead.
	Notes []tlsconf.Note

	Lasting

	number   int // among all plans that were made
	rateKeys int // that rate limits tell apart

	// Tracing says which requests leave a trace; nil: none does.
	Tracing *Tracing

	// DrainTimeout is how long what was accepted may go on when the process stops.
	DrainTimeout time.Duration

	// MirrorMemory bounds what copies of requests take, in bytes.
	MirrorMemory int64

	// Veil hides the values of the document's secrets, which the plan is full of, in texts of
	// others about it. nil: there are none.
	Veil *config.Veil

	secure []*tlsconf.Client // by index in Clusters
	auth   authenticators
	tokens tokens
	asks   map[config.AuthRef]*tlsconf.Client // how servers of auth.forward are verified
}

// A Cluster is a set of endpoints. The order they are picked in is the engine's, since
// it follows what is known of their health.
type Cluster struct {
	config.Cluster
	// TLS is for connections to the endpoints, nil for plain text.
	TLS *tls.Config
	// Heads bound the heads of responses.
	Heads http1.Limits
	// Veil is the plan's.
	Veil *config.Veil
	// Extensions are those of clients' PROXY headers that go on.
	Extensions proxyproto.Selection
}

// responseHeads are the limits of a cluster's responses.
func responseHeads(l *config.ClusterLimits) http1.Limits {
	return http1.Limits{
		HeadBytes: l.MaxHeaderBytes, Fields: l.MaxHeaders,
		BareLF: l.AllowBareLF, ControlCharacters: l.AllowControlCharacters,
	}
}

// speaks are the ALPN protocols (RFC 7301) of a listener of the edge.
func speaks(l *config.Listener) []string {
	var names []string
	if l.HTTP2 {
		names = append(names, "h2")
	}
	if l.HTTP1 {
		names = append(names, "http/1.1")
	}
	return names
}

// Build makes the plan of a document that has passed validation. An error means that validation
// let something through that it should not have, or that the document has warnings which it can't
// be run with.
func Build(doc *config.Document) (*Plan, error) { return BuildAfter(nil, doc) }

// BuildAfter is Build for a plan that takes the place of another, nil for none: of certificates
// that can't be used any more the last good ones stay in use. See Plan.Notes.
func BuildAfter(before *Plan, doc *config.Document) (*Plan, error) {
	written := doc
	doc = doc.Revealed() // what is run has the values of secrets; what is shown is the document
	p := &Plan{
		Digest: config.Digest(written), Listeners: doc.Listeners, Veil: written.Veil(),
		MirrorMemory: doc.Limits.MirrorMemory, DrainTimeout: doc.Drain.Timeout,
	}
	p.lasting(before, doc)
	if err := p.secureListeners(before, written); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	clusters := make(map[string]int, len(doc.Clusters))
	for i, c := range doc.Clusters {
		clusters[c.Name] = i
		p.Clusters = append(p.Clusters, Cluster{
			Cluster: c, Heads: responseHeads(&c.Limits), Veil: p.Veil,
			Extensions: extensions(c.ProxyProtocolTLVs),
		})
	}
	if err := p.secureClusters(before, written); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	if err := p.trace(before, written, doc); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	var err error
	if p.Sessions, err = buildSessions(doc.Listeners, clusters); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	if err := p.authenticate(before, written, doc); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	if err := p.issuers(before, written); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	s := &shared{
		coders: p.Coders, memory: doc.Limits.CompressMemory, limits: p.RateLimits,
		inFlight:  p.InFlight,
		contracts: doc.Contract, contractCounts: p.Contracts,
		authenticators: p.auth, veil: p.Veil, authCounts: p.Auth,
	}
	p.Routes = make([]Route, len(doc.Routes))
	for i := range doc.Routes {
		r := &doc.Routes[i]
		if err := p.Routes[i].build(r, p.Clusters, clusters, s); err != nil {
			return nil, fmt.Errorf("building the plan: route %q: %w", r.Name, err)
		}
	}
	if p.pages, err = newPages(doc.Listeners); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	if p.tables, err = newTables(doc); err != nil {
		return nil, fmt.Errorf("building the plan: %w", err)
	}
	return p, nil
}

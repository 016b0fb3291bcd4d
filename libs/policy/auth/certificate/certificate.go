// Package certificate is the authenticator of clients by their verified certificates
// (auth.client_certificates).
package certificate

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// An Authenticator knows which certificates count. It is an auth.Authenticator.
type Authenticator struct {
	name    string
	clients []clients
	seed    maphash.Seed
	known   [remembered]atomic.Pointer[known]
}

// remembered is how many clients are remembered, so that their requests allocate nothing.
const remembered = 1024

type clients struct {
	of            *tlsconf.Clients
	scopes, roles []string
}

// known is what a certificate means, by its hash.
type known struct {
	hash     string
	identity *policy.Identity // nil: it does not count
	rule     string           // what is said where it does not
}

// New makes the authenticator of an entry of auth.client_certificates.
func New(c *config.ClientCertificates) (*Authenticator, error) {
	a := &Authenticator{name: c.Name, seed: maphash.MakeSeed()}
	for i := range c.Clients {
		one := &c.Clients[i]
		of, err := tlsconf.NewClients(one.Names)
		if err != nil {
			return nil, err
		}
		if of != nil { // else it would be for everybody
			a.clients = append(a.clients, clients{of, one.Scopes, one.Roles})
		}
	}
	return a, nil
}

// Challenge is auth.Authenticator's. There is none for certificates.
func (*Authenticator) Challenge(auth.Failure, []string) string { return "" }

// Takes is auth.Authenticator's.
func (*Authenticator) Takes() *http1.Edits { return nil }

// Authenticate is auth.Authenticator's.
func (a *Authenticator) Authenticate(r *policy.Request) auth.Outcome {
	if r.Certificate == nil {
		return auth.Outcome{Rule: "auth.client_certificate: the client shows none"}
	}
	k := a.identify(r.Certificate)
	if k.identity == nil {
		return auth.Outcome{Verdict: auth.Refused, Rule: k.rule}
	}
	return auth.Outcome{Verdict: auth.Accepted, Identity: k.identity}
}

// identify returns who a certificate is of.
func (a *Authenticator) identify(c *tlsconf.Identity) *known {
	place := &a.known[maphash.String(a.seed, c.Hash)%remembered]
	if k := place.Load(); k != nil && k.hash == c.Hash {
		return k
	}
	k := &known{hash: c.Hash}
	for i := range a.clients {
		one := &a.clients[i]
		if !one.of.Allows(c) {
			continue
		}
		if k.identity == nil {
			k.identity = &policy.Identity{
				Kind: config.AuthClientCertificate, Name: a.name, Subject: subject(c),
			}
		}
		k.identity.Scopes = append(k.identity.Scopes, one.scopes...)
		k.identity.Roles = append(k.identity.Roles, one.roles...)
	}
	if k.identity == nil {
		k.rule = "auth.client_certificate: no entry fits the certificate, which has the names " +
			cause.List(c.Names())
	}
	place.Store(k)
	return k
}

// subject is what a client is called: its subject, or where that is empty its first URI or DNS
// name, as in certificates of SPIFFE.
func subject(c *tlsconf.Identity) string {
	switch {
	case c.Subject != "":
		return c.Subject
	case len(c.URIs) > 0:
		return c.URIs[0]
	case len(c.DNS) > 0:
		return c.DNS[0]
	}
	return ""
}

// Package clientcert is the policy that lets only clients with certain certificates use a
// route (routes[].client_certificate).
package clientcert

import (
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// Policy refuses clients whose certificate has none of the names that the route lists.
type Policy struct {
	clients *tlsconf.Clients
	takes   string // the names that the route lists, in words
}

// New makes the policy of a route; nil for one that is for everybody.
func New(c *config.Route) (policy.Policy, error) {
	if c.ClientCertificate == nil {
		return nil, nil
	}
	clients, err := tlsconf.NewClients(c.ClientCertificate.Names)
	if err != nil {
		return nil, err
	}
	return &Policy{clients: clients, takes: cause.List(c.ClientCertificate.Names)}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "client_certificate" }

// refuse is the answer to a client that the route is not for. The client learns nothing of the
// route; the rule has which names it has shown, and which are wanted.
func (p *Policy) refuse(id *tlsconf.Identity) *policy.Answer {
	a := policy.Refuse(gwerr.Forbidden, "the route is not for the certificate of this client")
	if id == nil {
		a.Rule = "client_certificate: the client showed none, and the route is for " + p.takes
		return a
	}
	a.Rule = "client_certificate: the client's has the names " +
		cause.List(id.Names()) + ", and the route is for " + p.takes
	return a
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if p.clients.Allows(r.Certificate) {
		return nil
	}
	return p.refuse(r.Certificate)
}

// Package clientcert is the policy that lets only clients with certain certificates use a
// route (routes[].client_certificate).
package clientcert

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// Policy refuses clients whose certificate has none of the names that the route lists.
type Policy struct{ clients *tlsconf.Clients }

// New makes the policy of a route; nil for one that is for everybody.
func New(c *config.Route) (policy.Policy, error) {
	if c.ClientCertificate == nil {
		return nil, nil
	}
	clients, err := tlsconf.NewClients(c.ClientCertificate.Names)
	if err != nil {
		return nil, err
	}
	return &Policy{clients: clients}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "client_certificate" }

var refused = policy.Refuse(gwerr.Forbidden, "the route is not for the certificate of this client")

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if p.clients.Allows(r.Certificate) {
		return nil
	}
	return refused
}

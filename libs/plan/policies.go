package plan

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/bodylimit"
	"github.com/gatewayhomebrew/gateway/libs/policy/clientcert"
	"github.com/gatewayhomebrew/gateway/libs/policy/clients"
	"github.com/gatewayhomebrew/gateway/libs/policy/fields"
	"github.com/gatewayhomebrew/gateway/libs/policy/grpclimit"
	"github.com/gatewayhomebrew/gateway/libs/policy/redirect"
	"github.com/gatewayhomebrew/gateway/libs/policy/respond"
)

// policies are what makes the policies of a route, in the order in which each route has
// them: who the client is, what it asks for, how much it may use, what is changed, and last what
// is answered without an endpoint.
// docs/policies.md has the same list.
var policies = [...]func(*config.Route) (policy.Policy, error){
	clients.New,
	clientcert.New,
	grpclimit.New,
	bodylimit.New,
	fields.New,
	redirect.NewSlash,
	redirect.New,
	respond.New,
}

// chain makes the policies of a route.
func chain(c *config.Route) (*policy.Chain, error) {
	var all []policy.Policy
	for _, make := range policies {
		p, err := make(c)
		if err != nil {
			return nil, err
		}
		if p != nil {
			all = append(all, p)
		}
	}
	return policy.NewChain(all...), nil
}

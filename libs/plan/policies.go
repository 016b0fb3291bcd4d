package plan

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/policy/bodylimit"
	"github.com/gatewayhomebrew/gateway/libs/policy/clientcert"
	"github.com/gatewayhomebrew/gateway/libs/policy/clients"
	"github.com/gatewayhomebrew/gateway/libs/policy/compress"
	"github.com/gatewayhomebrew/gateway/libs/policy/concurrency"
	"github.com/gatewayhomebrew/gateway/libs/policy/contract"
	"github.com/gatewayhomebrew/gateway/libs/policy/cors"
	"github.com/gatewayhomebrew/gateway/libs/policy/errorpages"
	"github.com/gatewayhomebrew/gateway/libs/policy/fields"
	"github.com/gatewayhomebrew/gateway/libs/policy/grpclimit"
	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/policy/redirect"
	"github.com/gatewayhomebrew/gateway/libs/policy/respond"
)

// policies are what makes the policies of a route, in the order in which each route has them: what
// people see of errors, since that sees responses last; who the client is, what it asks for, how
// much it may use, what is changed, and last what is answered without an endpoint.
// docs/policies.md has the same list.
var policies = [...]func(*config.Route, *shared) (policy.Policy, error){
	alone(errorpages.New),
	compressed,
	alone(clients.New),
	alone(cors.New),
	alone(clientcert.New),
	authorized,
	bounded,
	limited,
	alone(grpclimit.New),
	alone(bodylimit.New),
	contracted,
	alone(fields.New),
	alone(redirect.NewSlash),
	alone(redirect.New),
	alone(respond.New),
}

// shared is what policies have in common with those of other routes and other plans.
type shared struct {
	coders *compress.Coders
	memory int64 // that the coders may take
	// contracts gives the OpenAPI document of a route, and contractCounts counts what is held
	// against it.
	contracts      func(route string) *openapi.Contract
	contractCounts *contract.Counts

	authenticators authenticators
	veil           *config.Veil
	authCounts     *auth.Counts
	limits         *ratelimit.State
	inFlight       *concurrency.State
}

// alone makes a policy that has nothing in common with others.
func alone(
	make func(*config.Route) (policy.Policy, error),
) func(*config.Route, *shared) (policy.Policy, error) {
	return func(c *config.Route, _ *shared) (policy.Policy, error) { return make(c) }
}

func compressed(c *config.Route, s *shared) (policy.Policy, error) {
	return compress.New(c, s.coders, s.memory)
}

func bounded(c *config.Route, s *shared) (policy.Policy, error) {
	return concurrency.New(c, s.inFlight)
}

func limited(c *config.Route, s *shared) (policy.Policy, error) {
	return ratelimit.New(c, s.limits)
}

func contracted(c *config.Route, s *shared) (policy.Policy, error) {
	return contract.New(c, s.contracts(c.Name), s.contractCounts)
}

// newPages makes the error pages of listeners.
func newPages(listeners []config.Listener) (map[string]policy.OnAnswer, error) {
	pages := make(map[string]policy.OnAnswer)
	for i := range listeners {
		l := &listeners[i]
		p, err := errorpages.NewListener(l)
		if err != nil {
			return nil, fmt.Errorf("listener %q: %w", l.Name, err)
		}
		if p != nil {
			pages[l.Name] = p
		}
	}
	return pages, nil
}

// Pages are the error pages of a listener, by name; nil: it has none.
func (p *Plan) Pages(listener string) policy.OnAnswer { return p.pages[listener] }

// chain makes the policies of a route.
func chain(c *config.Route, s *shared) (*policy.Chain, error) {
	var all []policy.Policy
	for _, make := range policies {
		p, err := make(c, s)
		if err != nil {
			return nil, err
		}
		if p != nil {
			all = append(all, p)
		}
	}
	return policy.NewChain(all...), nil
}

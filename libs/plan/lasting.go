package plan

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/jwks"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/basic"
	"github.com/gatewayhomebrew/gateway/libs/policy/compress"
	"github.com/gatewayhomebrew/gateway/libs/policy/concurrency"
	"github.com/gatewayhomebrew/gateway/libs/policy/contract"
	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
)

// Lasting is what policies remember from plan to plan: a plan that takes the place of another has
// the same.
type Lasting struct {
	// Coders compress responses.
	Coders *compress.Coders
	// Keys are those of issuers of tokens.
	Keys *jwks.Store
	// RateLimits are what rate limits have counted.
	RateLimits *ratelimit.State
	// InFlight are the requests of routes that bound them.
	InFlight *concurrency.State
	// Contracts count what messages have against OpenAPI documents.
	Contracts *contract.Counts
	// Passwords verifies those of auth.basic.
	Passwords *basic.Verifier
	// Auth counts what authenticators say of requests.
	Auth *auth.Counts

	plans *atomic.Int64 // that were made
}

// lasting is what a plan has that takes the place of another; nil: of none.
func (p *Plan) lasting(before *Plan, doc *config.Document) {
	l := &p.Lasting
	if before != nil {
		*l = before.Lasting
	} else {
		*l = Lasting{
			Coders: new(compress.Coders), RateLimits: ratelimit.NewState(),
			InFlight: new(concurrency.State), Contracts: new(contract.Counts),
			Passwords: basic.NewVerifier(), Keys: jwks.NewStore(),
			Auth: new(auth.Counts), plans: new(atomic.Int64),
		}
	}
	p.number, p.rateKeys = int(l.plans.Add(1)), doc.Limits.RateLimitKeys
	l.RateLimits.NextPlan(p.number)
	l.InFlight.NextPlan(p.number)
	l.Contracts.NextPlan(p.number)
	l.Auth.NextPlan(p.number)
}

// InForce says that the plan serves from now on. A plan that was built and is refused later changes
// nothing of what lasts.
func (p *Plan) InForce() {
	p.RateLimits.InForce(p.number, p.rateKeys)
	p.InFlight.InForce(p.number)
	p.Contracts.InForce(p.number)
	p.Auth.InForce(p.number)
}

// Collectors report what is remembered.
func (l *Lasting) Collectors() []prometheus.Collector {
	return []prometheus.Collector{
		l.Coders.Collector(), l.Keys.Collector(), l.RateLimits.Collector(),
		l.InFlight.Collector(), l.Contracts.Collector(), l.Auth.Collector(),
	}
}

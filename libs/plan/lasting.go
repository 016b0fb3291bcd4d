package plan

import (
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
}

// lasting is what a plan of a document has that takes the place of another; nil: of none.
func lasting(before *Plan, doc *config.Document) Lasting {
	var l Lasting
	if before != nil {
		l = before.Lasting
	} else {
		l = Lasting{
			Coders: new(compress.Coders), RateLimits: ratelimit.NewState(),
			InFlight: new(concurrency.State), Contracts: new(contract.Counts),
			Passwords: basic.NewVerifier(), Keys: jwks.NewStore(),
			Auth: new(auth.Counts),
		}
	}
	l.RateLimits.NextPlan(doc.Limits.RateLimitKeys)
	l.InFlight.NextPlan()
	l.Contracts.NextPlan()
	l.Auth.NextPlan()
	return l
}

// Collectors report what is remembered.
func (l *Lasting) Collectors() []prometheus.Collector {
	return []prometheus.Collector{
		l.Coders.Collector(), l.Keys.Collector(), l.RateLimits.Collector(),
		l.InFlight.Collector(), l.Contracts.Collector(), l.Auth.Collector(),
	}
}

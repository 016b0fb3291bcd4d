package ratelimit

import (
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// State is what rate limits have in common with those of other routes and other plans: what was
// used, found again by the name of the route with the key, and what was counted. All plans of a
// process have the same one. Its methods may be called from any goroutine.
type State struct {
	table *limits.Table

	counts policy.Kept[string, count]     // by route
	fleet  policy.Kept[shares.ID, Shared] // limits that the fleet shares
	plan   atomic.Int64                   // that is made
}

// count is what one route's limit has decided.
type count struct {
	passed, refused atomic.Uint64
	_               [48]byte // routes do not share a line of the cache
}

// NewState returns a State in which nothing was used.
func NewState() *State { return &State{table: limits.NewTable(config.DefaultRateKeys)} }

// NextPlan says that the policies of another plan are made next, and its number. See policy.Kept.
func (s *State) NextPlan(plan int) {
	s.plan.Store(int64(plan))
	s.counts.NextPlan(plan)
	s.fleet.NextPlan(plan)
}

// InForce says that a plan serves from now on, which keeps so many keys.
func (s *State) InForce(plan, keys int) {
	s.table.Resize(keys)
	s.counts.InForce(plan)
	s.fleet.InForce(plan)
	s.fleet.Each(func(_ shares.ID, one *Shared) { one.inForce(plan) })
}

package ratelimit

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// Shared is a limit that a fleet shares (scope: fleet), as far as this node is concerned: the share
// that it has, and what requests ask for. It outlives plans. Its methods may be called from any
// goroutine, but for SetShares.
type Shared struct {
	mu    sync.Mutex
	of    limits.Limit         // guarded by mu; of the plan in force
	plans map[int]limits.Limit // guarded by mu; as the plans have it, by their numbers
	used  bool                 // guarded by mu; the plan in force has it
	route string               // guarded by mu
	place string               // guarded by mu
	pot   *limits.Pot          // guarded by mu; set once

	passed, refused atomic.Uint64
	_               [64]byte // limits do not share a line of the cache
}

// identify returns the ID of a limit, which all nodes find the same: of the route's name, what is
// counted, and how many limits that count the same come before it. Its rate may differ.
func identify(route, key string, nth int) shares.ID {
	return shares.ID(shares.Hash("rate_limit\x00" + route + "\x00" + key + "\x00" +
		strconv.Itoa(nth)))
}

// shared returns the limit of an ID for the plan that is made.
func (s *State) shared(id shares.ID, route, place string, l limits.Limit) *Shared {
	one := s.fleet.Of(id)
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.pot == nil {
		one.pot, one.plans = limits.NewShare(s.table.Now(), l), make(map[int]limits.Limit)
		one.of, one.route, one.place = l, route, place
	}
	one.plans[int(s.plan.Load())] = l
	return one
}

// inForce takes over what a plan says of the limit.
func (one *Shared) inForce(plan int) {
	one.mu.Lock()
	defer one.mu.Unlock()
	l, used := one.plans[plan]
	if one.used = used; used {
		one.of = l
	}
	for other := range one.plans {
		if other < plan-8 { // no plan comes back after so many
			delete(one.plans, other)
		}
	}
}

// A Use is a limit that the fleet shares, at a moment.
type Use struct {
	ID     shares.ID
	Route  string
	Place  string // which limit of the route it is, from 1 on
	Limit  limits.Limit
	Passed uint64 // requests since the process started
	// Refused are those that this limit refused.
	Refused uint64
	Share   int64 // that requests get now, of limits.Whole
	Shared  *Shared
}

// Uses are the limits of the plan in force that the fleet shares, in no order.
func (s *State) Uses() (all []Use) {
	now := s.table.Now()
	s.fleet.Each(func(id shares.ID, one *Shared) {
		one.mu.Lock()
		defer one.mu.Unlock()
		if !one.used {
			return
		}
		all = append(all, Use{
			ID: id, Route: one.route, Place: one.place, Limit: one.of, Share: one.pot.Share(now),
			Passed: one.passed.Load(), Refused: one.refused.Load(), Shared: one,
		})
	})
	return all
}

// SetShares says what this node has of the limit, see limits.Pot. It is for one goroutine at a
// time. The limit is that of the plan in force.
func (one *Shared) SetShares(now time.Duration, leases ...limits.Lease) {
	one.mu.Lock()
	defer one.mu.Unlock()
	one.pot.SetShares(now, one.of, leases...)
}

// Now is the time by the clock that leases are counted by.
func (s *State) Now() time.Duration { return s.table.Now() }

// limitOf is a limit of a document.
func limitOf(r *config.RateLimit) limits.Limit {
	return limits.Limit{Requests: r.Requests, Per: r.Per, Burst: config.Room(r.Requests, r.Burst)}
}

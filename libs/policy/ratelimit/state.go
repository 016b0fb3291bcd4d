package ratelimit

import (
	"sync"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// State is what rate limits have in common with those of other routes and other plans: what was
// used, found again by the name of the route with the key, and what was counted. All plans of a
// process have the same one. Its methods may be called from any goroutine.
type State struct {
	table *limits.Table

	mu     sync.Mutex
	plan   int               // guarded by mu; the number of plans that began
	counts map[string]*count // guarded by mu; by route
}

// count is what one route's limit has decided.
type count struct {
	passed, refused atomic.Uint64
	_               [48]byte // routes do not share a line of the cache

	plan int // guarded by State.mu; the last one that had it
}

// NewState returns a State in which nothing was used.
func NewState() *State {
	return &State{
		table: limits.NewTable(config.DefaultRateKeys), counts: make(map[string]*count),
	}
}

// NextPlan says that the policies of another plan are made next, which keeps so many keys. What two
// plans in a row did not have is counted no more.
func (s *State) NextPlan(keys int) {
	s.table.Resize(keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan++
	for route, c := range s.counts {
		if c.plan < s.plan-2 {
			delete(s.counts, route)
		}
	}
}

// count returns the counters of a route.
func (s *State) count(route string) *count {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts[route]
	if c == nil {
		c = new(count)
		s.counts[route] = c
	}
	c.plan = s.plan
	return c
}

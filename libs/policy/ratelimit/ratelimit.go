package ratelimit

import (
	"fmt"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// Policy refuses requests that are over one of the route's limits.
type Policy struct {
	table  *limits.Table
	limits []entry
	count  *count
	policy []byte // the line RateLimit-Policy, nil where clients are not told
	fleet  bool   // some limit is shared by the fleet
}

// An entry is one limit of a route.
type entry struct {
	pot  *limits.Pot
	of   limits.Limit
	key  key
	name string // that clients see, "" where they are not told
	rule string
	// shared is nil where the node counts for itself.
	shared *Shared
}

// New makes the policy of a route; nil for one without limits.
func New(c *config.Route, s *State) (policy.Policy, error) {
	if len(c.RateLimit) == 0 {
		return nil, nil
	}
	p := &Policy{table: s.table, count: s.counts.Of(c.Name)}
	identities := make(map[string]int)
	for i := range c.RateLimit {
		r := &c.RateLimit[i]
		k, err := config.ParseRateKey(r.Key)
		if err != nil {
			return nil, fmt.Errorf("rate_limit.key: %q %w", r.Key, err)
		}
		name := ""
		switch {
		case r.Headers && len(c.RateLimit) == 1:
			name = "default"
		case r.Headers:
			name = strconv.Itoa(i + 1)
		}
		// Limits that count by the same key, such as one a second and one an hour, count apart.
		identity := c.Name + "\x00" + r.Scope + "\x00"
		nth := identities[identity+k.String()]
		identities[identity+k.String()]++
		l := limitOf(r)
		e := entry{of: l}
		if r.Scope == config.ScopeFleet {
			e.shared = s.shared(identify(c.Name, k.String(), nth), c.Name, strconv.Itoa(i+1), l)
			e.pot, p.fleet = e.shared.pot, true
		} else {
			e.pot = limits.NewPot(l)
		}
		if nth > 0 {
			identity += strconv.Itoa(nth) + "\x00"
		}
		e.key, e.name = newKey(k, r.IPv6Prefix, s.table, identity), name
		e.rule = fmt.Sprintf("rate_limit: %d in %v for each %v", r.Requests, r.Per, k)
		if e.shared != nil {
			e.rule += ", of which this node has a share"
		}
		p.limits = append(p.limits, e)
	}
	p.policy = policyLine(p.limits)
	return p, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "rate_limit" }

// message is all that a client learns beside the fields.
const message = "the route takes no more requests of this kind now"

// counted is what one limit says of a request.
type counted struct {
	key     limits.Key
	verdict limits.Verdict
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	var room [config.MaxRateLimits]counted
	all := room[:len(p.limits)]
	over := p.take(r, all)
	if p.policy != nil {
		p.tell(r, all)
	}
	if over < 0 {
		p.count.passed.Add(1)
		return nil
	}
	p.count.refused.Add(1)
	own := r.Room()
	own.Lines = appendRetryAfter(own.Lines[:0], all[over].verdict.Wait)
	if p.policy != nil {
		own.Lines = append(own.Lines, r.Quota.Lines...)
	}
	own.Answer = policy.Answer{
		Code: gwerr.RateLimited, Message: message, Rule: p.limits[over].rule, Lines: own.Lines,
	}
	return &own.Answer
}

// take counts a request for each limit. over is the one that has it wait for longest, -1: none
// does. A request that one limit refuses takes nothing of the others.
func (p *Policy) take(r *policy.Request, all []counted) (over int) {
	over = -1
	now := p.table.At(r.Start)
	if p.fleet {
		now = p.table.Now() // a share may have ended since the request began
	}
	for i := range p.limits {
		l, c := &p.limits[i], &all[i]
		c.key = l.key.of(r)
		c.verdict = p.table.Take(l.pot, c.key, now)
		if !c.verdict.Passed && (over < 0 || c.verdict.Wait > all[over].verdict.Wait) {
			over = i
		}
	}
	if p.fleet {
		p.demand(all, over < 0)
	}
	if over < 0 || len(all) == 1 {
		return over
	}
	for i := range p.limits {
		if c := &all[i]; c.verdict.Passed {
			c.verdict = p.table.GiveBack(p.limits[i].pot, c.key, now)
		}
	}
	return over
}

// demand counts what is asked of the limits that the fleet shares. What another limit refuses asks
// nothing of them.
func (p *Policy) demand(all []counted, passed bool) {
	for i := range p.limits {
		switch one := p.limits[i].shared; {
		case one == nil:
		case passed:
			one.passed.Add(1)
		case !all[i].verdict.Passed:
			one.refused.Add(1)
		}
	}
}

// tell notes what the client is told of what is left.
func (p *Policy) tell(r *policy.Request, all []counted) {
	own := r.Room()
	if own.Quota == nil {
		own.Quota = new(policy.Quota)
	}
	r.Quota = own.Quota
	r.Quota.Lines = appendQuota(append(r.Quota.Lines[:0], p.policy...), p.limits, all)
	r.Quota.Edits = http1.WithLines(r.Quota.Lines, nil)
}

// OnResponse is policy.OnResponse's.
func (p *Policy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	if r.Quota != nil {
		h.Edit(&r.Quota.Edits)
	}
	return nil
}

// OnAnswer is policy.OnAnswer's. The answer of the limit itself has the fields.
func (p *Policy) OnAnswer(r *policy.Request, a *policy.Answer) *policy.Answer {
	if r.Quota == nil || a.Code == gwerr.RateLimited {
		return nil
	}
	return r.Extend(a, string(r.Quota.Lines))
}

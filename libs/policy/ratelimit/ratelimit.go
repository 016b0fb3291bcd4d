package ratelimit

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// Policy refuses requests that are over the route's limit.
type Policy struct {
	table *limits.Table
	pot   *limits.Pot
	key   key
	count *count

	told   bool   // clients are told what is left
	policy []byte // the line RateLimit-Policy
	rule   string
}

// New makes the policy of a route; nil for one without a limit.
func New(c *config.Route, s *State) (policy.Policy, error) {
	r := c.RateLimit
	if r == nil {
		return nil, nil
	}
	k, err := config.ParseRateKey(r.Key)
	if err != nil {
		return nil, fmt.Errorf("rate_limit.key: %q %w", r.Key, err)
	}
	limit := limits.Limit{
		Requests: r.Requests, Per: r.Per, Burst: config.Room(r.Requests, r.Burst),
	}
	return &Policy{
		table: s.table, pot: limits.NewPot(limit), count: s.counts.Of(c.Name),
		key:    newKey(k, r.IPv6Prefix, s.table, c.Name+"\x00"+r.Scope+"\x00"),
		told:   r.Headers,
		policy: policyLine(limit),
		rule:   fmt.Sprintf("rate_limit: %d in %v for each %v", r.Requests, r.Per, k),
	}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "rate_limit" }

// message is all that a client learns beside the fields.
const message = "the route takes no more requests of this kind now"

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	v := p.table.Take(p.pot, p.key.of(r), p.table.At(r.Start))
	if p.told {
		room := r.Room()
		if room.Quota == nil {
			room.Quota = new(policy.Quota)
		}
		r.Quota = room.Quota
		r.Quota.Lines = appendQuota(append(r.Quota.Lines[:0], p.policy...), &v)
		r.Quota.Edits = http1.WithLines(r.Quota.Lines, nil)
	}
	if v.Passed {
		p.count.passed.Add(1)
		return nil
	}
	p.count.refused.Add(1)
	room := r.Room()
	room.Lines = appendRetryAfter(room.Lines[:0], v.Wait)
	if p.told {
		room.Lines = append(room.Lines, r.Quota.Lines...)
	}
	room.Answer = policy.Answer{
		Code: gwerr.RateLimited, Message: message, Rule: p.rule, Lines: room.Lines,
	}
	return &room.Answer
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

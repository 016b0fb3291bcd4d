package concurrency

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy refuses requests while the route has as many as it may.
type Policy struct {
	gate     *gate
	most     int64
	least    int64
	adaptive bool
	refused  *policy.Answer
}

// New makes the policy of a route; nil for one without a limit.
func New(c *config.Route, s *State) (policy.Policy, error) {
	l := c.Limit
	if l == nil {
		return nil, nil
	}
	p := &Policy{
		gate: s.gate(c.Name), most: int64(l.Concurrent), least: int64(min(l.Least, l.Concurrent)),
		adaptive: l.Adaptive,
		refused: policy.Refuse(gwerr.Overloaded, "the route has as many requests in flight as "+
			"it may"),
	}
	p.refused.Rule = fmt.Sprintf("limit: %d concurrent", l.Concurrent)
	if l.Adaptive {
		p.refused.Rule = fmt.Sprintf("limit: adaptive, %d concurrent at most", l.Concurrent)
	}
	return p, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "limit" }

// limit is how many requests may be in flight now.
func (p *Policy) limit() int64 {
	if !p.adaptive {
		return p.most
	}
	return p.gate.learned.limit(p.least, p.most)
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if !p.gate.enter(p.limit()) {
		return p.refused
	}
	r.Slot = true
	return nil
}

// OnResponse is policy.OnResponse's. How long the body takes is the client's matter as well, so
// what counts is the time to the head. What opens a tunnel says nothing of how busy endpoints are.
func (p *Policy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	if p.adaptive && r.Slot && h.Head.Status != 101 {
		now := time.Now()
		p.gate.sample(now, now.Sub(r.Start), p.least, p.most)
	}
	return nil
}

// OnAnswer is policy.OnAnswer's. An endpoint that does not answer in time took that long.
func (p *Policy) OnAnswer(r *policy.Request, a *policy.Answer) *policy.Answer {
	if p.adaptive && r.Slot && a.Code == gwerr.UpstreamTimeout {
		now := time.Now()
		p.gate.sample(now, now.Sub(r.Start), p.least, p.most)
	}
	return nil
}

// OnEnd is policy.OnEnd's.
func (p *Policy) OnEnd(r *policy.Request, _ *policy.End) {
	if r.Slot {
		r.Slot = false
		p.gate.leave()
	}
}

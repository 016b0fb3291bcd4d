// Package grpclimit is the policy that bounds how long gRPC calls may take
// (routes[].timeouts.grpc).
package grpclimit

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy gives a gRPC call its deadline: what the client allows in grpc-timeout, but no
// more than what the route does.
type Policy struct{ most time.Duration }

// New makes the policy of a route. Every route has it, as clients may set deadlines on any.
func New(c *config.Route) (policy.Policy, error) {
	return &Policy{most: c.Timeouts.GRPC}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "grpc_timeout" }

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if r.Call == nil {
		return nil
	}
	limit := p.most
	if d, ok := policy.ClientTimeout(r.Head); ok && (limit == 0 || d < limit) {
		limit = d
	}
	if limit > 0 {
		r.Call.Deadline = r.Start.Add(limit)
	}
	return nil
}

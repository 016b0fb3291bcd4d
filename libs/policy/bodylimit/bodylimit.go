// Package bodylimit is the policy that bounds the size of request bodies
// (routes[].max_body_bytes).
package bodylimit

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy refuses bodies over a limit: by their Content-Length, or as soon as more has
// come. Of a gRPC call, whose stream of messages has no length, it bounds each message.
type Policy struct{ most int64 }

// New makes the policy of a route; nil for one without a limit.
func New(c *config.Route) (policy.Policy, error) {
	if c.MaxBodyBytes <= 0 {
		return nil, nil
	}
	return &Policy{most: c.MaxBodyBytes}, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "max_body_bytes" }

var refused = &policy.Answer{
	Code: gwerr.BodyTooLarge, Close: true,
	Message: "the request body is larger than its route allows",
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if r.Call == nil && r.Head.ContentLength > p.most {
		return refused
	}
	return nil
}

// OnBody is policy.OnBody's.
func (p *Policy) OnBody(r *policy.Request, b policy.Piece) *policy.Answer {
	length := b.Offset + int64(len(b.Data)) + b.Ahead
	if r.Call != nil {
		length = r.Call.Longest(b.Data)
	}
	if length > p.most {
		return refused
	}
	return nil
}

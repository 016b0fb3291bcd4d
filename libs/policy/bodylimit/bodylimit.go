// Package bodylimit is the policy that bounds the size of request bodies
// (routes[].max_body_bytes).
package bodylimit

import (
	"fmt"

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

// refused is the answer to a body over the limit. The rule says what was met: so many bytes, as how
// says.
func (p *Policy) refused(how string, met int64) *policy.Answer {
	return &policy.Answer{
		Code: gwerr.BodyTooLarge, Close: true,
		Message: "the request body is larger than its route allows",
		Rule: fmt.Sprintf("max_body_bytes of the route is %d, and %s %d bytes", p.most, how,
			met),
	}
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if r.Call == nil && r.Head.ContentLength > p.most {
		return p.refused("Content-Length announces", r.Head.ContentLength)
	}
	return nil
}

// OnBody is policy.OnBody's.
func (p *Policy) OnBody(r *policy.Request, b policy.Piece) *policy.Answer {
	length, how := b.Offset+int64(len(b.Data))+b.Ahead, "the body has at least"
	if r.Call != nil {
		length, how = r.Call.Longest(b.Data), "a message of the call has"
	}
	if length > p.most {
		return p.refused(how, length)
	}
	return nil
}

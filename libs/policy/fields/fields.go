// Package fields is the policy that changes header fields (routes[].headers).
package fields

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy sets and removes fields of requests and of final responses.
type Policy struct{ request, response *http1.Edits }

// New makes the policy of a route; nil for one that changes no field.
func New(c *config.Route) (policy.Policy, error) {
	if c.Headers == nil {
		return nil, nil
	}
	request, response := c.Headers.Request, c.Headers.Response
	p := &Policy{
		request:  http1.NewEdits(request.Set, request.Remove),
		response: http1.NewEdits(response.Set, response.Remove),
	}
	if p.request == nil && p.response == nil {
		return nil, nil
	}
	return p, nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "headers" }

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	r.Edit(p.request)
	return nil
}

// OnResponse is policy.OnResponse's.
func (p *Policy) OnResponse(_ *policy.Request, h *policy.Response) *policy.Answer {
	h.Edit(p.response)
	return nil
}

// OnInterim is policy.OnInterim's.
func (p *Policy) OnInterim(_ *policy.Request, h *policy.Response) { h.Edit(p.response) }

package contract

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/rewrite"
)

// mode is what becomes of messages that are not as described.
type mode uint8

const (
	off mode = iota
	shadow
	enforce
)

var modes = map[string]mode{
	config.ContractOff: off, config.ContractShadow: shadow, config.ContractEnforce: enforce,
}

// Policy holds the traffic of one route against its document.
type Policy struct {
	contract            *openapi.Contract
	requests, responses mode
	most                int  // bytes of a body that are kept
	refuse              bool // what can't be checked
	rewrite             rewrite.Prefix
	counts              *routeCounts
}

// New makes the policy of a route; nil for one that checks nothing. c is the route's document.
func New(r *config.Route, c *openapi.Contract, counts *Counts) (policy.Policy, error) {
	o := r.OpenAPI
	if o == nil || modes[o.Requests] == off && modes[o.Responses] == off {
		return nil, nil
	}
	if c == nil {
		return nil, fmt.Errorf("the OpenAPI document %q was not read", o.Spec)
	}
	p := &Policy{
		contract: c, requests: modes[o.Requests], responses: modes[o.Responses],
		most: int(o.MaxBodyBytes), refuse: o.Unchecked == config.UncheckedRefuse,
		rewrite: rewrite.New(r), counts: counts.routes.Of(r.Name),
	}
	if p.requests == off {
		return &answers{p}, nil
	}
	if p.responses == off {
		return &asks{p}, nil
	}
	return &both{asks{p}, answers{p}}, nil
}

// asks checks requests, answers checks responses. What a route does not check costs it nothing.
type (
	asks    struct{ p *Policy }
	answers struct{ p *Policy }
	both    struct {
		asks
		answers
	}
)

const name = "openapi"

// Name is policy.Policy's.
func (asks) Name() string { return name }

// Name is policy.Policy's.
func (answers) Name() string { return name }

// Name is policy.Policy's.
func (both) Name() string { return name }

// operation finds the operation of a request: by the path that the endpoint gets, and else by that
// of the client, for a document that describes what clients see.
func (p *Policy) operation(r *policy.Request, v *view) (*openapi.Operation, *openapi.Violation) {
	if !p.rewrite.On() {
		v.request.Path = r.Head.Path
		return p.contract.Operation(r.Head.MethodName, r.Head.Path)
	}
	v.path = p.rewrite.Append(v.path[:0], r.Head.Path)
	v.request.Path = v.path
	o, wrong := p.contract.Operation(r.Head.MethodName, v.path)
	if wrong == nil {
		return o, nil
	}
	o, other := p.contract.Operation(r.Head.MethodName, r.Head.Path)
	if other == nil || wrong.Rule == openapi.RulePath {
		v.request.Path = r.Head.Path
		return o, other
	}
	return nil, wrong
}

// judge does what the mode says with the violations of a message.
func (p *Policy) judge(
	r *policy.Request, m mode, code gwerr.Code, o *openapi.Operation, all []openapi.Violation,
) *policy.Answer {
	if len(all) == 0 {
		return nil
	}
	message := "request"
	if code == gwerr.ContractResponse {
		message = "response"
	}
	p.counts.violations(message, o, all)
	r.Contract = appendNote(r.Contract, message, all)
	if m != enforce {
		return nil
	}
	return refusal(r, code, message, all)
}

// unchecked does what the route says with a message whose body can't be checked.
func (p *Policy) unchecked(
	r *policy.Request, m mode, code gwerr.Code, o *openapi.Operation, why string,
) *policy.Answer {
	message := "request"
	if code == gwerr.ContractResponse {
		message = "response"
	}
	p.counts.unchecked(message, why)
	if m != enforce || !p.refuse {
		return nil
	}
	return p.judge(r, m, code, o, []openapi.Violation{{
		Where: openapi.WhereBody, Rule: "unchecked", Message: "the body can't be checked: " +
			reasons[why],
	}})
}

// Why a body can't be checked.
const (
	tooLong = "size"
	coded   = "coding"
	stream  = "stream"
	partial = "range"
)

var reasons = map[string]string{
	tooLong: "it is too long", coded: "it has a content coding", stream: "it is a stream",
	partial: "it is a part of a whole",
}

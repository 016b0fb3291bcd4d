package policy

import "math"

// A Chain is the policies of one route, in their order. nil is a chain without policies.
// It does not change.
type Chain struct {
	policies   []Policy
	requests   []OnRequest
	bodies     []OnBody
	wants      []WantsBody
	responses  []OnResponse
	answers    []OnAnswer
	interims   []OnInterim
	transforms []Transforms
	begins     []Begins
	ends       []OnEnd
	whole      []WantsResponse
	watches    []Watches
}

// NewChain makes a chain of policies, of which those that are nil are left out.
func NewChain(policies ...Policy) *Chain {
	var c Chain
	for _, p := range policies {
		if p != nil {
			c.add(p)
		}
	}
	if len(c.policies) == 0 {
		return nil
	}
	return &c
}

func (c *Chain) add(p Policy) {
	c.policies = append(c.policies, p)
	if on, ok := p.(OnRequest); ok {
		c.requests = append(c.requests, on)
	}
	if on, ok := p.(OnBody); ok {
		c.bodies = append(c.bodies, on)
	}
	if on, ok := p.(WantsBody); ok {
		c.wants = append(c.wants, on)
	}
	if on, ok := p.(OnResponse); ok {
		c.responses = append(c.responses, on)
	}
	if on, ok := p.(OnAnswer); ok {
		c.answers = append(c.answers, on)
	}
	if on, ok := p.(OnInterim); ok {
		c.interims = append(c.interims, on)
	}
	if on, ok := p.(Transforms); ok {
		c.transforms = append(c.transforms, on)
	}
	if on, ok := p.(Begins); ok {
		c.begins = append(c.begins, on)
	}
	if on, ok := p.(WantsResponse); ok {
		c.whole = append(c.whole, on)
	}
	if on, ok := p.(Watches); ok {
		c.watches = append(c.watches, on)
	}
	if on, ok := p.(OnEnd); ok {
		c.ends = append(c.ends, on)
	}
}

// With is the chain with more policies behind its own.
func (c *Chain) With(more ...Policy) *Chain {
	if c == nil {
		return NewChain(more...)
	}
	return NewChain(append(append([]Policy(nil), c.policies...), more...)...)
}

// Names are the names of the policies, in their order.
func (c *Chain) Names() []string {
	if c == nil {
		return nil
	}
	names := make([]string, len(c.policies))
	for i, p := range c.policies {
		names[i] = p.Name()
	}
	return names
}

// stopped notes which policy has answered a request.
func (c *Chain) stopped(r *Request, by any) {
	named, ok := by.(Policy)
	if !ok || r == nil {
		return
	}
	for i, p := range c.policies {
		if p.Name() == named.Name() {
			r.StoppedBy = uint8(min(i+1, math.MaxUint8))
			return
		}
	}
}

// Request shows the head of a request to the policies, until one answers it.
func (c *Chain) Request(r *Request) *Answer {
	if c == nil {
		return nil
	}
	for _, p := range c.requests {
		if a := p.OnRequest(r); a != nil {
			c.stopped(r, p)
			return a
		}
	}
	return nil
}

// SeesBody reports whether a policy sees the body of requests as a stream.
func (c *Chain) SeesBody() bool { return c != nil && len(c.bodies) > 0 }

// Body shows a piece of a request's body to the policies, until one objects.
func (c *Chain) Body(r *Request, p Piece) *Answer {
	if c == nil {
		return nil
	}
	for _, on := range c.bodies {
		if a := on.OnBody(r, p); a != nil {
			return a
		}
	}
	return nil
}

// Wants is how many bytes of a request's body the policies want in one piece; 0 is none.
func (c *Chain) Wants(r *Request) (most int) {
	if c == nil {
		return 0
	}
	for _, p := range c.wants {
		most = max(most, p.WantsBody(r))
	}
	return most
}

// WholeBody shows a request's body to the policies that want it, to each as much as it
// wants, until one answers.
func (c *Chain) WholeBody(r *Request, body []byte, whole bool) *Answer {
	if c == nil {
		return nil
	}
	for _, p := range c.wants {
		most := p.WantsBody(r)
		if most == 0 {
			continue
		}
		part := body[:min(most, len(body))]
		if a := p.OnWholeBody(r, part, whole && len(part) == len(body)); a != nil {
			c.stopped(r, p)
			return a
		}
	}
	return nil
}

// SeesResponses reports whether a policy looks at responses, or changes their bodies.
func (c *Chain) SeesResponses() bool {
	return c != nil && len(c.responses)+len(c.transforms)+len(c.whole)+len(c.watches) > 0
}

// Response shows the head of a final response to the policies, until one gives another in
// its place. The policies nearest to the endpoint see it first.
func (c *Chain) Response(r *Request, h *Response) *Answer {
	if c == nil {
		return nil
	}
	for i := len(c.responses) - 1; i >= 0; i-- {
		if a := c.responses[i].OnResponse(r, h); a != nil {
			c.stopped(r, c.responses[i])
			return a
		}
	}
	return nil
}

// Answer shows an error of the gateway's own to the policies, and returns what they make of it. The
// policies nearest to the endpoint see it first, the next ones what those have made.
func (c *Chain) Answer(r *Request, a *Answer) *Answer {
	if c == nil {
		return a
	}
	for i := len(c.answers) - 1; i >= 0; i-- {
		if other := c.answers[i].OnAnswer(r, a); other != nil {
			a = other
		}
	}
	return a
}

// Interim shows the head of an interim response to the policies. The policies nearest to the
// endpoint see it first.
func (c *Chain) Interim(r *Request, h *Response) {
	if c == nil {
		return
	}
	for i := len(c.interims) - 1; i >= 0; i-- {
		c.interims[i].OnInterim(r, h)
	}
}

// Begins is how many bytes of the response's body are to be there before Transform is called.
func (c *Chain) Begins(r *Request, h *Response) (most int) {
	if c == nil {
		return 0
	}
	for _, p := range c.begins {
		most = max(most, p.Begins(r, h))
	}
	return most
}

// Transform is what changes the response's body; nil if nothing does.
func (c *Chain) Transform(r *Request, h *Response) Transform {
	if c == nil {
		return nil
	}
	var all Transform
	for i := len(c.transforms) - 1; i >= 0; i-- {
		t := c.transforms[i].Transform(r, h)
		switch {
		case t == nil:
		case all == nil:
			all = t
		default:
			all = &pipeline{first: all, second: t}
		}
	}
	return all
}

// WantsEnd reports whether a policy is told how requests end.
func (c *Chain) WantsEnd() bool { return c != nil && len(c.ends) > 0 }

// End tells the policies how a request ended.
func (c *Chain) End(r *Request, e *End) {
	if c == nil {
		return
	}
	for _, p := range c.ends {
		p.OnEnd(r, e)
	}
}

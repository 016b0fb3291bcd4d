// Package auth is the policy that lets only those use a route who can say who they are, and who may
// (routes[].auth).
//
// How that is found out is an Authenticator's. The policy tries those of the route in their order.
// The first one that accepts a request, and whose scopes and roles it meets, is enough. With none:
// 403 if the credentials were right and something else was missing, else 503 if some authenticator
// could not say, else the answer of one that refused, or 401 with the challenges of all.
package auth

import (
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy asks the authenticators of a route.
type Policy struct {
	choices []choice
	takes   []*http1.Edits // of all of them
	nothing string         // what is said of a request without any credentials
}

// A choice is one authenticator with what the route wants of those it accepts.
type choice struct {
	Authenticator
	kind       string
	scopes     []string   // all of them
	lacks      []string   // what is said where one of the scopes is missing, in their order
	roles      [][]string // one of each
	challenges [LittleScope + 1]string
	count      *count
}

// A Finder finds the authenticator that a route names; nil: there is none.
type Finder func(config.AuthRef) Authenticator

// Common is what the policies of all routes have in common.
type Common struct {
	Find Finder
	// Hide puts references to secrets in the place of their values: the scopes of a route may be
	// secrets, and logs name the one that is missing.
	Hide func(string) string
	// Counts counts what authenticators say.
	Counts *Counts
}

// New makes the policy of a route; nil for one that is for everybody.
func New(c *config.Route, all Common) (policy.Policy, error) {
	if c.Auth == nil {
		return nil, nil
	}
	p := &Policy{}
	named := choices(c.Auth)
	for i := range named {
		one, ref := &named[i], reference(&named[i])
		a := all.Find(ref)
		if a == nil {
			return nil, &UnknownError{ref}
		}
		ch := choice{
			Authenticator: a, kind: ref.Kind, scopes: one.Scopes,
			count: all.Counts.of(c.Name, ref),
		}
		if len(one.Roles) > 0 {
			ch.roles = append(ch.roles, one.Roles)
		}
		if len(c.Auth.AnyOf) > 0 {
			ch.scopes = slices.Concat(c.Auth.Scopes, one.Scopes)
			if len(c.Auth.Roles) > 0 {
				ch.roles = append(ch.roles, c.Auth.Roles)
			}
		}
		for _, s := range ch.scopes {
			ch.lacks = append(ch.lacks,
				"auth."+ch.kind+": the scope "+all.Hide(s)+" is missing")
		}
		for f := range ch.challenges {
			ch.challenges[f] = a.Challenge(Failure(f), ch.scopes)
		}
		if i > 0 {
			p.nothing += "; "
		}
		p.nothing += "auth." + ch.kind + ": the request has no credentials for it"
		p.choices = append(p.choices, ch)
		if t := a.Takes(); t != nil {
			p.takes = append(p.takes, t)
		}
	}
	return p, nil
}

// An UnknownError is an authenticator that a route names and that there is not.
type UnknownError struct{ Ref config.AuthRef }

// Error says which.
func (e *UnknownError) Error() string {
	if e.Ref == (config.AuthRef{}) {
		return "auth names no authenticator"
	}
	return "no entry of " + e.Ref.List() + " is named " + e.Ref.Name
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "auth" }

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	for _, t := range p.takes {
		r.Edit(t)
	}
	var f failures
	for i := range p.choices {
		c := &p.choices[i]
		o := c.Authenticate(r)
		if o.Verdict == Accepted {
			missing := c.missing(o.Identity)
			if missing == "" {
				r.Identity, r.Reply = o.Identity, o.Reply
				r.Edit(o.Edits)
				c.count.accepted.Add(1)
				return nil
			}
			o.Rule = missing
			f.forbidden = true
		}
		c.count.failed(o.Verdict)
		f.note(c, &o)
	}
	return p.refuse(r, &f)
}

// OnResponse is policy.OnResponse's.
func (*Policy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	h.Edit(r.Reply)
	return nil
}

// missing says what an identity lacks; "" for nothing.
func (c *choice) missing(id *policy.Identity) string {
	for i, s := range c.scopes {
		if !slices.Contains(id.Scopes, s) {
			return c.lacks[i]
		}
	}
	for _, group := range c.roles {
		if !slices.ContainsFunc(group, func(r string) bool {
			return slices.Contains(id.Roles, r)
		}) {
			return "auth." + c.kind + ": none of the roles is there"
		}
	}
	return ""
}

// failures are what the authenticators of a route said of a request that none of them accepts.
type failures struct {
	forbidden, unavailable bool
	rule                   string         // of what decides
	answer                 *policy.Answer // of the first that refuses with an own one
	decided                Verdict        // whose rule it is
	lines                  []byte         // the challenges
}

// note adds what one of them said.
func (f *failures) note(c *choice, o *Outcome) {
	failure := NoCredentials
	switch o.Verdict {
	case Refused:
		failure = BadCredentials
		if f.answer == nil {
			f.answer = o.Answer
		}
	case Accepted:
		failure = LittleScope
	case Unavailable:
		f.unavailable = true
	}
	// The rule is that of what decides: see the package's comment.
	if weight(o.Verdict) > weight(f.decided) || f.rule == "" {
		f.decided, f.rule = o.Verdict, o.Rule
	}
	if line := c.challenges[failure]; line != "" && o.Verdict != Unavailable {
		f.lines = append(append(append(f.lines, "WWW-Authenticate: "...), line...), "\r\n"...)
	}
}

// weight is how much a verdict counts where none accepts a request.
func weight(v Verdict) int {
	switch v {
	case Accepted: // and something is missing
		return 3
	case Unavailable:
		return 2
	case Refused:
		return 1
	}
	return 0
}

// refuse makes the answer.
func (p *Policy) refuse(r *policy.Request, f *failures) *policy.Answer {
	if f.answer != nil && !f.forbidden && !f.unavailable {
		if f.answer.Code == gwerr.Unauthenticated && len(f.lines) > 0 {
			return r.Extend(f.answer, string(f.lines)) // the client may have other credentials
		}
		return f.answer
	}
	if f.rule == "" {
		f.rule = p.nothing
	}
	room := r.Room()
	room.Answer = policy.Answer{Rule: f.rule, Code: gwerr.Unauthenticated, Lines: f.lines}
	switch {
	case f.forbidden:
		room.Answer.Code = gwerr.Forbidden
	case f.unavailable:
		room.Answer.Code, room.Answer.Lines = gwerr.AuthUnavailable, nil
	}
	return &room.Answer
}

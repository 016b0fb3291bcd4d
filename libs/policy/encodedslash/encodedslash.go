// Package encodedslash is the policy that refuses encoded slashes in paths, where a route
// does not allow them (routes[].allow_encoded_slash).
package encodedslash

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy refuses requests whose path has %2F: endpoints differ in whether it ends a
// segment, so what was matched might not be what is served (RFC 3986 section 2.2).
type Policy struct{}

// New makes the policy of a route; nil for one that allows encoded slashes.
func New(c *config.Route) (policy.Policy, error) {
	if c.AllowEncodedSlash {
		return nil, nil
	}
	return Policy{}, nil
}

// Name is policy.Policy's.
func (Policy) Name() string { return "encoded_slash" }

var refused = &policy.Answer{
	Code: gwerr.BadRequest, Close: true,
	Message: "the path has an encoded slash, which its route does not allow",
}

// OnRequest is policy.OnRequest's.
func (Policy) OnRequest(r *policy.Request) *policy.Answer {
	if r.Head.EncodedSlash {
		return refused
	}
	return nil
}

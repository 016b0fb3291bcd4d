package plan

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// What is answered to a path that its route does not take. They are made once, so that a
// flood of such requests does not cost an allocation for each.
var (
	noSlash = badPath("the path has an encoded slash, which its route does not allow" +
		" (allow_encoded_slash)")
	noBackslash = badPath("the path has an encoded backslash, which its route does not allow" +
		" (allow_encoded_backslash)")
	noParameters = badPath("the path has parameters, which its route does not allow" +
		" (path_normalization.parameters)")
	twoPaths = badPath("the path has doubled slashes and dot segments," +
		" which together may mean two paths")
	hiddenDots = badPath("an endpoint that decodes the path, or drops its parameters," +
		" finds dot segments in it")
	hiddenRoute = badPath("an endpoint that decodes the path, or drops its parameters," +
		" finds one that is for another route")
)

func badPath(message string) *policy.Answer {
	return &policy.Answer{Code: gwerr.BadRequest, Message: message, Close: true}
}

// Misread says why a request is refused whose path endpoints might read in another way than
// the route with this index, which it matched in t; nil where it goes on. q is the request as
// conditions see it. It allocates nothing for paths of common length.
func (p *Plan) Misread(
	t *Table, route int, r *http1.RequestHead, q routing.Request,
) *policy.Answer {
	c, odd := &p.Routes[route], r.Oddities
	encoded := odd&(http1.EncodedSlash|http1.EncodedBackslash) != 0
	parameters := odd&http1.Parameters != 0
	switch {
	case odd&http1.EncodedSlash != 0 && !c.AllowEncodedSlash:
		return noSlash
	case odd&http1.EncodedBackslash != 0 && !c.AllowEncodedBackslash:
		return noBackslash
	case parameters && c.PathNormalization.Parameters == config.ParametersRefuse:
		return noParameters
	case !c.PathNormalization.MergeSlashes && r.SlashesMatter():
		return twoPaths
	}
	if c.PathNormalization.Parameters == config.ParametersAllow {
		parameters = false
	}
	if !encoded && !parameters {
		return nil
	}
	var room [512]byte
	served, dots := r.AppendServed(room[:0])
	if dots {
		return hiddenDots
	}
	other, reach := t.Match(r.MethodName, r.Authority, served, q)
	switch {
	case reach == routing.NoMethod:
		return hiddenRoute
	case reach != routing.Found || other == route:
		return nil
	case encoded && !p.Routes[other].broader(c), p.Routes[other].protects():
		return hiddenRoute
	}
	return nil
}

// broader reports whether the route takes no narrower paths than another one.
func (r *Route) broader(other *Route) bool {
	return r.Path == "" && r.PathRegex == "" && len(r.PathPrefix) <= len(other.PathPrefix)
}

// protects reports whether the route does not serve everybody who asks.
func (r *Route) protects() bool {
	return r.Auth != nil || r.Clients != nil || r.ClientCertificate != nil ||
		len(r.RateLimit) > 0 || r.OpenAPI != nil && r.OpenAPI.Requests == "enforce"
}

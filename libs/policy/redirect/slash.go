package redirect

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Slash sends a client from /app to /app/, where path_prefix is written with the slash and is
// taken off. What is behind has its pages at / then, and without the slash their relative links
// lead out of /app.
type Slash struct {
	from string // without the slash
	to   Policy
}

// NewSlash makes the policy of a route; nil for one that takes no prefix off, or whose prefix has
// no slash at its end.
func NewSlash(c *config.Route) (policy.Policy, error) {
	from := strings.TrimRight(c.PathPrefix, "/")
	if c.Rewrite == nil || !c.Rewrite.StripPrefix || from == "" || from == c.PathPrefix {
		return nil, nil
	}
	return &Slash{from: from, to: Policy{path: from + "/"}}, nil
}

// Name is policy.Policy's.
func (*Slash) Name() string { return "trailing_slash" }

// OnRequest is policy.OnRequest's. Clients may make GET of a POST that is answered with 301, so it
// is 308 for all but GET and HEAD.
func (s *Slash) OnRequest(r *policy.Request) *policy.Answer {
	if string(r.Head.Path) != s.from || r.Call != nil || len(r.Head.Authority) == 0 {
		return nil
	}
	status := 301
	if r.Head.Method != http1.MethodGet && r.Head.Method != http1.MethodHead {
		status = 308
	}
	return s.to.answer(r, status)
}

// Package rewrite puts another prefix in the place of the one that a route matched, as
// routes[].rewrite does on the way to an endpoint and routes[].redirect in a Location field.
package rewrite

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A Prefix changes the front of a path. The zero Prefix leaves it.
type Prefix struct {
	cut int    // bytes at the front of the path that are replaced
	by  string // what comes in their place
	on  bool
	// stripped is the prefix that routes[].rewrite.strip_prefix takes off, "" for none.
	stripped string
}

// New makes the change of a route with routes[].rewrite; the zero Prefix without.
func New(r *config.Route) Prefix {
	w := r.Rewrite
	if w == nil || !w.StripPrefix && w.ReplacePrefix == "" {
		return Prefix{}
	}
	p := Replace(r.PathPrefix, w.ReplacePrefix)
	if w.StripPrefix {
		p.stripped = strings.TrimRight(r.PathPrefix, "/")
	}
	return p
}

// Stripped is the prefix that is taken off and nothing put in its place, without a slash at its
// end; "" for none.
func (p *Prefix) Stripped() string { return p.stripped }

// Replace has by come in the place of matched. A slash at the end of either means nothing, so
// "/" takes the prefix off.
func Replace(matched, by string) Prefix {
	p := Prefix{cut: len(strings.TrimRight(matched, "/")), by: strings.TrimRight(by, "/")}
	p.on = p.cut > 0 || p.by != ""
	return p
}

// On reports whether there is something to change.
func (p *Prefix) On() bool { return p.on }

// Append appends the path that takes the place of a path the route matched.
func (p *Prefix) Append(dst, path []byte) []byte {
	if len(path) == 0 || path[0] != '/' || len(path) < p.cut {
		return append(dst, path...) // "*" of OPTIONS has no prefix
	}
	rest := path[p.matched(path):]
	dst = append(dst, p.by...)
	if p.by == "" && (len(rest) == 0 || rest[0] != '/') {
		dst = append(dst, '/')
	}
	return append(dst, rest...)
}

// matched is how many bytes of a path the prefix took that the route matched. Doubled
// slashes count as one, where the route has them stay.
func (p *Prefix) matched(path []byte) int {
	i, last := 0, byte(0)
	for left := p.cut; left > 0 && i < len(path); i++ {
		if path[i] != '/' || last != '/' {
			left--
		}
		last = path[i]
	}
	return i
}

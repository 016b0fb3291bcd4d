package config

import (
	"fmt"
	"slices"
	"strings"
)

// notYet lists the documented keys whose engine this version does not have. A file that uses one is refused, so that nobody
// believes to be protected by a setting that does nothing. Whoever builds an engine deletes its lines.
var notYet = []struct {
	path    string   // [] is every entry of a list
	what    string   // that this version does not have
	allowed []string // values that ask for nothing
}{
	{"routes[].auth", "authentication", nil},
	{"routes[].openapi", "OpenAPI contracts", nil},
	{"routes[].rate_limit", "rate limits", nil},
	{"auth", "authentication", nil},
	{"tracing", "tracing", nil},
}

// unsupported returns a problem for each use of a key in notYet. damaged are the paths of values that no version has.
func unsupported(root *node, damaged map[string]bool) (ps Problems) {
	var t trail
	for _, e := range notYet {
		root.each(strings.Split(strings.ReplaceAll(e.path, "[]", ".[]"), "."), &t, place{}, func(n *node, at place) {
			if n.kind == nullNode || slices.Contains(e.allowed, n.text) && n.text != "" {
				return
			}
			path := t.String()
			if len(e.allowed) > 0 && damaged[path] {
				return
			}
			hint := "remove it"
			if len(e.allowed) > 0 {
				hint = "leave it at " + e.allowed[0]
			}
			ps.add(at.problem(path, CodeNotYet, fmt.Sprintf("this version does not have %s", e.what), hint))
		})
	}
	return ps
}

// each calls f for every value that a path leads to, given as its keys, in which [] stands for every entry of a list. at is
// the place of its key; t leads to it during the call.
func (n *node) each(path []string, t *trail, at place, f func(n *node, at place)) {
	switch {
	case len(path) == 0:
		f(n, at)
	case path[0] == "[]" && n.kind == listNode:
		for i := range n.values {
			t.enterIndex(i)
			n.values[i].each(path[1:], t, n.values[i].at, f)
			t.leave()
		}
	case n.kind == mapNode:
		for i := range n.keys {
			if n.keys[i].name == path[0] {
				t.enter(path[0])
				n.values[i].each(path[1:], t, n.keys[i].at, f)
				t.leave()
			}
		}
	}
}

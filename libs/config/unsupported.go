package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// A Refusal is a documented key that this version does not act on.
type Refusal struct {
	Path    string   // [] is every entry of a list
	What    string   // that this version does not have
	Allowed []string // values that ask for nothing; nil: every value is refused
}

// NotYet returns the documented keys whose engine this version does not have. A file that uses one
// is refused, so that nobody believes to be protected by a setting that does nothing. The
// change that adds an engine deletes its lines.
func NotYet() []Refusal {
	return []Refusal{
		{"routes[].rate_limit[].scope", "limits that a fleet shares", []string{ScopeNode}},
	}
}

// unsupported returns a problem for each use of a key in NotYet. damaged are the paths of values
// that no version has.
func unsupported(root *text.Node, damaged map[string]bool) (ps Problems) {
	var t text.Trail
	for _, e := range NotYet() {
		root.Each(strings.Split(strings.ReplaceAll(e.Path, "[]", ".[]"), "."), &t, text.Place{},
			func(n *text.Node, at text.Place) {
				if n.Kind == text.Null || slices.Contains(e.Allowed, n.Text) && n.Text != "" {
					return
				}
				path := t.String()
				if len(e.Allowed) > 0 && damaged[path] {
					return
				}
				hint := "remove it"
				if len(e.Allowed) > 0 {
					hint = "leave it at " + e.Allowed[0]
				}
				ps.Add(at.Problem(path, CodeNotYet,
					fmt.Sprintf("this version does not have %s", e.What), hint))
			})
	}
	return ps
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// mirror checks where copies of a route's requests go, and what is compared.
func (v *validator) mirror(r *Route, at spot) {
	for j := range r.Mirror {
		m, path := &r.Mirror[j], v.entryPath(at, "mirror", j)
		v.mirrorCluster(r, j, path)
		if m.Compare != nil {
			v.compare(m.Compare, text.JoinKey(path, "compare"))
		}
	}
}

// mirrorsToItself finds a mirror to a cluster that the requests go to themselves.
func (v *validator) mirrorsToItself(r *Route, at spot) {
	for j := range r.Mirror {
		name := r.Mirror[j].Cluster
		if name == r.Cluster || slices.ContainsFunc(r.Split,
			func(s Share) bool { return s.Cluster == name && s.Weight > 0 }) {
			v.caution(v.entryPath(at, "mirror", j), CodeMirrorsToItself, fmt.Sprintf(
				"the route sends its requests to %s, which gets the copies too: it does twice "+
					"what they ask for", text.Quote(name)), "name another cluster")
		}
	}
}

// entryPath is the path of an entry of a route's list, as the file has it: a list and a mapping
// that stands for one entry are told apart.
func (v *validator) entryPath(at spot, key string, j int) string {
	list := at.of(key).String()
	if n := v.root.Value(list); n != nil && n.Kind == text.Map {
		return list
	}
	return text.JoinIndex(list, j)
}

// mirrorCluster checks which cluster gets the copies of a mirror.
func (v *validator) mirrorCluster(r *Route, j int, path string) {
	name := r.Mirror[j].Cluster
	same := func(m Mirror) bool { return m.Cluster == name }
	switch {
	case name == "": // missing says so
	case !v.clusters[name]:
		v.unknownCluster(text.JoinKey(path, "cluster"), name)
	case slices.ContainsFunc(r.Mirror[:min(j, 100)], same):
		v.add(text.JoinKey(path, "cluster"), CodeDupName, fmt.Sprintf(
			"the cluster %s has a mirror already", text.Quote(name)), "remove one")
	}
}

// compare checks what of two answers is compared.
func (v *validator) compare(c *Compare, path string) {
	if !c.Status && len(c.Headers) == 0 && c.Body == BodyOff && !v.damagedWithin(path) {
		v.add(path, CodeConflict, "nothing is compared", "compare status, headers or body")
	}
	for j, name := range c.Headers {
		at := text.JoinIndex(text.JoinKey(path, "headers"), j)
		switch {
		case !validToken(name):
			v.add(at, CodeHeader, fmt.Sprintf("%s is no name of a header field",
				text.Quote(name)), "")
		case slices.ContainsFunc(c.Headers[:min(j, 100)],
			func(o string) bool { return strings.EqualFold(o, name) }):
			v.add(at, CodeHeader, fmt.Sprintf("%s is in this list twice", text.Quote(name)),
				"remove one")
		}
	}
	ignore := text.JoinKey(path, "ignore")
	if len(c.Ignore) > 0 && c.Body != BodyJSON && !v.damaged[text.JoinKey(path, "body")] {
		v.add(ignore, CodeConflict, "pointers lead to values of JSON, and bodies are not compared "+
			"as that", "add body: json, or remove it")
	}
	for j, p := range c.Ignore {
		at := text.JoinIndex(ignore, j)
		if _, err := ParsePointer(p); err != nil {
			hint := "write /ts, /items/0/id, or /items/*/id for all of them"
			if rest, ok := strings.CutPrefix(p, "$."); ok {
				hint = "write /" + strings.ReplaceAll(rest, ".", "/")
			} else if p != "" && !strings.HasPrefix(p, "/") {
				hint = "write /" + p
			}
			v.add(at, CodeValue, fmt.Sprintf("%s %s", text.Quote(p), err), hint)
		} else if slices.Contains(c.Ignore[:min(j, 100)], p) {
			v.add(at, CodeValue, fmt.Sprintf("%s is in this list twice", text.Quote(p)),
				"remove one")
		}
	}
}

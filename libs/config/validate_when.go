package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/pattern"
)

// paths checks which paths a route matches.
func (v *validator) paths(r *Route, at spot, longest int) {
	keys := []string{}
	for _, k := range []struct{ key, value string }{
		{"path", r.Path}, {"path_prefix", r.PathPrefix}, {"path_regex", r.PathRegex},
	} {
		if k.value != "" {
			keys = append(keys, k.key)
		}
	}
	if len(keys) > 1 {
		v.add(at.of(keys[1]).String(), CodeConflict, fmt.Sprintf(
			"a route matches by one of path, path_prefix and path_regex, and this one has %s",
			strings.Join(keys, " and ")), "remove one, or make two routes")
		return
	}
	switch {
	case r.Path != "":
		v.wholePath(r, at, longest)
	case r.PathRegex != "":
		if _, err := pattern.Compile(v.value(r.PathRegex)); err != nil {
			v.wrong(at.of("path_regex").String(), CodeRegex, r.PathRegex, err, regexHint)
		}
	default:
		v.prefix(r, at, longest)
	}
}

const regexHint = "write RE2 (https://github.com/google/re2/wiki/Syntax)"

// wholePath checks the path of a route that matches one alone.
func (v *validator) wholePath(r *Route, at spot, longest int) {
	value := v.value(r.Path)
	_, err := normalPrefix(value, r.escapes())
	var never unreachable
	switch {
	case errors.As(err, &never):
		v.wrong(at.of("path").String(), CodeUnreachable, r.Path, err, never.hint)
	case err != nil && strings.Contains(value, "*"):
		v.wrong(at.of("path").String(), CodePrefix, r.Path, err,
			"write path_prefix for everything below a path, or path_regex")
	case err != nil:
		v.wrong(at.of("path").String(), CodePrefix, r.Path, err, "write /login to match it alone")
	case len("GET  HTTP/1.1")+len(value) > longest:
		v.wrong(at.of("path").String(), CodeUnreachable, r.Path,
			fmt.Errorf("is longer than any listener lets a request line be, which is %d bytes",
				longest), "raise max_request_line_bytes, or shorten it")
	}
}

// when checks the conditions of a route.
func (v *validator) when(w *When, at spot) {
	path := at.of("when").String()
	for _, kind := range []struct {
		key, thing string
		tests      map[string]Match
		token      bool
	}{
		{"headers", "header field", w.Headers, true}, {"query", "parameter", w.Query, false},
		{"cookies", "cookie", w.Cookies, true},
	} {
		seen := make(map[string]string)
		for _, name := range slices.Sorted(maps.Keys(kind.tests)) {
			at, m := text.JoinKey(path, text.JoinKey(kind.key, name)), kind.tests[name]
			if kind.token && !validToken(name) || name == "" {
				v.add(at, CodeHeader, fmt.Sprintf("%s is no name of a %s", text.Quote(name),
					kind.thing), "")
			}
			if kind.key == "headers" {
				lower := strings.ToLower(name)
				if first, ok := seen[lower]; ok {
					v.add(at, CodeHeader, fmt.Sprintf(
						"%s is the field %s again, since names have no case", text.Quote(name),
						text.Quote(first)), "remove one")
				}
				seen[lower] = name
			}
			v.match(&m, at)
		}
	}
}

// match checks one test of a value.
func (v *validator) match(m *Match, at string) {
	switch n := m.set(); {
	case n == 0 && !v.damagedWithin(at):
		v.add(at, CodeMissing, "it does not say what the value must be",
			"write a text, or one of prefix, suffix, regex, present and not")
	case n > 1:
		v.add(at, CodeConflict, "a value is held against one of exact, prefix, suffix, regex, "+
			"present and not, and here are several", "keep one; path_regex and regex can say more")
	case m.Regex != "":
		if _, err := pattern.Compile(v.value(m.Regex)); err != nil {
			v.wrong(text.JoinKey(at, "regex"), CodeRegex, m.Regex, err, regexHint)
		}
	}
}

// damagedWithin says whether a value below a path could not be decoded.
func (v *validator) damagedWithin(path string) bool {
	for at := range v.damaged {
		if strings.HasPrefix(at, path) {
			return true
		}
	}
	return false
}

// routeListeners checks the listeners that a route is bound to.
func (v *validator) routeListeners(r *Route, at spot) {
	for j, name := range r.Listeners {
		at := at.item("listeners", j).String()
		i := slices.IndexFunc(v.doc.Listeners, func(l Listener) bool { return l.Name == name })
		switch {
		case slices.Contains(r.Listeners[:min(j, 1000)], name):
			v.add(at, CodeValue, fmt.Sprintf("%s is in this list twice", text.Quote(name)),
				"remove one")
		case i < 0:
			names := make([]string, len(v.doc.Listeners))
			for k := range v.doc.Listeners {
				names[k] = v.doc.Listeners[k].Name
			}
			v.suggestions++
			v.add(at, CodeListener, fmt.Sprintf("no listener is named %s", text.Quote(name)),
				suggest(name, names, "the listeners are ", v.suggestions))
		case v.doc.Listeners[i].Protocol == ProtocolTCP:
			v.add(at, CodeConflict, fmt.Sprintf(
				"the listener %s has protocol tcp, and no request", text.Quote(name)),
				"name a listener with protocol: http")
		}
	}
}

// same says whether two routes have the same conditions.
func (w *When) same() string {
	if w == nil {
		return ""
	}
	var b strings.Builder
	for i, tests := range []map[string]Match{w.Headers, w.Query, w.Cookies} {
		for _, name := range slices.Sorted(maps.Keys(tests)) {
			m := tests[name]
			if i == 0 {
				name = strings.ToLower(name)
			}
			fmt.Fprintf(&b, "%d %q ", i, name)
			switch {
			case m.Exact != nil:
				fmt.Fprintf(&b, "exact %q;", *m.Exact)
			case m.Present != nil:
				fmt.Fprintf(&b, "present %t;", *m.Present)
			case m.Not != nil:
				fmt.Fprintf(&b, "not %q;", *m.Not)
			default:
				fmt.Fprintf(&b, "%q %q %q;", m.Prefix, m.Suffix, m.Regex)
			}
		}
	}
	for _, c := range w.Clients {
		fmt.Fprintf(&b, "%s;", c)
	}
	return b.String()
}

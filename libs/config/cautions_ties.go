package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/pattern"
)

// ties finds routes that one request can match and of which only the name decides: a host and a
// path in common, as many conditions of each kind, and conditions that can be met together.
func (v *validator) ties() {
	type match struct{ host, path string }
	groups := make(map[match][]int)
	told := make(map[int]bool)
	for i := range v.doc.Routes {
		r := &v.doc.Routes[i]
		path, err := v.matchedPath(r)
		if r.When == nil || err != nil {
			continue
		}
		hosts := r.Hosts
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		for _, h := range hosts {
			host, err := hostname.Pattern(v.value(h))
			if err != nil {
				continue
			}
			m := match{host, path}
			for _, j := range groups[m][:min(len(groups[m]), mostCompared)] {
				if !told[i] && v.tie(r, &v.doc.Routes[j]) {
					told[i] = true
					v.tellTie(i, j)
				}
			}
			groups[m] = append(groups[m], i)
		}
	}
}

func (v *validator) tellTie(i, j int) {
	first, line := min(v.doc.Routes[i].Name, v.doc.Routes[j].Name), ""
	if at := v.root.Find(text.JoinIndex("routes", j)); at.Line > 0 {
		line = fmt.Sprintf(" in line %d", at.Line)
	}
	v.caution(text.JoinIndex("routes", i), CodeTie, fmt.Sprintf("a request can meet the "+
		"conditions of this route and of routes[%d] %s%s, and only the name decides: it goes to %s",
		j, text.Quote(v.doc.Routes[j].Name), line, text.Quote(first)),
		"give one of them a condition more, or the other a condition with not or present: false")
}

// tie says whether only the name decides between two routes of one host and path.
func (v *validator) tie(a, b *Route) bool {
	return a.Name != b.Name && overlap(a.Methods, b.Methods) && meet(a.Listeners, b.Listeners) &&
		a.When.counts() == b.When.counts() && v.together(a.When, b.When)
}

// counts are how many conditions of each kind there are, in the order in which they count.
func (w *When) counts() [4]int {
	clients := 0
	if len(w.Clients) > 0 {
		clients = 1
	}
	return [4]int{len(w.Headers), len(w.Query), len(w.Cookies), clients}
}

// together says whether a request can meet the conditions of both, as far as that can be told: it
// is false where it can't.
func (v *validator) together(a, b *When) bool {
	fields := func(tests map[string]Match) map[string]Match {
		lower := make(map[string]Match, len(tests))
		for name, m := range tests {
			lower[strings.ToLower(name)] = m
		}
		return lower
	}
	return v.allTogether(fields(a.Headers), fields(b.Headers)) &&
		v.allTogether(a.Query, b.Query) && v.allTogether(a.Cookies, b.Cookies) &&
		(len(a.Clients) == 0 || len(b.Clients) == 0 ||
			slices.ContainsFunc(a.Clients, func(p netip.Prefix) bool {
				return slices.Contains(b.Clients, p) ||
					slices.ContainsFunc(b.Clients, p.Overlaps)
			}))
}

func (v *validator) allTogether(a, b map[string]Match) bool {
	for name, m := range a {
		if o, ok := b[name]; ok && !v.bothTogether(&m, &o) && !v.bothTogether(&o, &m) {
			return false
		}
	}
	return true
}

// bothTogether says whether a value is known that meets both tests. It is asked both ways round.
func (v *validator) bothTogether(m, o *Match) bool {
	switch {
	case m.Exact != nil:
		return v.meets(o, v.value(*m.Exact))
	case m.Present != nil && !*m.Present:
		return o.Not != nil || o.Present != nil && !*o.Present
	case m.Present != nil:
		return o.Prefix != "" || o.Suffix != "" || o.Regex != "" || o.Not != nil ||
			o.Present != nil && *o.Present
	case m.Prefix != "" && o.Suffix != "":
		return true
	case m.Prefix != "" && o.Prefix != "":
		return strings.HasPrefix(v.value(o.Prefix), v.value(m.Prefix))
	case m.Suffix != "" && o.Suffix != "":
		return strings.HasSuffix(v.value(o.Suffix), v.value(m.Suffix))
	case m.Not != nil:
		return o.Prefix != "" || o.Suffix != "" || o.Not != nil
	}
	return false
}

// meets says whether a value that is there meets a test.
func (v *validator) meets(m *Match, value string) bool {
	switch {
	case m.Exact != nil:
		return value == v.value(*m.Exact)
	case m.Present != nil:
		return *m.Present
	case m.Not != nil:
		return value != v.value(*m.Not)
	case m.Regex != "":
		re, err := pattern.Compile(v.value(m.Regex))
		return err == nil && re.MatchString(value)
	}
	return strings.HasPrefix(value, v.value(m.Prefix)) &&
		strings.HasSuffix(value, v.value(m.Suffix))
}

package fromcaddy

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A match is what a request must have, as far as routes can say it.
type match struct {
	path, prefix, regex string // at most one
	// rough says that the prefix is for paths that Caddy's is not for: its own path without the
	// slash, or what begins so within a segment.
	rough   bool
	methods []string
	hosts   []string
	scheme  string // "": any
	when    draft.Map
	// outside are the ranges that clients have to be outside of, as in `not remote_ip`.
	outside []string
}

// conditional says whether more than a path is asked for.
func (m match) conditional() bool {
	return len(m.methods) > 0 || len(m.hosts) > 0 || m.scheme != "" || len(m.when) > 0 ||
		len(m.outside) > 0
}

// anyPath says whether every path is good.
func (m match) anyPath() bool { return m.path == "" && m.prefix == "" && m.regex == "" }

// covers says whether every path of another match is one of this.
func (m match) covers(o match) bool {
	switch {
	case m.anyPath():
		return true
	case m.path != "":
		return m.path == o.path
	case m.regex != "":
		return m.regex == o.regex
	}
	return within(o.prefix, m.prefix) || within(o.path, m.prefix)
}

// within says whether a path is a prefix or below it.
func within(path, prefix string) bool {
	bare := strings.TrimSuffix(prefix, "/")
	return path != "" && (path == prefix || path == bare || strings.HasPrefix(path, bare+"/"))
}

// and returns what both ask for; false where no request has both, or no route can say it.
func (m match) and(o match) (match, bool) {
	both := m
	switch {
	case m.covers(o):
		both.path, both.prefix, both.regex, both.rough = o.path, o.prefix, o.regex, o.rough
	case o.covers(m):
	default:
		return match{}, false
	}
	if len(m.methods) > 0 && len(o.methods) > 0 {
		both.methods = nil
		for _, method := range m.methods {
			if slices.Contains(o.methods, method) {
				both.methods = append(both.methods, method)
			}
		}
		if len(both.methods) == 0 {
			return match{}, false
		}
	} else {
		both.methods = slices.Concat(m.methods, o.methods)
	}
	if len(m.hosts) > 0 && len(o.hosts) > 0 {
		return match{}, false
	}
	both.hosts = slices.Concat(m.hosts, o.hosts)
	if m.scheme != "" && o.scheme != "" && m.scheme != o.scheme {
		return match{}, false
	}
	both.scheme = m.scheme + o.scheme
	if m.scheme == o.scheme {
		both.scheme = m.scheme
	}
	both.when = m.when.Clone()
	for _, kind := range o.when {
		if _, ok := kind.Value.(draft.Map); !ok {
			if both.when.Get(kind.Key) != nil {
				return match{}, false
			}
			both.when.Put(kind.Key, kind.Value)
			continue
		}
		had, _ := both.when.Get(kind.Key).(draft.Map)
		had = had.Clone()
		for _, p := range kind.Value.(draft.Map) {
			if had.Get(p.Key) != nil {
				return match{}, false
			}
			had.Put(p.Key, p.Value)
		}
		both.when.Put(kind.Key, had)
	}
	both.outside = slices.Concat(m.outside, o.outside)
	return both, true
}

// ofPath returns the match of a path as Caddy writes it. why says why there is none, or is "".
func ofPath(path string) (m match, why string) {
	star := strings.Count(path, "*")
	switch {
	case path == "*" || path == "/*":
		return match{}, ""
	case !strings.HasPrefix(path, "/") && star == 0 || strings.ContainsAny(path, "{?#"):
		return m, "a path begins with a slash, and has no placeholders"
	case star == 0:
		return match{path: path}, ""
	case star == 1 && strings.HasSuffix(path, "*"):
		return match{prefix: path[:len(path)-1], rough: true}, ""
	}
	var b strings.Builder
	for i, part := range strings.Split(path, "*") {
		if i > 0 {
			b.WriteString(".*")
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	return match{regex: b.String()}, ""
}

// matchers are those that a site names.
type matchers map[string]*line

// of returns the matches of the first argument of a directive, if it is a matcher, and the
// arguments
// that are left. Several are alternatives.
func (im *importer) of(l *line, known matchers) (all []match, args []string, why string) {
	args = l.args()
	if len(args) == 0 {
		return []match{{}}, args, ""
	}
	first := args[0]
	switch {
	case first == "*":
		return []match{{}}, args[1:], ""
	case strings.HasPrefix(first, "@"):
		named := known[first]
		if named == nil {
			return nil, args[1:], "there is no matcher " + first
		}
		all, why = im.named(named)
		return all, args[1:], why
	case strings.HasPrefix(first, "/"):
		m, why := ofPath(first)
		return []match{m}, args[1:], why
	}
	return []match{{}}, args, ""
}

// named returns the matches of @name.
func (im *importer) named(l *line) (all []match, why string) {
	parts := l.block
	if !l.open {
		parts = []*line{{Place: l.Place, words: l.words[1:]}}
	} else if len(l.words) > 1 {
		parts = []*line{{Place: l.Place, words: l.words[1:], block: l.block, open: true}}
	}
	all = []match{{}}
	for _, p := range parts {
		if len(p.words) == 0 {
			return nil, "it asks for nothing"
		}
		some, why := one(p)
		if why != "" {
			return nil, why
		}
		var next []match
		for _, a := range all {
			for _, b := range some {
				if both, ok := a.and(b); ok {
					next = append(next, both)
				}
			}
		}
		if len(next) == 0 || len(next) > 64 {
			return nil, "its conditions can't be joined here"
		}
		all = next
	}
	return all, ""
}

// one returns the matches of one condition. Several are alternatives.
func one(l *line) (all []match, why string) {
	args := l.args()
	const kept = "this gateway has no such condition"
	switch l.name() {
	case "path":
		for _, path := range args {
			m, why := ofPath(path)
			if why != "" {
				return nil, why
			}
			all = append(all, m)
		}
		return all, ""
	case "path_regexp":
		e := last(args)
		if _, err := regexp.Compile(e); err != nil {
			return nil, "its expression can't be read"
		}
		return []match{{regex: ".*(?:" + e + ").*"}}, ""
	case "method":
		for i := range args {
			args[i] = strings.ToUpper(args[i])
		}
		return []match{{methods: args}}, ""
	case "host":
		return []match{{hosts: args}}, ""
	case "protocol":
		if l.arg(0) == "http" || l.arg(0) == "https" {
			return []match{{scheme: l.arg(0)}}, ""
		}
	case "remote_ip", "client_ip":
		ranges, why := ranges(args)
		return []match{{when: draft.Map{{Key: "clients", Value: ranges}}}}, why
	case "header":
		return fieldMatch(l)
	case "header_regexp":
		if len(args) < 2 {
			return nil, kept
		}
		field, e := args[len(args)-2], args[len(args)-1]
		if _, err := regexp.Compile(e); err != nil {
			return nil, "its expression can't be read"
		}
		return []match{{when: when("headers", field, draft.Map{
			{Key: "regex", Value: ".*(?:" + e + ").*"}})}}, ""
	case "query":
		m := match{}
		for _, a := range args {
			name, value, _ := strings.Cut(a, "=")
			test := any(value)
			if value == "*" {
				test = draft.Map{{Key: "present", Value: true}}
			}
			joined, ok := m.and(match{when: when("query", name, test)})
			if !ok || name == "" {
				return nil, "a parameter of the query has one value here"
			}
			m = joined
		}
		return []match{m}, ""
	case "not":
		return not(l)
	}
	return nil, kept + " (" + l.name() + ")"
}

func when(kind, name string, test any) draft.Map {
	return draft.Map{{Key: kind, Value: draft.Map{{Key: name, Value: test}}}}
}

// fieldMatch is the condition about a header field.
func fieldMatch(l *line) ([]match, string) {
	name, value := l.arg(0), l.arg(1)
	if len(l.args()) > 2 || name == "" {
		return nil, "this gateway has no such condition"
	}
	var test any
	switch absent, no := strings.CutPrefix(name, "!"); {
	case no:
		name, test = absent, draft.Map{{Key: "present", Value: false}}
	case value == "" || value == "*":
		test = draft.Map{{Key: "present", Value: true}}
	case !strings.Contains(value, "*"):
		test = value
	case strings.Count(value, "*") == 1 && strings.HasSuffix(value, "*"):
		test = draft.Map{{Key: "prefix", Value: strings.TrimSuffix(value, "*")}}
	case strings.Count(value, "*") == 1 && strings.HasPrefix(value, "*"):
		test = draft.Map{{Key: "suffix", Value: strings.TrimPrefix(value, "*")}}
	case strings.Count(value, "*") == 2 && len(value) > 2 && strings.HasPrefix(value, "*") &&
		strings.HasSuffix(value, "*"):
		test = draft.Map{{Key: "regex", Value: ".*" + regexp.QuoteMeta(value[1:len(value)-1]) +
			".*"}}
	default:
		return nil, "a * stands at an end of a value here"
	}
	return []match{{when: when("headers", name, test)}}, ""
}

// not is the opposite of a condition, where there is one.
func not(l *line) ([]match, string) {
	const kept = "this gateway has no opposite of it"
	inner := l.block
	if !l.open {
		inner = []*line{{Place: l.Place, words: l.args()}}
	}
	if len(inner) != 1 || len(inner[0].words) == 0 {
		return nil, kept
	}
	i := inner[0]
	switch i.name() {
	case "remote_ip", "client_ip":
		ranges, why := ranges(i.args())
		return []match{{outside: ranges}}, why
	case "header":
		switch {
		case len(i.args()) == 1:
			return []match{{when: when("headers", i.arg(0), draft.Map{
				{Key: "present", Value: false}})}}, ""
		case len(i.args()) == 2 && !strings.Contains(i.arg(1), "*"):
			return []match{{when: when("headers", i.arg(0), draft.Map{
				{Key: "not", Value: i.arg(1)}})}}, ""
		}
	case "query":
		name, value, _ := strings.Cut(i.arg(0), "=")
		if len(i.args()) == 1 && value == "*" {
			return []match{{when: when("query", name, draft.Map{{Key: "present", Value: false}})}},
				""
		} else if len(i.args()) == 1 {
			return []match{{when: when("query", name, draft.Map{{Key: "not", Value: value}})}}, ""
		}
	case "protocol":
		switch i.arg(0) {
		case "http":
			return []match{{scheme: "https"}}, ""
		case "https":
			return []match{{scheme: "http"}}, ""
		}
	}
	return nil, kept
}

// ranges reads ranges of addresses.
func ranges(args []string) (found []string, why string) {
	var all []string
	for _, a := range args {
		if a == "forwarded" {
			return nil, "clients are those of `trusted_proxies` of the listener here"
		}
		if a == "private_ranges" {
			all = append(all, "192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8",
				"fd00::/8", "::1/128")
			continue
		}
		if p, err := netip.ParsePrefix(a); err == nil {
			all = append(all, p.Masked().String())
		} else if address, err := netip.ParseAddr(a); err == nil && address.Zone() == "" {
			all = append(all, netip.PrefixFrom(address, address.BitLen()).String())
		} else {
			return nil, "it is no range of addresses"
		}
	}
	if len(all) == 0 {
		return nil, "it has no range of addresses"
	}
	for _, a := range all {
		if p := netip.MustParsePrefix(a).Masked().String(); !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found, ""
}

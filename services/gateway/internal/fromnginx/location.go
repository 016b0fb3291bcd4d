package fromnginx

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// location is one location of a server, nested ones taken out of those around them.
type location struct {
	scope *scope
	from  *directive
	sign  string // "", "=", "^~", "~" or "~*"
	path  string
	// named is the name of the location that answers in its place.
	named string
	// within is the prefix of the location around one with an expression.
	within string
}

// flatten lists the locations of a block with those nested in them.
func (im *importer) flatten(s *scope, around string) (all []*location) {
	for _, d := range named(s.list, "location") {
		l := &location{scope: &scope{s, d.block}, from: d, path: d.arg(0), within: around}
		for _, sign := range []string{"=", "^~", "~*", "~"} {
			if l.path == sign {
				l.sign, l.path = sign, d.arg(1)
				break
			}
			if cut, ok := strings.CutPrefix(l.path, sign); ok && len(d.args) == 1 {
				l.sign, l.path = sign, cut
				break
			}
		}
		all = append(all, l)
		inside := around
		if l.sign == "" || l.sign == "^~" {
			inside = l.path
		}
		all = append(all, im.flatten(l.scope, inside)...)
	}
	return all
}

// locations puts the routes of a server's locations into the draft. conditional are those that come
// before each of them under a condition.
func (im *importer) locations(sv *server, name string, conditional []*route) {
	all := im.flatten(sv.scope, "")
	var patterns []*location
	for _, l := range all {
		if strings.HasPrefix(l.sign, "~") && !im.skipped[l.from] {
			patterns = append(patterns, l)
		}
	}
	least := 0
	for _, l := range all {
		if l.sign == "" {
			least = max(least, len(regexp.QuoteMeta(l.path)+".*"))
		}
	}
	expressions := im.expressions(patterns, least)
	patterns = slices.DeleteFunc(patterns, func(l *location) bool { return expressions[l] == "" })
	covered, root := map[string]bool{}, false
	for _, l := range all {
		if l.sign == "" || l.sign == "=" || l.sign == "^~" {
			covered[l.path] = true
			root = root || l.path == "/" && l.sign != "="
		}
	}
	for _, l := range all {
		if strings.HasPrefix(l.path, "@") {
			continue // where others go to
		}
		r := &route{hint: name, from: l.from}
		switch l.sign {
		case "=":
			r.path = l.path
		case "~", "~*":
			if r.regex = expressions[l]; r.regex == "" {
				continue // which was noted
			}
		default:
			if r.prefix = l.path; r.prefix == "/" {
				r.prefix = ""
			}
		}
		if !strings.HasPrefix(l.path, "/") && r.regex == "" {
			im.draft.LeftOut(l.from.Place, l.from.text(), "its path does not begin with a slash")
			continue
		}
		im.location(sv, l, r, conditional, patterns, covered)
	}
	if !root {
		r := &route{hint: name + "-other", from: sv.from}
		r.keys = draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 404}}}}
		if p := sv.scope.find("root"); p != nil && len(all) == 0 {
			im.draft.LeftOut(sv.from.Place, "server", noFiles)
		}
		im.withConditions(sv, r, sv.scope, conditional)
	}
}

const noFiles = "this gateway serves no files; its requests are answered with 404"

// withConditions puts a route into the draft, and before it the same under each condition.
func (im *importer) withConditions(sv *server, r *route, s *scope, conditional []*route) {
	for _, c := range conditional {
		with := *r
		with.keys, with.when, with.methods, with.from = c.keys, c.when, c.methods, c.from
		im.put(sv, &with, s, c.from, c.own)
	}
	im.put(sv, r, s, r.from, nil)
}

// location puts one location into the draft.
func (im *importer) location(
	sv *server, l *location, r *route, conditional []*route, patterns []*location,
	covered map[string]bool,
) {
	here := slices.Clone(conditional)
	sv.asked = asked{}
	for _, d := range l.scope.list {
		if d.name != "if" {
			continue
		}
		if t, ok := testOf(d); ok && t.variable == "request_method" && t.sign == "!~" &&
			alternatives(t.value) != nil {
			r.methods = alternatives(t.value)
			im.draft.Differs(d.Place, d.text(), "other methods are answered with 405")
			continue
		}
		if c := im.condition(sv, l.scope, d); c != nil && c.hosts == nil && c.on == nil {
			here = append(here, c)
		} else if c != nil {
			im.leave(d, "conditions about hosts and schemes count for a whole server here")
		}
	}
	if d := l.scope.find("limit_except"); d != nil && slices.Contains(l.scope.list, d) {
		r.methods = slices.Clone(d.args)
		if slices.Contains(r.methods, "GET") && !slices.Contains(r.methods, "HEAD") {
			r.methods = append(r.methods, "HEAD")
		}
		im.draft.Differs(d.Place, d.text(), "no other method is let through for anybody; they are "+
			"answered with 405")
		im.skipped[d] = true
	}
	answer := im.answer(sv, l, r)
	s := l.scope
	if answer != nil {
		s = answer
	}
	if r.keys == nil {
		return
	}
	prefix := r.prefix
	im.beaten(l, r, patterns)
	if r.prefix != "" && r.keys.Get("respond") == nil && l.sign != "=" && !strings.HasSuffix(prefix,
		"/") && !slices.Contains(im.partly, l.from) {
		im.partly = append(im.partly, l.from)
	}
	if bare := strings.TrimSuffix(prefix, "/"); bare != prefix && bare != "" && !covered[bare] &&
		r.keys.Get("cluster") != nil {
		slash := &route{hint: r.hint, from: l.from, path: bare}
		slash.keys = draft.Map{{Key: "redirect", Value: draft.Map{
			{Key: "path", Value: prefix}, {Key: "status", Value: 301}}}}
		im.put(sv, slash, sv.scope, l.from, nil)
	}
	im.withConditions(sv, r, s, here)
}

// answer maps what a location does with its requests into the keys of the route. The scope is that
// of the named location that does it, if it is one.
func (im *importer) answer(sv *server, l *location, r *route) *scope {
	s := l.scope
	if im.rewritePhase(sv, l, r) {
		return nil
	}
	if len(named(s.list, "internal")) > 0 {
		r.keys = draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 404}}}}
		im.skipped[l.from] = true
		return nil
	}
	pass := named(s.list, "proxy_pass")
	grpc := named(s.list, "grpc_pass")
	for _, other := range []string{"fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass",
		"content_by_lua_block", "content_by_lua_file", "js_content", "stub_status", "status",
		"empty_gif", "flv", "mp4", "perl", "dav_methods", "api", "hls"} {
		if d := named(s.list, other); len(d) > 0 && len(pass) == 0 && len(grpc) == 0 {
			r.keys = im.none(l.from, other+" is nothing that this gateway does")
			im.skipped[l.from] = true
			return nil
		}
	}
	switch {
	case len(pass) > 0:
		im.proxy(sv, s, pass[len(pass)-1], r)
		return nil
	case len(grpc) > 0:
		im.proxy(sv, s, grpc[len(grpc)-1], r)
		return nil
	}
	if d := s.find("try_files"); d != nil && len(d.args) > 0 {
		last := d.last()
		if strings.HasPrefix(last, "@") && l.named == "" {
			for _, at := range named(sv.scope.list, "location") {
				if at.arg(0) == last {
					im.draft.LeftOut(d.Place, d.name, "this gateway serves no files; all "+
						"requests go to where those without a file went")
					named := &location{scope: &scope{sv.scope, at.block}, from: l.from,
						path: l.path, named: last}
					im.answer(sv, named, r)
					return named.scope
				}
			}
		}
	}
	if len(l.scope.list) > 0 && len(named(l.scope.list, "location")) == len(l.scope.list) {
		if l.sign != "" || l.path != "/" {
			return nil // others are in it, and that is all
		}
	}
	if deny := named(l.scope.list, "deny"); len(deny) > 0 && deny[0].arg(0) == "all" &&
		len(named(l.scope.list, "allow")) == 0 {
		r.keys = draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 403}}}}
		return nil
	}
	r.keys = im.none(l.from, "this gateway serves no files")
	im.skipped[l.from] = true
	return nil
}

// rewritePhase maps what comes before proxy_pass. It returns true where that answers.
func (im *importer) rewritePhase(sv *server, l *location, r *route) bool {
	for _, d := range l.scope.list {
		switch d.name {
		case "set":
			if v, known := sv.constant(d.arg(1)); known {
				sv.set(d.arg(0), v)
			} else {
				im.draft.LeftOut(d.Place, d.name, "this gateway has no variables")
			}
		case "return":
			r.keys = im.returns(sv, l.scope, d, r)
			im.access(l.scope, &r.keys)
			r.keys.Remove("clients") // a return comes before allow and deny
			return true
		case "rewrite":
			flag := d.arg(2)
			moves := flag == "permanent" || flag == "redirect" || strings.Contains(d.arg(1), "://")
			w, ok := read(d.arg(0), d.arg(1))
			switch {
			case moves && ok && (w.all || w.prefix == l.path || w.exact != ""):
				code := 302
				if flag == "permanent" {
					code = 301
				}
				moved := *r
				moved.from = d
				if moved.keys = im.moved(sv, d, code, w, &moved); moved.keys == nil {
					continue
				}
				if moved.path == r.path && moved.prefix == r.prefix {
					r.keys = moved.keys
					return true
				}
				moved.prefix, moved.regex = "", ""
				im.put(sv, &moved, l.scope, d, nil)
			case !moves && ok && w.prefix != "" && (r.prefix == "" || r.prefix == w.prefix ||
				r.prefix+"/" == w.prefix) && r.path == "" && r.regex == "":
				r.prefix = w.prefix
				im.replace(d, w.to, r)
			default:
				im.draft.LeftOut(d.Place, d.text(), "this gateway changes the beginning of "+
					"paths only "+
					"(strip_prefix, replace_prefix)")
			}
		}
	}
	return false
}

// replace puts a path in the place of the route's prefix.
func (im *importer) replace(d *directive, to string, r *route) {
	switch trimmed := strings.TrimSuffix(to, "/"); {
	case trimmed == strings.TrimSuffix(r.prefix, "/"):
	case trimmed == "":
		r.keys.Set("rewrite.strip_prefix", true)
	default:
		r.keys.Set("rewrite.replace_prefix", trimmed)
	}
}

// expressions returns the path_regex of locations. In nginx the first one that matches counts, here
// the longest: so one that comes before another is made longer with empty groups. All are longer
// than
// least.
func (im *importer) expressions(patterns []*location, least int) map[*location]string {
	all := map[*location]string{}
	for i := len(patterns) - 1; i >= 0; i-- {
		l := patterns[i]
		pattern := l.path
		if l.within != "" && l.within != "/" && !strings.HasPrefix(pattern, "^") {
			pattern = "^" + regexp.QuoteMeta(l.within) + ".*" + pattern
			if !grouped(l.path) {
				pattern = "^" + regexp.QuoteMeta(l.within) + ".*(?:" + l.path + ")"
			}
		}
		e, why := whole(pattern, l.sign == "~*")
		if why != "" {
			im.draft.LeftOut(l.from.Place, l.from.text(), why)
			im.skipped[l.from] = true
			continue
		}
		for len(e) <= least {
			e += "(?:)"
		}
		least = len(e)
		all[l] = e
	}
	return all
}

// beaten makes a prefix that expressions come before one of the last expressions. One that changes
// paths has to stay a prefix, which is noted.
func (im *importer) beaten(l *location, r *route, patterns []*location) {
	if l.sign != "" || r.prefix == "" {
		return
	}
	for _, p := range patterns {
		text := begins(p.path)
		if p.within != "" && p.within != "/" {
			text = p.within
		}
		if text != "" && !strings.HasPrefix(text, r.prefix) && !strings.HasPrefix(r.prefix, text) {
			continue
		}
		if r.keys.Get("rewrite") != nil || r.keys.Get("redirect") != nil {
			im.draft.Differs(l.from.Place, l.from.text(), "paths that `"+p.from.text()+"` is "+
				"for come "+
				"here too, since a prefix comes before an expression")
			return
		}
		r.regex, r.prefix = regexp.QuoteMeta(r.prefix)+".*", ""
		return
	}
}

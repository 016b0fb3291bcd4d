package fromcaddy

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// modify applies the directives of a block that do not answer to its branches. Those that are for a
// part of a branch's requests make a branch of that part, before the other one.
func (im *importer) modify(s *site, lines []*line, all []*branch) []*branch {
	for _, l := range lines {
		if strings.HasPrefix(l.name(), "@") || rank(l.name()) > 0 {
			continue
		}
		apply := im.modifier(l)
		if apply == nil {
			continue
		}
		matches, args, why := im.of(l, s.known)
		if l.name() == "uri" && why == "" {
			matches, args, why = im.stripped(l, matches, args)
		}
		if why != "" {
			im.draft.LeftOut(l.Place, l.text(), why)
			if closes := closing(l.name()); closes != "" {
				for _, b := range all {
					shut(b)
				}
			}
			continue
		}
		for _, m := range matches {
			all = im.part(l, m, all, func(b *branch) { apply(b, args) })
		}
	}
	return all
}

// part applies something to the part of branches that a match is for.
func (im *importer) part(l *line, m match, all []*branch, apply func(*branch)) (out []*branch) {
	for _, b := range all {
		if m.covers(b.match) && !m.conditional() {
			apply(b)
			out = append(out, b)
			continue
		}
		if len(m.outside) > 0 {
			im.draft.LeftOut(l.Place, l.text(), "`when.clients` has no opposite")
			if closing(l.name()) != "" {
				apply(b)
			}
			out = append(out, b)
			continue
		}
		joined, ok := b.match.and(m)
		if !ok {
			if closing(l.name()) != "" && (m.regex != "" || b.match.regex != "") {
				apply(b)
			}
			out = append(out, b)
			continue
		}
		c := b.clone()
		c.match = joined
		apply(c)
		out = append(out, c, b)
	}
	return out
}

// closing says why a directive that keeps clients away is left out, or is "".
func closing(name string) string {
	switch name {
	case "basic_auth", "basicauth":
		return "the users are in a file of `auth.basic` here, to be written by hand"
	case "forward_auth":
		return "the server that is asked is `auth.forward` here, to be written by hand"
	case "authenticate", "authorize", "jwtauth", "authp", "security":
		return "tokens are `auth.jwt` here, to be written by hand"
	case "crowdsec", "appsec", "coraza_waf", "waf", "defender":
		return "this gateway has no such filter of requests"
	}
	return ""
}

// shut closes a branch to all clients.
func shut(b *branch) {
	b.mods.Remove("clients")
	b.mods.Set("clients.deny", []string{"0.0.0.0/0", "::/0"})
}

// modifier returns what a directive does to a branch, nil for one that is told of and done with.
func (im *importer) modifier(l *line) func(b *branch, args []string) {
	switch l.name() {
	case "forward_auth":
		return func(b *branch, args []string) { im.forwardAuth(l, args, b) }
	case "basic_auth", "basicauth":
		return func(b *branch, args []string) { im.basicAuth(l, args, b) }
	case "rate_limit":
		return func(b *branch, args []string) { im.rateLimit(l, args, b) }
	}
	if why := closing(l.name()); why != "" {
		im.draft.LeftOut(l.Place, l.text(), why+"; its routes are closed (`clients: {deny: …}`) "+
			"until you open them")
		return func(b *branch, _ []string) { shut(b) }
	}
	switch l.name() {
	case "header":
		return func(b *branch, args []string) { im.fields(l, args, &b.response) }
	case "request_header":
		return func(b *branch, args []string) {
			b.request.Request = true
			im.fields(l, args, &b.request)
		}
	case "request_body":
		return im.requestBody(l)
	case "encode":
		return im.encode(l)
	case "uri":
		return func(b *branch, args []string) { b.strip = strings.TrimSuffix(args[0], "/") + "/" }
	case "rewrite":
		return func(b *branch, args []string) { im.rewrite(l, args, b) }
	case "tls", "bind", "root", "import":
	case "log", "log_skip", "skip_log", "log_append", "log_name", "tracing", "metrics", "push":
		im.draft.Meaningless(l.Place, l.name())
	case "handle_errors":
		im.draft.LeftOut(l.Place, l.name(), "an error page is a file here: `error_pages`")
	case "vars", "map":
		im.draft.LeftOut(l.Place, l.name(), "this gateway has no variables")
	case "try_files", "templates", "acme_server", "file", "fs":
		im.draft.LeftOut(l.Place, l.text(), "this gateway serves no files")
	case "method":
		im.draft.LeftOut(l.Place, l.name(), "requests go on with their own method")
	case "cache":
		im.draft.LeftOut(l.Place, l.name(), "this gateway has no cache")
	default:
		im.draft.LeftOut(l.Place, l.text(), "this gateway has no such setting")
	}
	return nil
}

// stripped returns the match of `uri strip_prefix`, which is for the paths that begin so.
func (im *importer) stripped(l *line, matches []match, args []string) ([]match, []string, string) {
	if len(args) != 2 || args[0] != "strip_prefix" {
		return nil, nil, "this gateway changes the beginning of paths only (strip_prefix, " +
			"replace_prefix)"
	}
	prefix := "/" + strings.Trim(args[1], "/") + "/"
	if prefix == "//" || strings.Contains(prefix, "{") {
		return nil, nil, "its prefix can't be taken off here"
	}
	var all []match
	for _, m := range matches {
		if m.prefix != "" && within(m.prefix, prefix) {
			all = append(all, m)
		} else if joined, ok := m.and(match{prefix: prefix}); ok {
			all = append(all, joined)
		}
	}
	return all, []string{prefix}, ""
}

// requestBody maps request_body.
func (im *importer) requestBody(l *line) func(*branch, []string) {
	for _, o := range l.block {
		n, ok := size(o.arg(0))
		if o.name() == "max_size" && ok {
			return func(b *branch, _ []string) { b.mods.Set("max_body_bytes", n) }
		}
		im.draft.LeftOut(o.Place, "request_body "+o.name(), "this gateway has no such setting")
	}
	return nil
}

// encode maps encode.
func (im *importer) encode(l *line) func(*branch, []string) {
	if !draft.Has(draft.Compress) {
		im.draft.LeftOut(l.Place, l.text(), draft.Missing(draft.Compress))
		return nil
	}
	var algorithms []string
	add := func(name string) {
		if name == "gzip" || name == "zstd" || name == "br" {
			if !slices.Contains(algorithms, name) {
				algorithms = append(algorithms, name)
			}
		} else if name != "*" && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "@") {
			im.draft.LeftOut(l.Place, "encode "+name, "this gateway has no such coding")
		}
	}
	for _, a := range l.args() {
		add(a)
	}
	keys := draft.Map{}
	for _, o := range l.block {
		switch o.name() {
		case "minimum_length":
			if n, ok := size(o.arg(0)); ok {
				keys.Set("min_bytes", n)
			}
		case "match":
			im.draft.LeftOut(o.Place, "encode match", "`compress.types` says which types")
		default:
			add(o.name())
		}
	}
	if len(algorithms) == 0 {
		algorithms = []string{"zstd", "gzip"}
	}
	keys = append(draft.Map{{Key: "algorithms", Value: algorithms}}, keys...)
	return func(b *branch, _ []string) { b.mods.Put("compress", keys) }
}

// rewrite maps a rewrite that puts something before paths, or one path in the place of another.
func (im *importer) rewrite(l *line, args []string, b *branch) {
	to := strings.Join(args, " ")
	before, all := strings.CutSuffix(to, "{uri}")
	if !all {
		before, all = strings.CutSuffix(to, "{path}")
	}
	switch {
	case b.keys.Get("cluster") == nil:
		return
	case all && strings.HasPrefix(before, "/") && !strings.Contains(before, "{") &&
		b.match.path == "" && b.match.regex == "":
		b.replace = strings.TrimSuffix(before, "/")
	case b.match.path != "" && strings.HasPrefix(to, "/") && !strings.ContainsAny(to, "{?"):
		im.draft.Differs(l.Place, l.text(), "it is for what is below "+b.match.path+" too, "+
			"since only "+
			"the beginning of paths can be replaced")
		b.match.prefix, b.match.path = b.match.path, ""
		b.strip, b.replace = b.match.prefix, to
	default:
		im.draft.LeftOut(l.Place, l.text(), "this gateway changes the beginning of paths only "+
			"(strip_prefix, replace_prefix)")
	}
}

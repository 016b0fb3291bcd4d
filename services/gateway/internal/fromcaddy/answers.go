package fromcaddy

import (
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// answers maps a directive that answers into the keys of a branch.
func (im *importer) answers(s *site, l *line, args []string, b *branch) {
	switch l.name() {
	case "redir":
		im.redirect(s, l, args, b)
	case "respond":
		im.respond(l, args, b)
	case "error":
		status := 500
		for _, a := range args {
			if n, err := strconv.Atoi(a); err == nil && n >= 200 && n <= 599 {
				status = n
			}
		}
		b.keys = answer(status)
	case "abort":
		b.keys = answer(403)
		im.draft.Differs(l.Place, l.text(), "the answer is 403, and not a closed connection")
	case "reverse_proxy":
		im.proxy(l, args, b)
	case "php_fastcgi":
		b.keys = im.none(l, "this gateway does not speak FastCGI")
	case "file_server":
		b.keys = im.none(l, "this gateway serves no files")
	}
}

// none notes what can't be carried over, and returns what its requests get.
func (im *importer) none(l *line, why string) draft.Map {
	im.draft.LeftOut(l.Place, l.text(), why+"; its requests are answered with 404")
	return answer(404)
}

// respond maps respond.
func (im *importer) respond(l *line, args []string, b *branch) {
	status, body := 200, ""
	isStatus := func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && len(s) == 3 && n >= 200 && n <= 599
	}
	switch {
	case len(args) == 1 && isStatus(args[0]):
		status, _ = strconv.Atoi(args[0])
	case len(args) > 0:
		body = args[0]
		if len(args) > 1 && isStatus(args[1]) {
			status, _ = strconv.Atoi(args[1])
		}
	}
	for _, o := range l.block {
		switch {
		case o.name() == "body":
			body = o.arg(0)
		case o.name() == "close":
			im.draft.Meaningless(o.Place, "respond close")
		}
	}
	b.keys = answer(status)
	if body == "" {
		return
	}
	if text, why := filled(body); why != "" || text != draft.Literal(body) {
		im.draft.LeftOut(l.Place, l.text(), "`respond` has no placeholders in its body")
		return
	}
	b.keys.Set("respond.body", body)
	kind := "text/plain; charset=utf-8"
	if looksLikeJSON(body) {
		kind = "application/json"
	}
	b.keys.Set("respond.content_type", kind)
}

// looksLikeJSON is Caddy's own guess.
func looksLikeJSON(body string) bool {
	t := strings.TrimSpace(body)
	return strings.HasPrefix(t, "{") && strings.HasSuffix(t, "}") ||
		strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]")
}

// redirect maps redir.
func (im *importer) redirect(s *site, l *line, args []string, b *branch) {
	status := 302
	if len(args) > 1 {
		switch args[1] {
		case "permanent":
			status = 301
		case "temporary":
		case "html":
			b.keys = im.none(l, "a redirect by a page of HTML is none here")
			return
		default:
			status, _ = strconv.Atoi(args[1])
		}
	}
	if len(args) == 0 {
		b.keys = im.none(l, "it has no URL")
		return
	}
	to, why := im.target(s, args[0], b)
	if status < 301 || status > 308 || status > 303 && status < 307 {
		why = "its status sends no client elsewhere"
	}
	if why != "" {
		b.keys = im.none(l, why)
		return
	}
	if status != 302 {
		to.Set("status", status)
	}
	b.keys = draft.Map{{Key: "redirect", Value: to}}
}

// target takes the URL of a redirect apart.
func (im *importer) target(s *site, url string, b *branch) (to draft.Map, why string) {
	url = strings.NewReplacer("{http.request.", "{", "{labels.", "{label.").Replace(url)
	url = strings.ReplaceAll(url, "{uri.path}", "{path}")
	rest := url
	for _, scheme := range []string{"https", "http", "{scheme}"} {
		after, ok := strings.CutPrefix(rest, scheme+"://")
		if !ok {
			continue
		}
		if scheme == "{scheme}" {
			scheme = im.schemeOf(s)
		}
		if scheme != "" {
			to.Set("scheme", scheme)
		}
		host, path := after, ""
		if i := strings.IndexByte(after, '/'); i >= 0 {
			host, path = after[:i], after[i:]
		}
		for _, whole := range []string{"{uri}", "{path}"} {
			if cut, ok := strings.CutSuffix(host, whole); ok && path == "" {
				host, path = cut, whole
			}
		}
		name, port, _ := strings.Cut(host, ":")
		if strings.HasPrefix(host, "{") {
			name, port = host, ""
		}
		if port != "" {
			n, err := strconv.Atoi(port)
			if err != nil || n < 1 || n > 65535 {
				return nil, "its port can't be read"
			}
			to.Set("port", n)
		}
		switch {
		case name == "{host}" || name == "{hostport}":
		case strings.Contains(name, "{") || name == "":
			return nil, "its host has placeholders"
		default:
			to.Set("host", name)
		}
		if rest = path; rest == "" {
			rest = "/"
		}
		break
	}
	return targetPath(to, rest, b)
}

func targetPath(to draft.Map, rest string, b *branch) (draft.Map, string) {
	rest, query := strings.CutSuffix(rest, "?{query}")
	before, whole := strings.CutSuffix(rest, "{uri}")
	if !whole {
		if before, whole = strings.CutSuffix(rest, "{path}"); whole && !query {
			to.Set("query", "drop")
		}
	}
	switch {
	case whole && (before == "" || before == "/"):
		if len(to) == 0 || len(to) == 1 && to.Get("query") != nil {
			return nil, "it leads to where it came from"
		}
		return to, ""
	case whole && strings.HasPrefix(before, "/") && !strings.Contains(before, "{") &&
		b.match.path == "" && b.match.regex == "":
		to.Set("replace_prefix", strings.TrimSuffix(before, "/")+
			strings.TrimSuffix(b.match.prefix, "/"))
		return to, ""
	case strings.Contains(rest, "{"):
		return nil, "its path has placeholders"
	case strings.ContainsAny(rest, "?#"):
		return nil, "a redirect has no query or fragment of its own here"
	case !strings.HasPrefix(rest, "/"):
		return nil, "its path does not begin with a slash"
	}
	to.Set("path", rest)
	if !query {
		to.Set("query", "drop")
	}
	return to, ""
}

// schemeOf is the scheme of all listeners of a site, or "" where they differ.
func (im *importer) schemeOf(s *site) string {
	secure := 0
	for _, l := range s.on {
		if l.tls {
			secure++
		}
	}
	switch secure {
	case 0:
		return "http"
	case len(s.on):
		return "https"
	}
	return ""
}

// put puts a branch into the draft as a route.
func (im *importer) put(s *site, b *branch) {
	hint := s.label
	for _, part := range []string{b.match.path, b.match.prefix, b.match.regex} {
		if part != "" && part != "/" {
			hint += "-" + part
		}
	}
	var keys draft.Map
	switch {
	case len(b.match.hosts) > 0:
		keys.Put("hosts", b.match.hosts)
	case len(s.hosts) > 0:
		keys.Put("hosts", s.hosts)
	}
	var on []string
	for _, l := range s.on {
		if b.match.scheme == "" || (b.match.scheme == "https") == l.tls {
			on = append(on, l.name)
		}
	}
	if len(on) == 0 {
		return // no request is so
	}
	if len(on) < len(im.listeners) {
		keys.Put("listeners", on)
	}
	switch {
	case b.match.path != "":
		keys.Put("path", b.match.path)
	case b.match.prefix != "":
		keys.Put("path_prefix", b.match.prefix)
		if b.match.rough && !strings.HasSuffix(b.match.prefix, "/") {
			im.draft.Differs(b.from.Place, b.from.text(), "Caddy takes any path that begins so, "+
				"here "+
				"prefixes end with a segment: /app is for /app and /app/x, not for /apple")
		}
	case b.match.regex != "":
		keys.Put("path_regex", b.match.regex)
	}
	if len(b.match.methods) > 0 {
		keys.Put("methods", b.match.methods)
	}
	if len(b.match.when) > 0 {
		keys.Put("when", b.match.when)
	}
	for _, p := range append(b.keys.Clone(), b.mods.Clone()...) {
		keys.Put(p.Key, p.Value)
	}
	if keys.Get("cluster") == nil {
		keys.Remove("compress")
	} else {
		im.paths(b, &keys)
		b.request.Request = true
		if b.proxied != nil {
			im.upAndDown(b)
		}
		b.request.Into(&keys)
	}
	b.response.Into(&keys)
	im.draft.Routes = append(im.draft.Routes, &draft.Object{
		Name: im.draft.Name("route", hint), From: b.from.Place, What: b.from.text(), Keys: keys,
	})
}

// paths writes what becomes of the beginning of paths.
func (im *importer) paths(b *branch, keys *draft.Map) {
	prefix := strings.TrimSuffix(b.match.prefix, "/")
	strip := strings.TrimSuffix(b.strip, "/")
	if b.strip == "" && b.replace == "" {
		return
	}
	if b.match.path != "" || b.match.regex != "" || strip != "" && !within(prefix, strip) {
		im.draft.LeftOut(b.from.Place, b.from.text(), "only the beginning of paths that is "+
			"matched "+
			"can be changed")
		return
	}
	switch to := b.replace + strings.TrimPrefix(prefix, strip); {
	case to == prefix:
	case to == "":
		keys.Set("rewrite.strip_prefix", true)
	default:
		if prefix == "" {
			keys.Put("path_prefix", "/")
		}
		keys.Set("rewrite.replace_prefix", to)
	}
}

package fromnginx

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// returns maps a return. The result is the keys of a route; what can't be mapped answers 404.
// r, unless it is nil, is the route, whose prefix a redirect may replace.
func (im *importer) returns(sv *server, s *scope, d *directive, r *route) draft.Map {
	code, err := strconv.Atoi(d.arg(0))
	if err != nil {
		return im.redirects(sv, d, 302, d.arg(0), r)
	}
	switch {
	case code == 301 || code == 302 || code == 303 || code == 307 || code == 308:
		return im.redirects(sv, d, code, d.arg(1), r)
	case code == 444:
		im.draft.Differs(d.Place, d.text(), "the answer is 403, and not a closed connection")
		return draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 403}}}}
	case code < 200 || code > 599:
		return im.none(d, "there is no such status")
	}
	respond := draft.Map{{Key: "status", Value: code}}
	if body := d.arg(1); body != "" {
		text, known := sv.constant(body)
		if !known {
			im.draft.LeftOut(d.Place, d.text(), "`respond` has no variables in its body")
			return draft.Map{{Key: "respond", Value: respond}}
		}
		respond.Set("body", text)
		kind := "text/plain"
		if t := s.value("default_type"); t != "" {
			kind = t
		}
		for _, h := range s.all("add_header") {
			if strings.EqualFold(h.arg(0), "Content-Type") {
				kind = h.arg(1)
			}
		}
		respond.Set("content_type", kind)
	}
	return draft.Map{{Key: "respond", Value: respond}}
}

// none notes that a location can't be carried over, and returns what its requests get.
func (im *importer) none(d *directive, why string) draft.Map {
	im.draft.LeftOut(d.Place, d.text(), why+"; its requests are answered with 404")
	return draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 404}}}}
}

// redirects maps a redirect to a URL.
func (im *importer) redirects(sv *server, d *directive, code int, url string, r *route) draft.Map {
	to, why := im.target(sv, url, r)
	if why != "" {
		return im.none(d, why)
	}
	if code != 302 {
		to.Set("status", code)
	}
	return draft.Map{{Key: "redirect", Value: to}}
}

// target takes the URL of a redirect apart.
func (im *importer) target(sv *server, url string, r *route) (to draft.Map, why string) {
	url, _ = sv.constant(url)
	url = strings.NewReplacer("${", "$", "}", "").Replace(url)
	rest := url
	for _, scheme := range []string{"https", "http", "$scheme", "$http_x_forwarded_proto"} {
		after, ok := strings.CutPrefix(rest, scheme+"://")
		if !ok {
			continue
		}
		if strings.HasPrefix(scheme, "$") {
			scheme = sv.scheme()
		}
		if scheme != "" {
			to.Set("scheme", scheme)
		}
		host, path := after, ""
		if i := strings.IndexAny(after, "/?"); i >= 0 {
			host, path = after[:i], after[i:]
		}
		// The variable that holds the path begins with a dollar, and no slash is before it.
		if i := strings.Index(host, "$request_uri"); i >= 0 {
			host, path = host[:i], host[i:]+path
		} else if i := strings.Index(host, "$uri"); i >= 0 {
			host, path = host[:i], host[i:]+path
		}
		name, port, _ := strings.Cut(host, ":")
		if port != "" && !strings.HasPrefix(port, "$") {
			n, err := strconv.Atoi(port)
			if err != nil || n < 1 || n > 65535 {
				return nil, "its port can't be read"
			}
			to.Set("port", n)
		}
		switch {
		case name == "$host" || name == "$http_host":
		case strings.Contains(name, "$") || name == "":
			return nil, "its host has variables"
		default:
			to.Set("host", name)
		}
		rest = path
		if rest == "" {
			rest = "/"
		}
		break
	}
	return im.targetPath(to, rest, r)
}

// targetPath maps the path and the query of a redirect.
func (im *importer) targetPath(to draft.Map, rest string, r *route) (draft.Map, string) {
	for _, query := range []string{"$is_args$args", "$is_args$query_string", "?$args",
		"?$query_string"} {
		if path, ok := strings.CutSuffix(rest, query); ok {
			rest = path
			if rest == "$uri" {
				rest = "$request_uri"
			}
			return im.plainPath(to, rest, r, true)
		}
	}
	return im.plainPath(to, rest, r, false)
}

func (im *importer) plainPath(to draft.Map, rest string, r *route, query bool) (draft.Map, string) {
	before, found := strings.CutSuffix(rest, "$request_uri")
	if !found {
		if before, found = strings.CutSuffix(rest, "$uri"); found && !query {
			to.Set("query", "drop")
		}
	}
	switch {
	case found && strings.Contains(before, "$"), strings.Contains(rest, "$") && !found:
		return nil, "its path has variables"
	case found && (before == "" || before == "/"):
		if len(to) == 0 || len(to) == 1 && to.Get("query") != nil {
			return nil, "it leads to where it came from"
		}
		return to, ""
	case found:
		if r != nil && (r.path != "" || r.regex != "" || r.prefix != "" && r.prefix != "/") {
			return nil, "it puts something before the path of a location that is not /"
		}
		to.Set("replace_prefix", strings.TrimSuffix(before, "/"))
		return to, ""
	}
	path, asked, _ := strings.Cut(rest, "?")
	path, _, _ = strings.Cut(path, "#")
	if asked != "" || strings.Contains(rest, "#") {
		return nil, "a redirect has no query or fragment of its own here"
	}
	if !strings.HasPrefix(path, "/") {
		return nil, "its path does not begin with a slash"
	}
	to.Set("path", path)
	if !query {
		to.Set("query", "drop")
	}
	return to, ""
}

// scheme is what $scheme is where all listeners of a server speak the same, or "".
func (sv *server) scheme() string {
	secure := 0
	for _, l := range sv.space.on {
		if l.tls {
			secure++
		}
	}
	switch secure {
	case 0:
		return "http"
	case len(sv.space.on):
		return "https"
	}
	return ""
}

// rewritten is what a rewrite directive does, as far as it can be carried over.
type rewritten struct {
	all    bool   // of every path
	prefix string // of what is below this path, as /old/
	exact  string // of one path
	to     string // the new URL, in which $uri is the path or what is behind the prefix
}

// read takes a rewrite apart.
func read(pattern, to string) (w rewritten, ok bool) {
	to = strings.NewReplacer("${1}", "$1", "$is_args$args", "", "?$args", "").Replace(to)
	switch pattern {
	case "^", "^/", ".*", "^.*$", "^.*", "(.*)", "^(.*)$", "^(.*)":
		return rewritten{all: true, to: strings.Replace(to, "$1", "$uri", 1)}, true
	case "^/(.*)$", "^/(.*)", "/(.*)":
		return rewritten{all: true, to: strings.Replace(to, "/$1", "$uri", 1)}, true
	}
	found := regexp.MustCompile(`^\^(/[A-Za-z0-9_/.\\-]*?)(/\?)?(/?\((\.\*|\.\+)\))?(\$)?$`).
		FindStringSubmatch(pattern)
	if found == nil {
		return w, false
	}
	path := strings.ReplaceAll(found[1], `\.`, ".")
	if strings.ContainsAny(path, `\`) {
		return w, false
	}
	if found[3] == "" {
		if strings.Contains(to, "$1") || found[5] == "" {
			return w, false
		}
		return rewritten{exact: path, to: to}, true
	}
	before, cut := strings.CutSuffix(to, "$1")
	if !cut || strings.Contains(before, "$1") {
		return w, false
	}
	if strings.HasPrefix(found[3], "/") || strings.HasSuffix(path, "/") || found[2] != "" {
		path = strings.TrimSuffix(path, "/") + "/"
	} else {
		before += "/" // ^/old(.*) to /new$1: what is behind begins with a slash
	}
	return rewritten{prefix: path, to: before}, true
}

// rewrites maps a rewrite that is a redirect, outside of locations. The result says that it is one
// of every path, so that nothing behind it counts.
func (im *importer) rewrites(sv *server, s *scope, d *directive, base *route) bool {
	code := 0
	flag := d.arg(2)
	switch {
	case flag == "permanent":
		code = 301
	case flag == "redirect", strings.HasPrefix(d.arg(1), "http"),
		strings.HasPrefix(d.arg(1), "$scheme"):
		code = 302
	default:
		im.draft.LeftOut(d.Place, d.text(), "a path is changed by a `rewrite` of the route here, "+
			"and only in front (strip_prefix, replace_prefix)")
		return false
	}
	w, ok := read(d.arg(0), d.arg(1))
	if !ok {
		im.draft.LeftOut(d.Place, d.text(), "a redirect can replace the whole path or its "+
			"beginning "+
			"here, and not by an expression")
		return false
	}
	r := &route{hint: base.hint, from: d}
	if r.keys = im.moved(sv, d, code, w, r); r.keys != nil {
		im.put(sv, r, s, d, nil)
		return w.all
	}
	return false
}

// moved returns the redirect that a rewrite is, and says in the route which paths it is for.
func (im *importer) moved(sv *server, d *directive, code int, w rewritten, r *route) draft.Map {
	to, dropped := strings.CutSuffix(w.to, "?")
	var target draft.Map
	var why string
	switch {
	case w.all:
		target, why = im.target(sv, strings.Replace(to, "$uri", "$request_uri", 1), r)
	case w.exact != "":
		r.path = w.exact
		target, why = im.target(sv, to+"$is_args$args", r)
	default:
		r.prefix = w.prefix
		target, why = im.target(sv, to+"$is_args$args", r)
		if path, ok := target.Get("path").(string); ok && why == "" {
			target.Remove("path")
			target.Set("replace_prefix", path)
			im.draft.Differs(d.Place, d.text(), "the path "+strings.TrimSuffix(w.prefix, "/")+
				" itself is redirected too")
		}
	}
	if why != "" {
		im.draft.LeftOut(d.Place, d.text(), why)
		return nil
	}
	if dropped {
		target.Set("query", "drop")
	}
	if code != 302 {
		target.Set("status", code)
	}
	return draft.Map{{Key: "redirect", Value: target}}
}

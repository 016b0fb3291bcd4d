package fromtraefik

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// middleware applies one middleware to a route, of which it may make several.
func (im *importer) middleware(name string, w *work, depth int) []*work {
	name, _, _ = strings.Cut(name, "@file")
	n := im.middlewares[strings.ToLower(name)]
	what := "middleware " + name
	if n == nil || n.kind != 'm' || depth > draft.MaxDepth/4 {
		// Nobody knows what it does, and it may well keep clients away.
		w.closed = true
		im.draft.LeftOut(w.at, what, "it is not in the files; "+w.what+" is closed (`clients: "+
			"{deny: "+
			"…}`) until you open it")
		return []*work{w}
	}
	works := []*work{w}
	n.each(func(kind string, v *node) {
		var next []*work
		for _, w := range works {
			next = append(next, im.apply(strings.ToLower(kind), what, v, w, depth)...)
		}
		works = next
	})
	return works
}

// apply applies one kind of middleware.
func (im *importer) apply(kind, what string, v *node, w *work, depth int) []*work {
	leave := func(why string) []*work {
		im.draft.LeftOut(v.Place, what+" ("+kind+")", why)
		return []*work{w}
	}
	switch kind {
	case "chain":
		works := []*work{w}
		for _, name := range v.get("middlewares").list() {
			var next []*work
			for _, w := range works {
				next = append(next, im.middleware(name, w, depth+1)...)
			}
			if works = next; len(works) > mostClauses {
				return leave("it becomes too many routes")
			}
		}
		return works
	case "stripprefix":
		return im.strip(v, w)
	case "addprefix":
		w.replace = strings.TrimSuffix(v.get("prefix").str(), "/")
	case "replacepath":
		if path := v.get("path").str(); w.path != "" && strings.HasPrefix(path, "/") {
			im.draft.Differs(v.Place, what, "it is for what is below "+w.path+" too, since only "+
				"the "+
				"beginning of paths can be replaced")
			w.prefix, w.path = w.path, ""
			w.strip, w.replace = w.prefix, path
		} else {
			return leave("only the beginning of paths that is matched can be changed")
		}
	case "replacepathregex":
		return im.replaceRegex(v, w, leave)
	case "redirectscheme":
		to := draft.Map{{Key: "scheme", Value: or(v.get("scheme").str(), "https")}}
		im.port(v.get("port").str(), &to)
		im.redirect(v, w, to)
	case "redirectregex":
		return im.redirectRegex(v, w, leave)
	case "headers":
		im.headers(v, what, w)
	case "compress":
		if !draft.Has(draft.Compress) {
			return leave(draft.Missing(draft.Compress))
		}
		compress := draft.Map{}
		if n, ok := v.get("minResponseBodyBytes").number(); ok && n >= 0 {
			compress.Set("min_bytes", n)
		}
		w.mods.Put("compress", compress)
	case "ipallowlist", "ipwhitelist":
		im.allow(v, what, w)
	case "buffering":
		if n, ok := v.get("maxRequestBodyBytes").number(); ok && n >= 0 {
			w.mods.Set("max_body_bytes", n)
		}
	case "retry":
		if n, ok := v.get("attempts").number(); ok && n >= 1 && n <= 10 {
			w.mods.Set("retry.attempts", n)
		}
	case "forwardauth", "basicauth":
		maps := im.forwardAuth
		if kind == "basicauth" {
			maps = im.basicAuth
		}
		if w.mods.Get("auth") == nil {
			return maps(strings.TrimPrefix(what, "middleware "), v, what, w, leave)
		}
		w.closed = true
		return leave("a route has one kind of auth, or `any_of` them; " + w.what +
			" is closed (`clients: {deny: …}`) until you open it")
	case "digestauth", "plugin", "passtlsclientcert", "jwt", "oidc",
		"apikey", "hmac", "ldap", "opa":
		if kind != "passtlsclientcert" {
			w.closed = true
		}
		return leave(access(kind) + "; " + w.what +
			" is closed (`clients: {deny: …}`) until you open it")
	case "ratelimit":
		return im.rateLimit(v, what, w, leave)
	case "inflightreq":
		n, ok := v.get("amount").number()
		if !ok || n < 1 {
			return leave("it has no amount")
		}
		if v.get("sourceCriterion") == nil {
			im.draft.Differs(v.Place, what, "all requests of a route count together, and what is "+
				"too much gets 503")
			w.mods.Put("limit", draft.Map{{Key: "concurrent", Value: n}})
			break
		}
		return leave("`limit` counts the requests of a route, and not by a key")
	case "circuitbreaker":
		return leave("endpoints that fail lose their weight by themselves")
	case "errors":
		return leave("an error page is a file here: `error_pages`")
	case "contenttype", "grpcweb":
		im.draft.Meaningless(v.Place, kind)
	default:
		return leave("this gateway has nothing like it")
	}
	return []*work{w}
}

// redirect makes a route one that leads clients elsewhere.
func (im *importer) redirect(v *node, w *work, to draft.Map) {
	if v.get("permanent").isTrue() {
		to.Set("status", 301)
	}
	w.keys = draft.Map{{Key: "redirect", Value: to}}
}

// strip maps stripPrefix: one route for each prefix that the route may have.
func (im *importer) strip(v *node, w *work) (all []*work) {
	for _, p := range v.get("prefixes").list() {
		p = "/" + strings.Trim(p, "/")
		deep, is := strings.CutPrefix(strings.TrimSuffix(w.prefix, "/"), p)
		switch {
		case is && (deep == "" || deep[0] == '/'):
			w.strip = p
			return []*work{w}
		case w.prefix == "" && w.path == "" && w.regex == "" && p != "/":
			c := w.clone()
			c.prefix, c.strip = p, p
			all = append(all, c)
		case w.path != "" && strings.HasPrefix(w.path, p):
			im.draft.LeftOut(v.Place, w.what, "only the beginning of paths that is matched can "+
				"be changed")
		}
	}
	return append(all, w)
}

// allow maps ipAllowList.
func (im *importer) allow(v *node, what string, w *work) {
	all, err := ranges(v.get("sourceRange").list())
	if err != nil || len(all) == 0 {
		w.closed = true
		im.draft.LeftOut(v.Place, what, "its ranges can't be read; "+w.what+" is closed "+
			"(`clients: {deny: "+
			"…}`) until you open it")
		return
	}
	if w.allow != nil {
		w.closed = true
		im.draft.LeftOut(v.Place, what, "two lists for one route can't be joined; "+w.what+" is "+
			"closed "+
			"(`clients: {deny: …}`) until you open it")
		return
	}
	w.allow = all
	if s := v.get("ipStrategy"); s != nil {
		im.draft.LeftOut(s.Place, what+" ipStrategy", "clients' addresses are those after "+
			"`trusted_proxies` of the listener")
	}
}

// replaceRegex maps replacePathRegex of the kind ^/old/(.*) to /new/$1.
func (im *importer) replaceRegex(v *node, w *work, leave func(string) []*work) []*work {
	from, to := v.get("regex").str(), strings.ReplaceAll(v.get("replacement").str(), "${1}", "$1")
	found := regexp.MustCompile(`^\^(/[\w/-]*?)/?\(\.\*\)\$?$`).FindStringSubmatch(from)
	before, ok := strings.CutSuffix(to, "$1")
	if found == nil || !ok || strings.Contains(before, "$") || !strings.HasPrefix(before, "/") {
		return leave("only the beginning of paths that is matched can be changed")
	}
	if prefix := strings.TrimSuffix(w.prefix, "/"); w.path != "" || w.regex != "" ||
		prefix != "" && prefix != found[1] {
		return leave("only the beginning of paths that is matched can be changed")
	}
	c := w.clone()
	c.prefix, c.strip, c.replace = found[1], found[1], strings.TrimSuffix(before, "/")
	if w.prefix != "" {
		return []*work{c}
	}
	return []*work{c, w}
}

// redirectRegex maps redirects of one host to another, and of every request.
func (im *importer) redirectRegex(v *node, w *work, leave func(string) []*work) []*work {
	from := v.get("regex").str()
	to := strings.NewReplacer("${1}", "$1", "${2}", "$2").Replace(v.get("replacement").str())
	found := regexp.MustCompile(`^\^?https?\??://(?:([\w\\.-]+)|\(?(?:\.\+|\.\*|\[\^/\]\+)\)?)` +
		`(?::\d+)?/\(\.\*\)\$?$`).FindStringSubmatch(from)
	scheme, rest, ok := strings.Cut(to, "://")
	host, path, _ := strings.Cut(rest, "/")
	last := "$1"
	if found != nil && found[1] == "" && strings.Contains(from, ")/(") {
		last = "$2"
	}
	before, tail := strings.CutSuffix(path, last)
	if found == nil || !ok || strings.ContainsAny(host+before, "$?") || !tail ||
		before != "" && (w.prefix != "" || w.path != "" || w.regex != "") {
		return leave("only a redirect of all paths of a host to the same paths can be carried " +
			"over; it is not redirected")
	}
	target := draft.Map{{Key: "scheme", Value: scheme}}
	name, port, _ := strings.Cut(host, ":")
	target.Set("host", name)
	if n, err := strconv.Atoi(port); err == nil && n > 0 && n <= 65535 {
		target.Set("port", n)
	}
	if before != "" {
		target.Set("replace_prefix", "/"+strings.TrimSuffix(before, "/"))
	}
	only := strings.ToLower(strings.ReplaceAll(found[1], `\`, ""))
	if only == "" || len(w.hosts) == 1 && w.hosts[0] == only {
		im.redirect(v, w, target)
		return []*work{w}
	}
	if len(w.hosts) > 0 && !slices.Contains(w.hosts, only) {
		return []*work{w} // no request of this router is of that host
	}
	c := w.clone()
	c.hosts = []string{only}
	im.redirect(v, c, target)
	w.hosts = slices.DeleteFunc(slices.Clone(w.hosts), func(h string) bool { return h == only })
	return []*work{c, w}
}

// headers maps the middleware headers.
func (im *importer) headers(v *node, what string, w *work) {
	edit := func(edits *draft.Edits, at *node, name, value string) {
		why := ""
		if value == "" {
			why = edits.Remove(name)
		} else {
			why = edits.Set(name, draft.Literal(value))
		}
		if why != "" {
			im.draft.LeftOut(at.Place, what+" "+name, why)
		}
	}
	v.each(func(key string, x *node) {
		value := x.str()
		switch strings.ToLower(key) {
		case "customrequestheaders":
			x.each(func(name string, v *node) { edit(&w.request, v, name, v.str()) })
		case "customresponseheaders":
			x.each(func(name string, v *node) { edit(&w.response, v, name, v.str()) })
		case "stsseconds":
			if n, ok := x.number(); ok && n > 0 {
				value = "max-age=" + value
				if v.get("stsIncludeSubdomains").isTrue() {
					value += "; includeSubDomains"
				}
				if v.get("stsPreload").isTrue() {
					value += "; preload"
				}
				edit(&w.response, x, "Strict-Transport-Security", value)
			}
		case "framedeny":
			if x.isTrue() {
				edit(&w.response, x, "X-Frame-Options", "DENY")
			}
		case "customframeoptionsvalue":
			edit(&w.response, x, "X-Frame-Options", value)
		case "contenttypenosniff":
			if x.isTrue() {
				edit(&w.response, x, "X-Content-Type-Options", "nosniff")
			}
		case "browserxssfilter":
			if x.isTrue() {
				edit(&w.response, x, "X-XSS-Protection", "1; mode=block")
			}
		case "referrerpolicy":
			edit(&w.response, x, "Referrer-Policy", value)
		case "contentsecuritypolicy":
			edit(&w.response, x, "Content-Security-Policy", value)
		case "permissionspolicy":
			edit(&w.response, x, "Permissions-Policy", value)
		case "stsincludesubdomains", "stspreload", "forcestsheader", "isdevelopment",
			"addvaryheader":
		case "accesscontrolalloworiginlist":
			im.cors(v, what, w)
		case "accesscontrolallowmethods", "accesscontrolallowheaders", "accesscontrolexposeheaders",
			"accesscontrolmaxage", "accesscontrolallowcredentials":
		default:
			im.draft.LeftOut(x.Place, what+" "+key, "`headers` has no such setting")
		}
	})
}

// cors maps the fields of CORS.
func (im *importer) cors(v *node, what string, w *work) {
	origins := v.get("accessControlAllowOriginList")
	if !draft.Has(draft.CORS) {
		im.draft.LeftOut(origins.Place, what+" accessControl…", draft.Missing(draft.CORS))
		return
	}
	cors := draft.Map{{Key: "origins", Value: origins.list()}}
	for _, key := range [][2]string{
		{"accessControlAllowMethods", "methods"}, {"accessControlAllowHeaders", "headers"},
		{"accessControlExposeHeaders", "expose"},
	} {
		if all := v.get(key[0]).list(); len(all) > 0 {
			cors.Set(key[1], all)
		}
	}
	if v.get("accessControlAllowCredentials").isTrue() {
		cors.Set("credentials", true)
	}
	if age, ok := duration(v.get("accessControlMaxAge").str()); ok && age > 0 {
		cors.Set("max_age", age)
	}
	w.mods.Put("cors", cors)
}

// access says of a middleware that keeps clients away why it is not carried over.
func access(kind string) string {
	switch kind {
	case "digestauth":
		return "there is no digest auth here; the users can be those of `auth.basic`, with " +
			"passwords hashed anew by bcrypt or argon2id"
	case "oidc":
		return "signing in is left to a server of `auth.forward` here, such as oauth2-proxy; " +
			"tokens that clients bring are `auth.jwt`"
	case "hmac", "ldap", "opa", "plugin":
		return "it can be done by a server of `auth.forward` here, to be written by hand"
	case "jwt":
		return "the issuer of tokens is `auth.jwt` here, to be written by hand"
	case "apikey":
		return "the hashes of keys are in a file of `auth.api_keys` here, to be written by hand"
	}
	return "this version has no such access control"
}

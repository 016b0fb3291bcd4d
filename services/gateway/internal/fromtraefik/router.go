package fromtraefik

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A work is one route in the making: a clause of a router's rule with what its middlewares do.
type work struct {
	clause
	at       draft.Place
	what     string
	keys     draft.Map // what answers: cluster, split, redirect or respond
	mods     draft.Map
	strip    string
	replace  string
	request  draft.Edits
	response draft.Edits
	closed   bool
	allow    []string
}

func (w *work) clone() *work {
	c := *w
	c.keys, c.mods, c.when = w.keys.Clone(), w.mods.Clone(), w.when.Clone()
	c.request, c.response = w.request.Clone(), w.response.Clone()
	return &c
}

// routers maps all routers of http.
func (im *importer) routers() {
	for _, p := range im.points {
		im.redirection(p)
	}
	for _, r := range im.http {
		im.router(r)
	}
}

// redirection maps what an entry point leads to another one for.
func (im *importer) redirection(p *point) {
	to := p.at.get("http.redirections.entryPoint")
	if to == nil || p.object == nil {
		return
	}
	redirect := draft.Map{{Key: "scheme", Value: or(to.get("scheme").str(), "https")}}
	target := to.get("to").str()
	if port, ok := strings.CutPrefix(target, ":"); ok {
		im.port(port, &redirect)
	} else if i := slices.IndexFunc(im.points, func(p *point) bool {
		return p.name == target
	}); i >= 0 {
		if _, port, ok := strings.Cut(im.points[i].at.get("address").str(), ":"); ok {
			im.port(port, &redirect)
		}
	}
	if p := to.get("permanent"); p == nil || p.isTrue() {
		redirect.Set("status", 301)
	}
	im.draft.Routes = append(im.draft.Routes, &draft.Object{
		Name: im.draft.Name("route", p.name+"-redirect"), From: to.Place,
		What: "entryPoints." + p.name + ".http.redirections",
		Keys: draft.Map{{Key: "listeners", Value: []string{p.object.Name}},
			{Key: "redirect", Value: redirect}},
	})
	p.tls = p.tls && p.at.get("http.tls") != nil
}

// port sets the port of a redirect to https, unless it is the one that this has anyway.
func (im *importer) port(port string, redirect *draft.Map) {
	n, ok := (&node{kind: 's', text: port}).number()
	if ok && n > 0 && n <= 65535 && n != 443 {
		redirect.Set("port", n)
	}
}

// router maps one router.
func (im *importer) router(r entry) {
	what := "router " + r.name
	rule := r.get("rule")
	all, err := clauses(rule.str())
	if err != nil {
		at := r.Place
		if rule != nil {
			at = rule.Place
		}
		im.draft.LeftOut(at, what, err.Error()+" in its rule")
		return
	}
	if p := r.get("priority"); p != nil {
		im.draft.Differs(p.Place, what, "the most special route wins, whatever its priority")
	}
	var on []string
	open := false
	for _, p := range im.pointsOf(r) {
		if p.object == nil {
			continue
		}
		if p.tls && r.get("tls") == nil &&
			p.at.get("http.tls") == nil {
			im.draft.LeftOut(r.Place, what+" at "+p.name, "the listener has TLS, and this "+
				"router is for "+
				"clients without")
			continue
		}
		if p.at.get("http.redirections.entryPoint") != nil {
			continue // which leads all of them elsewhere
		}
		on = append(on, p.object.Name)
		open = true
	}
	if !open {
		if len(im.pointsOf(r)) == 0 {
			im.draft.LeftOut(r.Place, what, "it has no entry point")
		}
		return
	}
	im.options(r, what)
	keys, host, why := im.service(r.get("service").str(), r.Place)
	for _, c := range all {
		w := &work{clause: c, at: r.Place, what: what, keys: keys.Clone()}
		w.request.Request = true
		if host != "" {
			_ = w.request.Set("Host", host)
		}
		if len(c.sni) > 0 {
			im.draft.LeftOut(r.Place, what, "HostSNI is for routers of TCP")
			continue
		}
		works := []*work{w}
		for _, name := range r.get("middlewares").list() {
			var next []*work
			for _, w := range works {
				next = append(next, im.middleware(name, w, 0)...)
			}
			works = next
		}
		for _, p := range im.pointsOf(r) {
			for _, name := range p.at.get("http.middlewares").list() {
				var next []*work
				for _, w := range works {
					next = append(next, im.middleware(name, w, 0)...)
				}
				works = next
			}
		}
		for _, w := range works {
			if len(w.keys) == 0 {
				im.draft.LeftOut(r.Place, what, or(why, "nothing answers")+
					"; its requests are answered with 404")
				w.keys = draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: 404}}}}
			}
			im.put(r.name, on, w)
		}
	}
}

// options notes what a router asks of TLS, and what else it has.
func (im *importer) options(r entry, what string) {
	r.each(func(key string, v *node) {
		switch strings.ToLower(key) {
		case "rule", "entrypoints", "service", "middlewares", "priority", "rulesyntax":
		case "observability":
			im.draft.Meaningless(v.Place, key)
		case "tls":
			v.each(func(key string, v *node) {
				switch strings.ToLower(key) {
				case "certresolver":
					im.draft.LeftOut(v.Place, what+" certResolver",
						"this version gets no certificates by itself")
				case "options":
					if v.str() != "default" {
						im.draft.LeftOut(v.Place, what+" tls.options",
							"a listener has one set of options, those named default")
					}
				case "domains":
					im.draft.Meaningless(v.Place, "tls.domains")
				}
			})
		default:
			im.draft.LeftOut(v.Place, what+" "+key, "routes have no such setting")
		}
	})
	// Clients without a certificate may not come in by a router that asks for one.
	name, _, _ := strings.Cut(r.get("tls.options").str(), "@file")
	for _, t := range im.tls {
		if name == "" || t.get("options."+name+".clientAuth") == nil {
			continue
		}
		if im.closed == nil {
			im.closed = map[string]bool{}
		}
		im.closed[r.name] = true
		im.draft.LeftOut(t.get("options."+name+".clientAuth").Place, what+" clientAuth",
			"the listener does not ask for these certificates; its routes are closed "+
				"(`clients: {deny: …}`) until you open them")
	}
}

// put puts a route into the draft.
func (im *importer) put(name string, on []string, w *work) {
	var keys draft.Map
	if len(w.hosts) > 0 {
		keys.Put("hosts", w.hosts)
	}
	if len(on) < len(im.draft.Listeners) {
		keys.Put("listeners", on)
	}
	switch {
	case w.path != "":
		keys.Put("path", w.path)
	case w.prefix != "":
		keys.Put("path_prefix", w.prefix)
	case w.regex != "":
		keys.Put("path_regex", w.regex)
	}
	if w.rough {
		if im.rough == nil || im.rough.what != w.what {
			im.roughs++
		}
		if im.rough == nil {
			im.rough = w
		}
	}
	for _, about := range w.about {
		im.draft.Differs(w.at, w.what, about)
	}
	if len(w.methods) > 0 {
		keys.Put("methods", w.methods)
	}
	if len(w.when) > 0 {
		keys.Put("when", w.when)
	}
	for _, p := range append(w.keys.Clone(), w.mods.Clone()...) {
		keys.Put(p.Key, p.Value)
	}
	proxied := keys.Get("cluster") != nil || keys.Get("split") != nil
	if !proxied {
		keys.Remove("compress")
		keys.Remove("retry")
	} else {
		im.paths(w, &keys)
		w.request.Into(&keys)
		im.patience(&keys)
	}
	w.response.Into(&keys)
	allow := w.allow
	if allow == nil {
		allow = w.outside
	} else if len(w.outside) > 0 {
		w.closed = true
	}
	switch {
	case w.closed || im.closed[name]:
		keys.Put("clients", draft.Map{{Key: "deny", Value: []string{"0.0.0.0/0", "::/0"}}})
	case len(w.outside) > 0 && w.allow == nil:
		// A rule such as !ClientIP: those inside are not for this router.
		keys.Put("clients", draft.Map{{Key: "deny", Value: w.outside}})
	case len(allow) > 0:
		keys.Put("clients", draft.Map{{Key: "allow", Value: allow}})
	}
	im.draft.Routes = append(im.draft.Routes, &draft.Object{
		Name: im.draft.Name("route", name), From: w.at, What: w.what, Keys: keys,
	})
}

// patience lets a route wait for as long as its cluster does.
func (im *importer) patience(keys *draft.Map) {
	name, _ := keys.Get("cluster").(string)
	for _, c := range im.draft.Clusters {
		if times, _ := c.Keys.Get("timeouts").(draft.Map); c.Name == name &&
			times.Get("response") != nil {
			keys.Set("timeouts.request", times.Get("response"))
		}
	}
}

// paths writes what becomes of the beginning of paths.
func (im *importer) paths(w *work, keys *draft.Map) {
	if w.strip == "" && w.replace == "" {
		return
	}
	prefix, strip := strings.TrimSuffix(w.prefix, "/"), strings.TrimSuffix(w.strip, "/")
	rest, ok := strings.CutPrefix(prefix, strip)
	if w.path != "" || w.regex != "" || !ok || rest != "" && rest[0] != '/' {
		im.draft.LeftOut(w.at, w.what, "only the beginning of paths that is matched can be changed")
		return
	}
	switch to := w.replace + rest; {
	case to == prefix:
	case to == "":
		keys.Set("rewrite.strip_prefix", true)
		// A slash at the end would lead clients there by a redirect, which Traefik does not do.
		keys.Put("path_prefix", prefix)
	default:
		if prefix == "" {
			keys.Put("path_prefix", "/")
		}
		keys.Set("rewrite.replace_prefix", to)
	}
}

package fromtraefik

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// Product is what the list and the command line call Traefik.
const Product = "traefik"

// Import reads files of Traefik's dynamic configuration, one of which may be the static one, into a
// draft. An error is one of a file itself (a *draft.SyntaxError, with line and column) or of
// reading
// it.
func Import(paths []string, d *draft.Draft) error {
	im := &importer{
		draft: d, clusters: map[string]string{}, services: map[string]*node{},
		middlewares: map[string]*node{}, transports: map[string]*node{}, seen: map[string]int{},
	}
	var read0 draft.Files
	for _, path := range paths {
		root, err := read(path, &read0)
		if err != nil {
			return err
		}
		if root.kind != 'm' {
			return &draft.SyntaxError{Place: draft.Place{File: path, Line: 1}, Column: 1,
				Message: "the file is no mapping"}
		}
		im.dir = cmp.Or(im.dir, filepath.Dir(path))
		im.file(root)
	}
	im.entries()
	im.routers()
	im.tcp()
	im.finish(paths[0])
	return nil
}

type importer struct {
	draft       *draft.Draft
	dir         string
	points      []*point
	http        []entry // routers
	tcpRouters  []entry
	tcpServices []entry
	services    map[string]*node
	middlewares map[string]*node
	transports  map[string]*node
	tls         []*node
	clusters    map[string]string
	seen        map[string]int  // services that are being made, against loops
	closed      map[string]bool // routers that nobody may use
	rough       *work           // the first route with a prefix that ends within a segment
	roughs      int             // and how many routers have one
}

// entry is a named value of a mapping.
type entry struct {
	name string
	*node
}

// point is an entry point, which becomes a listener.
type point struct {
	name   string
	at     *node // nil: no file says anything of it
	tls    bool
	tcp    bool
	object *draft.Object
	place  draft.Place
}

// file takes what a file has.
func (im *importer) file(root *node) {
	for i, key := range root.keys {
		v := root.values[i]
		switch strings.ToLower(key) {
		case "http":
			im.section(v)
		case "tcp":
			v.each(func(key string, v *node) {
				switch strings.ToLower(key) {
				case "routers":
					v.each(func(name string, v *node) {
						im.tcpRouters = append(im.tcpRouters, entry{name, v})
					})
				case "services":
					v.each(func(name string, v *node) {
						im.tcpServices = append(im.tcpServices, entry{name, v})
					})
				default:
					im.draft.LeftOut(v.Place, "tcp."+key, "this gateway has no such setting for "+
						"TCP")
				}
			})
		case "tls":
			im.tls = append(im.tls, v)
		case "entrypoints":
			v.each(func(name string, v *node) {
				im.points = append(im.points, &point{name: name, at: v, place: v.Place})
			})
		case "udp":
			im.draft.LeftOut(v.Place, key, "this gateway has no UDP")
		case "experimental", "plugins":
			im.draft.LeftOut(v.Place, key, "this gateway has no plugins")
		case "certificatesresolvers":
			im.draft.LeftOut(v.Place, key, "this version gets no certificates by itself")
		case "providers", "api", "log", "accesslog", "metrics", "tracing", "ping", "global",
			"hostresolver", "serverstransport", "spiffe", "core":
			im.draft.Meaningless(v.Place, key)
		default:
			im.draft.LeftOut(v.Place, key, "it is no section that is known")
		}
	}
}

// section takes what stands in http.
func (im *importer) section(n *node) {
	n.each(func(key string, v *node) {
		switch strings.ToLower(key) {
		case "routers":
			v.each(func(name string, v *node) { im.http = append(im.http, entry{name, v}) })
		case "services":
			v.each(func(name string, v *node) { im.services[strings.ToLower(name)] = v })
		case "middlewares":
			v.each(func(name string, v *node) { im.middlewares[strings.ToLower(name)] = v })
		case "serverstransports":
			v.each(func(name string, v *node) { im.transports[strings.ToLower(name)] = v })
		default:
			im.draft.LeftOut(v.Place, "http."+key, "it is no section that is known")
		}
	})
}

// point returns the entry point of a name, which is made where no file has it.
func (im *importer) point(name string, tls bool, at draft.Place) *point {
	i := slices.IndexFunc(im.points, func(p *point) bool { return strings.EqualFold(p.name, name) })
	if i >= 0 {
		return im.points[i]
	}
	p := &point{name: name, place: at, tls: tls}
	im.points = append(im.points, p)
	return p
}

// pointsOf returns the entry points of a router.
func (im *importer) pointsOf(r entry) (all []*point) {
	tls := r.get("tls") != nil
	for _, name := range r.get("entryPoints").list() {
		all = append(all, im.point(name, tls, r.Place))
	}
	if len(all) > 0 {
		return all
	}
	for _, p := range im.points {
		if p.at != nil {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		name := "web"
		if tls {
			name = "websecure"
		}
		all = append(all, im.point(name, tls, r.Place))
	}
	return all
}

// entries makes listeners of entry points.
func (im *importer) entries() {
	for _, r := range im.tcpRouters {
		for _, p := range im.pointsOf(r) {
			p.tcp = true
		}
	}
	for _, p := range im.points {
		p.tls = p.tls || p.at.get("http.tls") != nil
	}
	for _, r := range im.http {
		for _, p := range im.pointsOf(r) {
			p.tls = p.tls || r.get("tls") != nil
		}
	}
	for _, p := range im.points {
		if p.tcp {
			continue // tcp.go makes them
		}
		im.listener(p)
	}
}

// address is where an entry point listens.
func (im *importer) address(p *point) string {
	address := p.at.get("address").str()
	if at, kind, ok := strings.Cut(address, "/"); ok {
		if address = at; kind == "udp" {
			im.draft.LeftOut(p.place, "entryPoints."+p.name, "this gateway has no UDP")
			return ""
		}
	}
	if address != "" {
		return address
	}
	address = ":80"
	if p.tls {
		address = ":443"
	}
	im.draft.Differs(p.place, "entryPoints "+p.name, "no file says its address, so it is "+address+
		" here; give the static configuration as a second FILE")
	return address
}

// listener makes the listener of an entry point.
func (im *importer) listener(p *point) {
	address := im.address(p)
	if address == "" {
		return
	}
	o := &draft.Object{Name: im.draft.Name("listener", p.name), From: p.place,
		What: "entry point " + p.name}
	o.Keys.Set("address", address)
	if p.tls {
		im.certificates(p, o)
	}
	if ips := p.at.get("forwardedHeaders.trustedIPs").list(); len(ips) > 0 {
		if all, err := ranges(ips); err == nil {
			o.Keys.Set("trusted_proxies", all)
		}
	}
	if p.at.get("forwardedHeaders.insecure").isTrue() {
		im.draft.LeftOut(p.at.get("forwardedHeaders").Place, "forwardedHeaders.insecure",
			"say which proxies are to be believed: `trusted_proxies`")
	}
	if pp := p.at.get("proxyProtocol"); pp != nil {
		o.Keys.Set("proxy_protocol", true)
		if all, err := ranges(pp.get("trustedIPs").list()); err == nil && len(all) > 0 {
			o.Keys.Set("proxy_protocol_from", all)
		}
	}
	if t, ok := duration(p.at.get("transport.respondingTimeouts.idleTimeout").str()); ok && t > 0 {
		o.Keys.Set("timeouts.keepalive", t)
	}
	if t, ok := duration(p.at.get("transport.lifeCycle.graceTimeOut").str()); ok && t > 0 {
		im.draft.Top.Set("drain.timeout", t)
	}
	if t, ok := duration(
		p.at.get("transport.lifeCycle.requestAcceptGraceTimeout").str()); ok && t > 0 {
		im.draft.Top.Set("drain.delay", t)
	}
	p.object = o
	im.draft.Listeners = append(im.draft.Listeners, o)
	for _, key := range []string{"http3", "udp"} {
		if v := p.at.get(key); v != nil {
			im.draft.LeftOut(v.Place, "entryPoints."+p.name+"."+key,
				"this gateway has no HTTP/3 or UDP")
		}
	}
}

// certificates maps the section tls for a listener.
func (im *importer) certificates(p *point, o *draft.Object) {
	tls := draft.Map{}
	var certificates []draft.Map
	var at draft.Place
	add := func(c *node) {
		cert, key := c.get("certFile").str(), c.get("keyFile").str()
		if cert == "" || key == "" || strings.Contains(cert+key, "-----") {
			if c != nil {
				im.draft.LeftOut(c.Place, "tls.certificates", "only files can be carried over")
			}
			return
		}
		if len(certificates) == 0 {
			at = c.Place
		}
		certificates = append(certificates, draft.Map{
			{Key: "cert", Value: im.draft.Path(cert, im.dir)},
			{Key: "key", Value: im.draft.Path(key, im.dir)},
		})
	}
	for _, t := range im.tls {
		if c := t.get("stores.default.defaultCertificate"); c != nil {
			add(c)
		}
		for _, c := range t.get("certificates").items() {
			add(c)
		}
		if v := t.get("options.default.minVersion").str(); v == "VersionTLS13" {
			tls.Set("min_version", "1.3")
		}
		if auth := t.get("options.default.clientAuth"); auth != nil {
			files := auth.get("caFiles").list()
			if auth.get("clientAuthType").str() == "RequireAndVerifyClientCert" && len(files) == 1 {
				tls.Set("client_ca", im.draft.Path(files[0], im.dir))
			} else {
				im.draft.LeftOut(auth.Place, "tls.options.default.clientAuth",
					"here a listener asks "+
						"all clients for a certificate of the authorities in one file, or none")
			}
		}
	}
	if len(certificates) == 0 {
		im.draft.LeftOut(p.place, "entry point "+p.name, "there is no certificate in "+
			"tls.certificates, "+
			"and this version gets none by itself; the listener has no TLS")
		o.Beside = append(o.Beside,
			"it has no TLS until it has certificates: tls: {certificates: [{cert: site.pem, "+
				"key: site.key}]}")
		return
	}
	tls.Set("certificates", certificates)
	im.draft.TLS(o, at, "tls.certificates", tls)
}

// finish notes what always differs.
func (im *importer) finish(path string) {
	if len(im.draft.Listeners) == 0 {
		return
	}
	if im.rough != nil {
		others := ""
		if im.roughs > 1 {
			others = "(and others) "
		}
		im.draft.Differs(im.rough.at, im.rough.what, others+"Traefik takes any path that begins "+
			"so, "+
			"here prefixes end with a segment: /app is for /app and /app/x, not for /apple")
	}
	im.draft.Differs(draft.Place{File: path}, "defaults", "the most special route wins, and no "+
		"longest "+
		"rule or priority; an endpoint has 15s for the head of its answer and a body 10 MiB "+
		"(Traefik: "+
		"no limits); errors are JSON; X-Forwarded-* of clients are dropped unless "+
		"`trusted_proxies` has "+
		"their addresses")
}

// duration reads a duration: those of Go, or seconds.
func duration(s string) (time.Duration, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(n) * time.Second, n >= 0 && n <= 365*24*3600
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0 && d <= 365*24*time.Hour
}

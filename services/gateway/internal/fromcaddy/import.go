package fromcaddy

import (
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// Product is what the list and the command line call Caddy.
const Product = "caddy"

// Import reads the Caddyfile at path, with what it imports, into a draft. An error is one of the
// file itself (a *draft.SyntaxError, with line and column) or of reading it.
func Import(path string, d *draft.Draft) error {
	p := &parser{draft: d}
	lines, err := p.parse(path)
	if err != nil {
		return err
	}
	im := &importer{
		draft: d, dir: filepath.Dir(path), clusters: map[string]string{}, http: 80, https: 443,
		redirects: true, automatic: true,
	}
	global, all := sites(lines)
	im.global(global)
	var found []*site
	for _, l := range all {
		switch {
		case strings.HasPrefix(l.name(), "&("):
			d.LeftOut(l.Place, l.name(), "this gateway has no routes that others call")
		case !l.open || l.name() == "":
			return &draft.SyntaxError{Place: l.Place, Message: "a block of a site has to follow " +
				"its addresses; global options come first"}
		default:
			found = append(found, im.newSite(l))
		}
	}
	im.toHTTPS(found)
	for _, l := range im.listeners {
		im.makeListener(l)
	}
	for _, s := range found {
		im.site(s)
	}
	im.plainHosts()
	if len(im.listeners) > 0 {
		d.Differs(draft.Place{File: path}, "defaults", "an endpoint has 15s for the head of its "+
			"answer "+
			"(Caddy waits for ever) and a body 10 MiB (no limit); paths have a case; a host "+
			"that no "+
			"site has gets 404, and not an empty answer; errors are JSON; X-Forwarded-* of "+
			"clients "+
			"are dropped unless `trusted_proxies` has their addresses")
	}
	return nil
}

type importer struct {
	draft       *draft.Draft
	dir         string
	clusters    map[string]string // names in the draft, by what they are made of
	listeners   []*listener
	http, https int
	redirects   bool // from http to https
	automatic   bool // certificates
	bind        []string
	options     draft.Map // of all listeners
	secure      []secured // hosts that http leads to https for
}

type secured struct {
	host string
	port int
	site *site
}

// listener is an address with the sites that share it.
type listener struct {
	name    string
	address string
	port    int
	tls     bool
	from    draft.Place
	sites   []*site
}

// site is one block with its addresses.
type site struct {
	from  *line
	hosts []string // nil: any
	on    []*listener
	known matchers
	// all listeners of another scheme than the first one's are in on too.
	label string
}

// global maps the block of global options.
func (im *importer) global(lines []*line) {
	for _, l := range lines {
		n, err := strconv.Atoi(l.arg(0))
		switch l.name() {
		case "http_port":
			if err == nil {
				im.http = n
			}
		case "https_port":
			if err == nil {
				im.https = n
			}
		case "auto_https":
			im.redirects = l.arg(0) != "off" && l.arg(0) != "disable_redirects"
			im.automatic = l.arg(0) != "off"
		case "default_bind":
			im.bind = l.args()
		case "grace_period":
			if t, ok := duration(l.arg(0)); ok {
				im.draft.Top.Set("drain.timeout", t)
			}
		case "shutdown_delay":
			if t, ok := duration(l.arg(0)); ok {
				im.draft.Top.Set("drain.delay", t)
			}
		case "servers":
			im.servers(l)
		case "admin", "debug", "email", "log", "storage", "acme_ca", "acme_ca_root", "acme_eab",
			"acme_dns", "on_demand_tls", "key_type", "cert_issuer", "local_certs", "ocsp_stapling",
			"skip_install_trust", "storage_clean_interval", "renew_interval", "preferred_chains",
			"persist_config", "metrics":
			im.draft.Meaningless(l.Place, l.name())
		case "order":
			im.draft.LeftOut(l.Place, l.name(), "directives are taken in Caddy's own order")
		default:
			im.draft.LeftOut(l.Place, l.name(), "this gateway has no such setting")
		}
	}
}

// servers maps what is set for listeners.
func (im *importer) servers(l *line) {
	for _, o := range l.block {
		switch o.name() {
		case "trusted_proxies":
			if o.arg(0) == "static" {
				if all, why := ranges(o.args()[1:]); why == "" {
					im.options.Set("trusted_proxies", all)
					continue
				}
			}
			im.draft.LeftOut(o.Place, o.name(), "only static ranges can be carried over")
		case "timeouts":
			for _, t := range o.block {
				d, ok := duration(t.arg(0))
				switch {
				case ok && t.name() == "read_header":
					im.options.Set("timeouts.header", d)
				case ok && t.name() == "read_body", ok && t.name() == "write":
					im.draft.LeftOut(t.Place, t.name(), "here it is between two reads or writes "+
						"(timeouts.body_idle), and no total")
				case ok && t.name() == "idle" && d > 0:
					im.options.Set("timeouts.keepalive", d)
				default:
					im.draft.LeftOut(t.Place, t.name(), "it can't be read")
				}
			}
		case "max_header_size":
			if n, ok := size(o.arg(0)); ok && n >= 256 && n <= 1<<20 {
				im.options.Set("limits.max_header_bytes", n)
			}
		case "listener_wrappers":
			for _, w := range o.block {
				if w.name() != "proxy_protocol" {
					continue
				}
				im.options.Set("proxy_protocol", true)
				for _, a := range w.block {
					if all, why := ranges(a.args()); a.name() == "allow" && why == "" {
						im.options.Set("proxy_protocol_from", all)
					}
				}
			}
		case "protocols":
			if slices.Contains(o.args(), "h3") {
				im.draft.LeftOut(o.Place, o.name(), "this gateway has no HTTP/3")
			}
		default:
			im.draft.LeftOut(o.Place, "servers "+o.name(), "this gateway has no such setting")
		}
	}
}

// newSite reads the addresses of a site.
func (im *importer) newSite(l *line) *site {
	s := &site{from: l, known: matchers{}, label: "any"}
	for _, d := range l.block {
		if strings.HasPrefix(d.name(), "@") {
			s.known[d.name()] = d
		}
	}
	bind := im.bind
	hasTLS := false
	for _, d := range l.block {
		if d.name() == "bind" {
			bind = d.args()
		}
		hasTLS = hasTLS || d.name() == "tls"
	}
	anyHost := false
	for _, word := range l.words {
		for _, text := range strings.Split(word, ",") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			host, ok := im.address(s, text, bind, hasTLS)
			if ok && host == "" {
				anyHost = true
			} else if ok && !slices.Contains(s.hosts, host) {
				s.hosts = append(s.hosts, host)
			}
		}
	}
	if len(s.hosts) > 0 {
		s.label = s.hosts[0]
	}
	if anyHost && len(s.hosts) > 0 {
		s.hosts = append(s.hosts, "*")
	}
	return s
}

// address reads one address of a site, and puts the site on its listener.
func (im *importer) address(s *site, text string, bind []string, hasTLS bool) (string, bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	}
	rest, path, _ := strings.Cut(rest, "/")
	host, port := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		host, port = rest[:i], rest[i+1:]
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if path != "" && path != "*" || strings.ContainsAny(host, "{}") ||
		scheme != "" && scheme != "http" && scheme != "https" {
		im.draft.LeftOut(s.from.Place, text, "it is no address that can be carried over")
		return "", false
	}
	if host != "" {
		if _, err := hostname.Pattern(host); err != nil {
			im.draft.LeftOut(s.from.Place, text, "its host "+err.Error())
			return "", false
		}
	}
	n := 0
	if port != "" {
		var err error
		if n, err = strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			im.draft.LeftOut(s.from.Place, text, "its port can't be read")
			return "", false
		}
	}
	secure := scheme == "https" || scheme == "" && n != im.http &&
		(host != "" && im.automatic || n == im.https && n != 0 || hasTLS)
	if n == 0 && port == "" {
		if n = im.http; secure {
			n = im.https
		}
	}
	if len(bind) == 0 {
		bind = []string{""}
	}
	for _, b := range bind {
		if strings.HasPrefix(b, "unix/") && !draft.Has(draft.Unix) {
			im.draft.LeftOut(s.from.Place, "bind", draft.Missing(draft.Unix))
			continue
		}
		im.hear(s, b, n, secure)
	}
	if secure && host != "" {
		im.secure = append(im.secure, secured{host, n, s})
	}
	return host, true
}

// hear puts a site on the listener of an address.
func (im *importer) hear(s *site, bind string, port int, tls bool) *listener {
	address := net.JoinHostPort(strings.Trim(bind, "[]"), strconv.Itoa(port))
	if path, ok := strings.CutPrefix(bind, "unix/"); ok {
		path, _, _ = strings.Cut(path, "|") // the mode of the socket
		address = "unix:" + path
	}
	i := slices.IndexFunc(im.listeners, func(l *listener) bool { return l.address == address })
	if i < 0 {
		im.listeners = append(im.listeners, &listener{address: address, port: port,
			from: s.from.Place})
		i = len(im.listeners) - 1
	}
	l := im.listeners[i]
	l.tls = l.tls || tls
	if !slices.Contains(l.sites, s) {
		l.sites = append(l.sites, s)
	}
	if !slices.Contains(s.on, l) {
		s.on = append(s.on, l)
	}
	return l
}

// toHTTPS makes the listener that leads from http to https.
func (im *importer) toHTTPS(all []*site) {
	if !im.redirects || len(im.secure) == 0 {
		im.secure = nil
		return
	}
	from := *im.secure[0].site
	from.on = nil
	l := im.hear(&from, "", im.http, false)
	l.sites = slices.DeleteFunc(l.sites, func(s *site) bool { return s == &from })
	// A site of its own at http:// comes before.
	im.secure = slices.DeleteFunc(im.secure, func(x secured) bool {
		return slices.ContainsFunc(all, func(s *site) bool {
			return slices.Contains(s.on, l) && slices.Contains(s.hosts, x.host)
		})
	})
}

// plainHosts puts the routes that lead from http to https into the draft.
func (im *importer) plainHosts() {
	byPort := map[int][]string{}
	var ports []int
	for _, x := range im.secure {
		if byPort[x.port] == nil {
			ports = append(ports, x.port)
		}
		if !slices.Contains(byPort[x.port], x.host) {
			byPort[x.port] = append(byPort[x.port], x.host)
		}
	}
	i := slices.IndexFunc(im.listeners, func(l *listener) bool {
		return l.port == im.http &&
			!l.tls
	})
	if i < 0 {
		return
	}
	for _, port := range ports {
		var hosts []string
		for _, h := range byPort[port] {
			if !slices.ContainsFunc(im.draft.Routes, func(r *draft.Object) bool {
				has, _ := r.Keys.Get("hosts").([]string)
				on, _ := r.Keys.Get("listeners").([]string)
				return slices.Contains(has, h) && slices.Contains(on, im.listeners[i].name)
			}) {
				hosts = append(hosts, h)
			}
		}
		to := draft.Map{{Key: "scheme", Value: "https"}, {Key: "status", Value: 308}}
		if port != 443 {
			to.Set("port", port)
		}
		if len(hosts) == 0 {
			continue
		}
		im.draft.Routes = append(im.draft.Routes, &draft.Object{
			Name: im.draft.Name("route", "to-https"), From: im.secure[0].site.from.Place,
			What: "automatic HTTPS", Keys: draft.Map{
				{Key: "hosts", Value: hosts},
				{Key: "listeners", Value: []string{im.listeners[i].name}},
				{Key: "redirect", Value: to},
			},
		})
	}
}

package fromnginx

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// listener is an address with the servers that share it.
type listener struct {
	name    string
	address string
	port    int
	from    draft.Place
	tls     bool
	asks    bool // for a certificate of clients
	proxy   bool // PROXY protocol
	servers []*server
	// byDefault is the server that gets requests for names that none has.
	byDefault *server
	explicit  bool
	first     *scope // of the default server, whose settings count
}

// heard is what one listen directive says.
type heard struct {
	address string
	port    int
	tls     bool
	proxy   bool
	wanted  bool // default_server
	quic    bool
	udp     bool
}

// listen reads a listen directive. why says why it has no counterpart, or is "".
func listen(d *directive, secure bool) (h heard, why string) {
	h.tls = secure
	for _, a := range d.args[min(1, len(d.args)):] {
		switch a {
		case "ssl":
			h.tls = true
		case "default_server", "default":
			h.wanted = true
		case "proxy_protocol":
			h.proxy = true
		case "quic":
			h.quic = true
		case "udp":
			h.udp = true
		}
	}
	text := d.arg(0)
	switch {
	case text == "":
		return h, "it has no address"
	case h.quic:
		return h, "this gateway has no HTTP/3"
	case h.udp:
		return h, "this gateway has no UDP"
	case strings.HasPrefix(text, "unix:"):
		if !draft.Has(draft.Unix) {
			return h, draft.Missing(draft.Unix)
		}
		h.address = text
		return h, ""
	}
	host, port := "", text
	if _, err := strconv.Atoi(text); err != nil {
		if strings.HasSuffix(text, "]") || !strings.Contains(text, ":") {
			host, port = text, "80"
		} else if host, port, err = net.SplitHostPort(text); err != nil {
			return h, "its address can't be read"
		}
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 0 || n > 65535 {
		return h, "its port can't be read"
	}
	h.port = n
	host = strings.Trim(host, "[]")
	switch host {
	case "", "*":
		host = "0.0.0.0"
	}
	h.address = net.JoinHostPort(host, port)
	return h, ""
}

// newServer reads the names and addresses of a server.
func (im *importer) newServer(s *scope, d *directive) *server {
	sv := &server{scope: s, from: d}
	sv.names = im.serverNames(s)
	for _, v := range named(s.list, "set") {
		if !strings.Contains(v.arg(1), "$") {
			sv.set(v.arg(0), v.arg(1))
		}
	}
	directives := named(s.list, "listen")
	if len(directives) == 0 {
		directives = []*directive{{Place: d.Place, name: "listen", args: []string{"80"}}}
	}
	for _, l := range directives {
		h, why := listen(l, s.value("ssl") == "on")
		if why != "" {
			im.draft.LeftOut(l.Place, l.text(), why)
			continue
		}
		im.hear(sv, l, h)
	}
	return sv
}

func (im *importer) hear(sv *server, l *directive, h heard) {
	i := slices.IndexFunc(im.listeners, func(o *listener) bool { return o.address == h.address })
	if i < 0 {
		im.listeners = append(im.listeners, &listener{
			address: h.address, port: h.port, from: l.Place, byDefault: sv, first: sv.scope,
		})
		i = len(im.listeners) - 1
	}
	on := im.listeners[i]
	on.tls, on.proxy = on.tls || h.tls, on.proxy || h.proxy
	if h.wanted && !on.explicit {
		on.explicit, on.byDefault, on.first = true, sv, sv.scope
	}
	if !slices.Contains(on.servers, sv) {
		on.servers = append(on.servers, sv)
	}
	if !slices.Contains(sv.on, on) {
		sv.on = append(sv.on, on)
	}
}

// makeListeners joins IPv4 and IPv6 of one port, and puts the listeners into the draft.
func (im *importer) makeListeners() {
	for i := 0; i < len(im.listeners); i++ {
		four := im.listeners[i]
		if four.address != "0.0.0.0:"+strconv.Itoa(four.port) {
			continue
		}
		j := slices.IndexFunc(im.listeners, func(o *listener) bool {
			return o.address == "[::]:"+strconv.Itoa(four.port) && o.tls == four.tls
		})
		if j < 0 {
			continue
		}
		six := im.listeners[j]
		for _, sv := range six.servers {
			sv.on = slices.DeleteFunc(sv.on, func(o *listener) bool { return o == six })
			if !slices.Contains(sv.on, four) {
				sv.on = append(sv.on, four)
				four.servers = append(four.servers, sv)
			}
		}
		if !four.explicit && six.explicit {
			four.byDefault, four.first = six.byDefault, six.first
		}
		four.address = ":" + strconv.Itoa(four.port)
		im.listeners = slices.Delete(im.listeners, j, j+1)
		if j < i {
			i--
		}
	}
	for _, l := range im.listeners {
		im.makeListener(l)
	}
}

func (im *importer) makeListener(l *listener) {
	kind := "http"
	if l.tls {
		kind = "https"
	}
	hint := kind + "-" + strconv.Itoa(l.port)
	if (l.port == 80 && !l.tls) || (l.port == 443 && l.tls) || l.port == 0 {
		hint = kind
	}
	l.name = im.draft.Name("listener", hint)
	o := &draft.Object{Name: l.name, From: l.from, What: "listen"}
	o.Keys = draft.Map{{Key: "address", Value: l.address}}
	if l.tls && !im.tls(l, o) {
		return
	}
	keys := o.Keys
	s := l.first
	if t, ok := im.time(s, "client_header_timeout"); ok {
		keys.Set("timeouts.header", t)
	}
	if t, ok := im.time(s, "client_body_timeout"); ok {
		keys.Set("timeouts.body_idle", t)
	}
	if t, ok := im.time(s, "keepalive_timeout"); ok && t > 0 {
		keys.Set("timeouts.keepalive", t)
	}
	if b := s.find("large_client_header_buffers"); b != nil {
		count, err := strconv.Atoi(b.arg(0))
		if each, ok := size(b.arg(1)); ok && err == nil && count > 0 && count < 1<<16 &&
			each >= 256 && each <= 1<<20 {
			keys.Set("limits.max_request_line_bytes", each)
			keys.Set("limits.max_header_bytes", min(each*int64(count), 1<<20))
		} else {
			im.draft.LeftOut(b.Place, b.text(), "its numbers are out of the range of this gateway")
		}
	}
	if s.value("underscores_in_headers") == "on" {
		keys.Set("limits.allow_underscores", true)
	}
	im.realIP(l, s, &keys)
	o.Keys = keys
	im.draft.Listeners = append(im.draft.Listeners, o)
}

// realIP maps whom nginx believes what they say of clients.
func (im *importer) realIP(l *listener, s *scope, keys *draft.Map) {
	if l.proxy {
		keys.Set("proxy_protocol", true)
	}
	var from []string
	for _, d := range s.all("set_real_ip_from") {
		if prefix, ok := prefix(d.arg(0)); ok {
			from = append(from, prefix.String())
		} else {
			im.draft.LeftOut(d.Place, d.text(), "it is no range of addresses")
		}
	}
	if len(from) == 0 {
		return
	}
	switch field := strings.ToLower(s.value("real_ip_header")); field {
	case "x-forwarded-for":
		keys.Set("trusted_proxies", from)
	case "proxy_protocol":
		if l.proxy {
			keys.Set("proxy_protocol_from", from)
		}
	default:
		d := s.all("set_real_ip_from")[0]
		im.draft.LeftOut(d.Place, d.text(),
			"this gateway takes clients' addresses from X-Forwarded-For and the PROXY protocol "+
				"only")
	}
}

// tls maps the certificates of all servers of a listener; the default one's come first. It returns
// false where there is none.
func (im *importer) tls(l *listener, o *draft.Object) bool {
	tls := draft.Map{}
	at := l.from
	certificates := im.certificatesOf(l, &at)
	if len(certificates) == 0 {
		im.draft.LeftOut(l.from, "listen "+l.address,
			"none of its servers has a certificate (ssl_certificate with ssl_certificate_key)")
		return false
	}
	tls.Set("certificates", certificates)
	s := l.first
	if p := s.find("ssl_protocols"); p != nil {
		if !slices.Contains(p.args, "TLSv1.2") && slices.Contains(p.args, "TLSv1.3") {
			tls.Set("min_version", "1.3")
		}
		if slices.Contains(p.args, "TLSv1") || slices.Contains(p.args, "TLSv1.1") {
			im.draft.Differs(p.Place, p.text(), "this gateway has no TLS before 1.2")
		}
	}
	if v := s.find("ssl_verify_client"); v != nil {
		ca := clientCA(s)
		switch {
		case v.arg(0) == "on" && ca != "":
			tls.Set("client_ca", im.draft.Path(ca, im.dir))
		case v.arg(0) != "off":
			im.draft.LeftOut(v.Place, v.text(), "here a listener asks all clients for a "+
				"certificate that has to be good (client_ca), or none")
		}
	}
	whole := im.draft.TLS(o, at, "ssl_certificate", tls)
	l.asks = whole && tls.Get("client_ca") != nil
	return true
}

// clientCA is the file of the authorities of clients' certificates, or "".
func clientCA(s *scope) string {
	return cmpOr(s.value("ssl_client_certificate"), s.value("ssl_trusted_certificate"))
}

// certificatesOf lists the certificates of a listener. at becomes the place of the first one.
func (im *importer) certificatesOf(l *listener, at *draft.Place) (certificates []draft.Map) {
	var seen []string
	for _, sv := range slices.Concat([]*server{l.byDefault}, l.servers) {
		certs, keys := sv.scope.all("ssl_certificate"), sv.scope.all("ssl_certificate_key")
		for i, c := range certs {
			if i >= len(keys) || slices.Contains(seen, c.arg(0)) {
				continue
			}
			seen = append(seen, c.arg(0))
			if strings.ContainsAny(c.arg(0)+keys[i].arg(0), "$:") {
				im.draft.LeftOut(c.Place, c.text(), "it is no path of a file")
				continue
			}
			m := draft.Map{
				{Key: "cert", Value: im.draft.Path(c.arg(0), im.dir)},
				{Key: "key", Value: im.draft.Path(keys[i].arg(0), im.dir)},
			}
			if o := sv.scope.find("ssl_stapling_file"); o != nil {
				m.Set("ocsp", im.draft.Path(o.arg(0), im.dir))
			}
			if len(certificates) == 0 {
				*at = c.Place
			}
			certificates = append(certificates, m)
		}
	}
	return certificates
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

package fromcaddy

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// proxy maps reverse_proxy.
func (im *importer) proxy(l *line, args []string, b *branch) {
	keys, where := draft.Map{}, draft.Map{}
	var endpoints []draft.Map
	secure, protocol := false, ""
	add := func(l *line, text string) {
		for _, address := range spread(text) {
			to, tls, h2c, why := upstream(address)
			if why != "" {
				im.draft.LeftOut(l.Place, "reverse_proxy "+address, why)
				continue
			}
			secure = secure || tls
			if h2c {
				protocol = "h2c"
			}
			endpoints = append(endpoints, draft.Map{{Key: "address", Value: to}})
		}
	}
	for _, a := range args {
		add(l, a)
	}
	for _, o := range l.block {
		switch o.name() {
		case "to":
			for _, a := range o.args() {
				add(o, a)
			}
		case "transport":
			im.transport(o, &keys, &where, &secure, &protocol)
		case "header_up", "header_down":
			b.proxied = l
		default:
			im.option(o, &keys)
		}
	}
	if where.Get("fastcgi") != nil {
		b.keys = im.none(l, "this gateway does not speak FastCGI")
		return
	}
	if len(endpoints) == 0 {
		b.keys = im.none(l, "it has no address that can be carried over")
		return
	}
	im.share(l, endpoints)
	if len(endpoints) == 1 {
		b.endpoint, _ = endpoints[0].Get("address").(string)
	}
	if protocol != "" {
		if protocol == "h2c" && secure {
			protocol = "h2"
		}
		where = append(draft.Map{{Key: "protocol", Value: protocol}}, where...)
	}
	where.Put("endpoints", endpoints)
	if secure {
		security, _ := where.Get("security").(draft.Map)
		if security.Get("mode") == nil {
			where.Put("security", append(draft.Map{{Key: "mode", Value: "tls"}}, security...))
		}
	} else {
		where.Remove("security")
	}
	for _, p := range keys {
		where.Put(p.Key, p.Value)
	}
	retry := where.Get("retry")
	where.Remove("retry")
	b.keys = draft.Map{{Key: "cluster", Value: im.cluster(l, where, endpoints)}}
	if retry != nil {
		b.keys.Put("retry", retry)
	}
	if times, _ := where.Get("timeouts").(draft.Map); times.Get("response") != nil {
		b.keys.Set("timeouts.request", times.Get("response"))
	}
}

// cluster returns the name of the cluster with these keys.
func (im *importer) cluster(l *line, keys draft.Map, endpoints []draft.Map) string {
	made := draft.Key(keys)
	if name, ok := im.clusters[made]; ok {
		return name
	}
	first, _ := endpoints[0].Get("address").(string)
	name := im.draft.Name("cluster", first)
	im.clusters[made] = name
	im.draft.Clusters = append(im.draft.Clusters, &draft.Object{
		Name: name, From: l.Place, What: l.text(), Keys: keys,
	})
	return name
}

// upstream reads the address of an upstream.
func upstream(text string) (address string, tls, h2c bool, why string) {
	if path, ok := strings.CutPrefix(text, "unix/"); ok {
		if !draft.Has(draft.Unix) {
			return "", false, false, draft.Missing(draft.Unix)
		}
		return "unix:" + path, false, false, ""
	}
	port := "80"
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		switch scheme {
		case "http":
		case "https":
			tls, port = true, "443"
		case "h2c":
			h2c = true
		default:
			return "", false, false, "this gateway has no such scheme"
		}
		if host, path, ok := strings.Cut(rest, "/"); ok && path != "" {
			return "", false, false, "an endpoint has no path"
		} else if ok {
			rest = host
		}
		text = rest
	}
	if text == "" || strings.ContainsAny(text, "{}/ ") {
		return "", false, false, "its address has placeholders, or none can be read"
	}
	host, p, err := net.SplitHostPort(text)
	if err != nil {
		host, p = strings.Trim(text, "[]"), port
	}
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, p), tls, h2c, ""
}

// spread returns the addresses of a range of ports.
func spread(text string) []string {
	i := strings.LastIndexByte(text, ':')
	from, to, ok := strings.Cut(text[i+1:], "-")
	first, err := strconv.Atoi(from)
	end, err2 := strconv.Atoi(to)
	if i < 0 || !ok || err != nil || err2 != nil || end < first || end-first > 100 {
		return []string{text}
	}
	var all []string
	for ; first <= end; first++ {
		all = append(all, text[:i+1]+strconv.Itoa(first))
	}
	return all
}

// option maps one line of the block of reverse_proxy.
func (im *importer) option(o *line, keys *draft.Map) {
	t, isTime := duration(o.arg(0))
	n, err := strconv.Atoi(o.arg(0))
	switch o.name() {
	case "lb_policy":
		im.policy(o, keys)
	case "lb_retries":
		if err == nil && n >= 0 && n < 10 {
			keys.Set("retry.attempts", n+1)
		}
	case "health_uri", "health_path":
		keys.Set("health.active.path", o.arg(0))
	case "health_interval":
		if isTime && t >= 100*time.Millisecond {
			keys.Set("health.active.interval", t)
		}
	case "health_timeout":
		if isTime && t > 0 {
			keys.Set("health.active.timeout", t)
		}
	case "health_status":
		status := strings.NewReplacer("2xx", "200-299", "3xx", "300-399", "4xx", "400-499").
			Replace(o.arg(0))
		keys.Set("health.active.status", status)
	case "rewrite", "method", "handle_response", "replace_status", "intercept", "copy_response",
		"copy_response_headers", "@":
		im.draft.LeftOut(o.Place, "reverse_proxy "+o.name(), "this gateway has no such setting")
	case "trusted_proxies":
		im.draft.LeftOut(o.Place, "reverse_proxy "+o.name(),
			"`trusted_proxies` is a key of listeners here")
	case "dynamic":
		im.draft.LeftOut(o.Place, "reverse_proxy "+o.name(), "endpoints are listed here; what a "+
			"name "+
			"points to is asked for again by itself")
	case "lb_try_duration", "lb_try_interval", "fail_duration", "max_fails", "unhealthy_status",
		"unhealthy_latency", "unhealthy_request_count", "flush_interval", "request_buffers",
		"response_buffers", "stream_timeout", "stream_close_delay", "verbose_logs",
		"max_buffer_size",
		"buffer_requests", "buffer_responses", "health_passes", "health_fails":
		im.draft.Meaningless(o.Place, o.name())
	default:
		im.draft.LeftOut(o.Place, "reverse_proxy "+o.name(), "clusters have no such setting")
	}
}

// policy maps lb_policy.
func (im *importer) policy(o *line, keys *draft.Map) {
	policy, key := "", ""
	switch o.arg(0) {
	case "round_robin", "weighted_round_robin", "random", "first":
		return
	case "least_conn", "random_choose":
		policy = "least_request"
	case "ip_hash", "client_ip_hash":
		policy, key = "hash", "client"
	case "uri_hash":
		policy, key = "hash", "path"
	case "header":
		policy, key = "hash", "header:"+o.arg(1)
	case "query":
		policy, key = "hash", "query:"+o.arg(1)
	case "cookie":
		if !draft.Has(draft.Sticky) {
			im.draft.LeftOut(o.Place, o.text(), draft.Missing(draft.Sticky))
			return
		}
		name := o.arg(1)
		if name == "" {
			name = "lb"
		}
		keys.Set("sticky.cookie", name)
		return
	default:
		im.draft.LeftOut(o.Place, "lb_policy "+o.arg(0), "clusters have no such policy")
		return
	}
	if !draft.Has(draft.Balance) {
		im.draft.LeftOut(o.Place, "lb_policy "+o.arg(0), draft.Missing(draft.Balance)+
			": endpoints take turns (round robin)")
		return
	}
	keys.Set("balance.policy", policy)
	if key != "" {
		keys.Set("balance.key", key)
	}
}

// share maps weights and the first one that works.
func (im *importer) share(l *line, endpoints []draft.Map) {
	for _, o := range l.block {
		if o.name() != "lb_policy" {
			continue
		}
		switch o.arg(0) {
		case "weighted_round_robin":
			for i := range endpoints {
				if w, err := strconv.Atoi(o.arg(i + 1)); err == nil && w >= 0 && w <= 1_000_000 &&
					w != 1 {
					endpoints[i].Set("weight", w)
				}
			}
		case "first":
			if !draft.Has(draft.Backup) {
				im.draft.LeftOut(o.Place, "lb_policy first", draft.Missing(draft.Backup))
				continue
			}
			for i := 1; i < len(endpoints); i++ {
				endpoints[i].Set("backup", true)
			}
		}
	}
}

// transport maps the block of a transport.
func (im *importer) transport(o *line, keys, where *draft.Map, secure *bool, protocol *string) {
	if o.arg(0) != "http" {
		where.Put("fastcgi", true)
		return
	}
	file := func(t *line, path string) string {
		at := im.draft.Path(path, im.dir)
		if !draft.FileExists(im.draft.On(at)) {
			im.draft.LeftOut(t.Place, t.name(), at+" is not on this machine")
			return ""
		}
		return at
	}
	for _, t := range o.block {
		d, isTime := duration(t.arg(0))
		switch t.name() {
		case "tls":
			*secure = true
		case "tls_insecure_skip_verify":
			*secure = true
			where.Set("security.insecure_skip_verify", true)
		case "tls_server_name":
			*secure = true
			if !strings.Contains(t.arg(0), "{") {
				where.Set("security.server_name", t.arg(0))
			}
		case "tls_trusted_ca_certs", "tls_trust_pool":
			*secure = true
			if ca := file(t, t.arg(len(t.args())-1)); ca != "" {
				where.Set("security.ca", ca)
			}
		case "tls_client_auth":
			*secure = true
			cert, key := file(t, t.arg(0)), file(t, t.arg(1))
			if cert != "" && key != "" {
				where.Set("security.mode", "mtls")
				where.Set("security.cert", cert)
				where.Set("security.key", key)
			}
		case "dial_timeout":
			if isTime && d > 0 {
				keys.Set("timeouts.connect", d)
			}
		case "response_header_timeout":
			if isTime && d > 0 {
				keys.Set("timeouts.response", d)
			}
		case "read_timeout", "write_timeout":
			if isTime && d > 0 {
				keys.Set("timeouts.body_idle", d)
			}
		case "keepalive":
			if isTime && d > 0 {
				keys.Set("timeouts.idle", d)
			}
		case "versions":
			if t.arg(0) == "h2c" || t.arg(0) == "2" && len(t.args()) == 1 {
				*protocol = "h2c"
			}
		case "proxy_protocol":
			if t.arg(0) == "v1" || t.arg(0) == "v2" {
				keys.Set("proxy_protocol", t.arg(0))
			}
		case "max_conns_per_host":
			if n, err := strconv.Atoi(t.arg(0)); err == nil && n > 0 && n <= 100_000 {
				keys.Set("limits.max_connections", n)
			}
		default:
			im.draft.Meaningless(t.Place, "transport "+t.name())
		}
	}
}

// upAndDown maps header_up and header_down.
func (im *importer) upAndDown(b *branch) {
	for _, o := range b.proxied.block {
		args := o.args()
		if len(args) == 0 {
			continue
		}
		switch o.name() {
		case "header_down":
			im.field(o, args, &b.response)
		case "header_up":
			name, value := strings.ToLower(args[0]), o.arg(1)
			switch {
			case name == "host" && (value == "{upstream_hostport}" ||
				value == "{http.reverse_proxy.upstream.hostport}"):
				if b.endpoint != "" && b.request.Set("Host", b.endpoint) == "" {
					continue
				}
				im.draft.LeftOut(o.Place, "header_up Host", "this gateway has no placeholder "+
					"for the "+
					"endpoint in Host; write its name into `headers.request.set`")
			case name == "host" && (value == "{host}" || value == "{hostport}" ||
				value == "{http.request.host}" || value == "{http.request.hostport}"):
			case strings.HasPrefix(strings.TrimLeft(name, "+-"), "x-forwarded-") ||
				name == "connection" || name == "upgrade" || name == "x-request-id":
				im.draft.Meaningless(o.Place, "header_up "+args[0])
			default:
				im.field(o, args, &b.request)
			}
		}
	}
}

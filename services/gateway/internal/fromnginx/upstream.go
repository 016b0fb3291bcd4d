package fromnginx

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// cluster returns the name of the cluster for an upstream or a host, with the settings in force.
// why says why there can be none, or is "".
func (im *importer) cluster(s *scope, host string, secure, grpc bool) (name, why string) {
	keys := draft.Map{}
	from := s.list
	place := draft.Place{}
	what := "proxy_pass " + host
	if d := firstOf(s, "proxy_pass", "grpc_pass"); d != nil {
		place, what = d.Place, d.text()
	} else if len(from) > 0 {
		place = from[0].Place
	}
	port := "80"
	if secure {
		port = "443"
	}
	upstream := im.upstreams[host]
	if upstream != nil {
		place, what = upstream.Place, upstream.text()
		if why := im.endpoints(upstream, port, &keys); why != "" {
			return "", why
		}
	} else {
		address, why := endpoint(host, port)
		if why != "" {
			return "", why
		}
		keys.Set("endpoints", []draft.Map{{{Key: "address", Value: address}}})
	}
	protocol := ""
	switch {
	case grpc && secure:
		protocol = "h2"
	case grpc:
		protocol = "h2c"
	}
	if protocol != "" {
		keys = append(draft.Map{{Key: "protocol", Value: protocol}}, keys...)
	}
	if secure {
		im.security(s, host, upstream != nil, grpc, &keys)
	}
	kind := "proxy"
	if grpc {
		kind = "grpc"
	}
	if t, ok := im.time(s, kind+"_connect_timeout"); ok && t > 0 {
		keys.Set("timeouts.connect", t)
	}
	made := host + "\n" + draft.Key(keys)
	if name, ok := im.clusters[made]; ok {
		im.patience(s, kind, name)
		return name, ""
	}
	name = im.draft.Name("cluster", strings.TrimSuffix(host, ":80"))
	im.clusters[made] = name
	im.draft.Clusters = append(im.draft.Clusters, &draft.Object{
		Name: name, From: place, What: what, Keys: keys,
	})
	im.patience(s, kind, name)
	return name, ""
}

// patience lets a cluster answer for as long as the slowest of its routes. Each route has a limit
// of
// its own beside it, and the shorter one counts.
func (im *importer) patience(s *scope, kind, name string) {
	t, ok := im.time(s, kind+"_read_timeout")
	if !ok {
		return
	}
	for _, c := range im.draft.Clusters {
		if c.Name != name {
			continue
		}
		had := config.DefaultResponse
		times, _ := c.Keys.Get("timeouts").(draft.Map)
		if r, ok := times.Get("response").(time.Duration); ok {
			had = r
		}
		if t > had {
			c.Keys.Set("timeouts.response", t)
		}
	}
}

func firstOf(s *scope, names ...string) *directive {
	for _, n := range names {
		if d := s.find(n); d != nil {
			return d
		}
	}
	return nil
}

// endpoint returns the address of an endpoint with its port.
func endpoint(host, port string) (address, why string) {
	switch {
	case strings.HasPrefix(host, "unix:"):
		if !draft.Has(draft.Unix) {
			return "", draft.Missing(draft.Unix)
		}
		return host, ""
	case host == "" || strings.ContainsAny(host, "$/ "):
		return "", "its address can't be read"
	case strings.HasSuffix(host, "]"):
		return host + ":" + port, ""
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		return net.JoinHostPort(strings.Trim(host, "[]"), port), ""
	}
	return host, ""
}

// endpoints maps the servers of an upstream, and how they share.
func (im *importer) endpoints(u *directive, port string, keys *draft.Map) (why string) {
	var all []draft.Map
	backups := 0
	for _, d := range u.block {
		if d.name != "server" {
			im.balance(d, keys)
			continue
		}
		address, why := endpoint(d.arg(0), port)
		if why != "" {
			im.draft.LeftOut(d.Place, "server "+d.arg(0), why)
			continue
		}
		e := draft.Map{{Key: "address", Value: address}}
		for _, a := range d.args[min(1, len(d.args)):] {
			name, value, _ := strings.Cut(a, "=")
			n, err := strconv.Atoi(value)
			switch {
			case name == "weight" && err == nil && n > 0 && n <= 1_000_000:
				if n != 1 {
					e.Set("weight", n)
				}
			case name == "down":
				e.Set("weight", 0)
			case name == "backup":
				e.Set("backup", true)
			case name == "max_fails" || name == "fail_timeout" || name == "resolve":
				im.draft.Meaningless(d.Place, name)
			case name == "slow_start":
				im.draft.Meaningless(d.Place, name)
			default:
				im.draft.LeftOut(d.Place, "server "+d.arg(0)+" "+name,
					"endpoints have no such setting")
			}
		}
		if e.Get("backup") != nil {
			backups++
			if !draft.Has(draft.Backup) {
				im.draft.LeftOut(d.Place, "server "+d.arg(0)+" backup", draft.Missing(draft.Backup))
				continue
			}
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return "no server of the upstream can be carried over"
	}
	if backups == len(all) {
		for i := range all {
			all[i].Remove("backup")
		}
	}
	keys.Put("endpoints", all)
	return ""
}

// balance maps how the servers of an upstream share.
func (im *importer) balance(d *directive, keys *draft.Map) {
	policy, key := "", ""
	switch d.name {
	case "least_conn", "random", "least_time":
		policy = "least_request"
	case "ip_hash":
		policy, key = "hash", "client"
	case "hash":
		policy = "hash"
		variable := strings.Trim(strings.TrimPrefix(d.arg(0), "$"), "{}")
		kind, name := source(variable)
		switch {
		case kind == "headers":
			key = "header:" + name
		case kind == "cookies":
			key = "cookie:" + name
		case kind == "query":
			key = "query:" + name
		case variable == "remote_addr" || variable == "binary_remote_addr":
			key = "client"
		case variable == "request_uri" || variable == "uri":
			key = "path"
		default:
			im.draft.LeftOut(d.Place, d.name, "this gateway has no such key of a hash")
			return
		}
	case "sticky":
		im.sticky(d, keys)
		return
	case "keepalive", "zone", "keepalive_timeout", "keepalive_requests", "keepalive_time",
		"resolver":
		im.draft.Meaningless(d.Place, d.name)
		return
	default:
		im.draft.LeftOut(d.Place, d.name, "clusters have no such setting")
		return
	}
	if !draft.Has(draft.Balance) {
		im.draft.LeftOut(d.Place, d.name, draft.Missing(draft.Balance)+
			": endpoints take turns (round robin)")
		return
	}
	keys.Set("balance.policy", policy)
	if key != "" {
		keys.Set("balance.key", key)
	}
}

func (im *importer) sticky(d *directive, keys *draft.Map) {
	switch {
	case d.arg(0) != "cookie" || d.arg(1) == "":
		im.draft.LeftOut(d.Place, d.name, "only a cookie of the gateway's own can be carried over")
		return
	case !draft.Has(draft.Sticky):
		im.draft.LeftOut(d.Place, d.name, draft.Missing(draft.Sticky))
		return
	}
	keys.Set("sticky.cookie", d.arg(1))
	for _, a := range d.args[2:] {
		if t, ok := strings.CutPrefix(a, "expires="); ok {
			if ttl, ok := duration(t); ok && ttl > 0 {
				keys.Set("sticky.ttl", ttl)
			}
		}
	}
}

// security maps how connections to endpoints are protected. This gateway looks at certificates
// unless it is told not to, and nginx does so only when it is told.
func (im *importer) security(s *scope, host string, upstream, grpc bool, keys *draft.Map) {
	kind := "proxy_ssl_"
	if grpc {
		kind = "grpc_ssl_"
	}
	// What is not on this machine could not be checked here.
	file := func(name string) string {
		d := s.find(kind + name)
		if d == nil || strings.ContainsAny(d.arg(0), "$:") {
			return ""
		}
		path := im.draft.Path(d.arg(0), im.dir)
		if !draft.FileExists(im.draft.On(path)) {
			im.draft.LeftOut(d.Place, d.text(), path+" is not on this machine")
			return ""
		}
		return path
	}
	ca, cert, key := file("trusted_certificate"), file("certificate"), file("certificate_key")
	keys.Set("security.mode", "tls")
	if cert != "" && key != "" {
		keys.Set("security.mode", "mtls")
	}
	if ca != "" {
		keys.Set("security.ca", ca)
	}
	if cert != "" && key != "" {
		keys.Set("security.cert", cert)
		keys.Set("security.key", key)
	}
	if name := s.value(kind + "name"); name != "" && !strings.Contains(name, "$") {
		keys.Set("security.server_name", name)
	}
	at := firstOf(s, "proxy_pass", "grpc_pass")
	switch verify := s.find(kind + "verify"); {
	case verify != nil && verify.arg(0) == "off":
		keys.Set("security.insecure_skip_verify", true)
	case verify == nil && at != nil:
		im.draft.Differs(at.Place, at.text(), "certificates of the endpoints are looked at, which "+
			"nginx does only with "+kind+"verify; with one of your own authority, write "+
			"`security: {ca: FILE}`")
	}
}

package fromtraefik

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// service returns the keys of a route for a service: cluster, split, mirror. host is the Host that
// its endpoint gets, "" for the client's. why says why there is none, or is "".
func (im *importer) service(name string, at draft.Place) (keys draft.Map, host, why string) {
	name, _, _ = strings.Cut(name, "@file")
	n := im.services[strings.ToLower(name)]
	switch {
	case strings.HasSuffix(name, "@internal"):
		return nil, "", "it is a part of Traefik itself"
	case n == nil:
		return nil, "", "no service in the files is named so"
	case im.seen[strings.ToLower(name)] > 0 || len(im.seen) > draft.MaxDepth:
		return nil, "", "the services refer to each other"
	}
	im.seen[strings.ToLower(name)]++
	defer func() { delete(im.seen, strings.ToLower(name)) }()
	switch {
	case n.get("loadBalancer") != nil:
		cluster, host, why := im.balancer(name, n.get("loadBalancer"), nil)
		if why != "" {
			return nil, "", why
		}
		return draft.Map{{Key: "cluster", Value: cluster}}, host, ""
	case n.get("weighted") != nil:
		return im.weighted(n.get("weighted"))
	case n.get("mirroring") != nil:
		return im.mirroring(n.get("mirroring"))
	case n.get("failover") != nil:
		return im.failover(name, n.get("failover"))
	}
	return nil, "", "it is of no kind that can be carried over"
}

// balancer makes a cluster of a loadBalancer. more are endpoints of another one that come last.
func (im *importer) balancer(name string, lb *node, more *node) (cluster, host, why string) {
	keys := draft.Map{}
	secure, protocol := false, ""
	endpoints := im.servers(name, lb, &secure, &protocol)
	if len(endpoints) == 0 {
		return "", "", "it has no server that can be carried over"
	}
	if more != nil {
		for _, e := range im.servers(name, more, &secure, &protocol) {
			e.Set("backup", true)
			endpoints = append(endpoints, e)
		}
	}
	if protocol != "" {
		keys.Set("protocol", protocol)
	}
	keys.Set("endpoints", endpoints)
	if s := lb.get("sticky.cookie"); s != nil {
		if draft.Has(draft.Sticky) {
			name := s.get("name").str()
			if name == "" {
				name = "gw"
			}
			keys.Set("sticky.cookie", name)
		} else {
			im.draft.LeftOut(s.Place, "sticky", draft.Missing(draft.Sticky))
		}
	}
	switch strategy := lb.get("strategy").str(); {
	case strategy == "" || strategy == "wrr":
	case !draft.Has(draft.Balance):
		im.draft.LeftOut(lb.get("strategy").Place, "strategy "+strategy,
			draft.Missing(draft.Balance)+": endpoints take turns (round robin)")
	case strategy == "p2c" || strategy == "leasttime":
		keys.Set("balance.policy", "least_request")
	case strategy == "hrw":
		keys.Set("balance", draft.Map{{Key: "policy", Value: "hash"}, {Key: "key",
			Value: "client"}})
	}
	im.check(lb.get("healthCheck"), &keys)
	im.transport(lb, secure, &keys)
	lb.each(func(key string, v *node) {
		switch strings.ToLower(key) {
		case "servers", "sticky", "strategy", "healthcheck", "serverstransport", "passhostheader":
		case "responseforwarding", "passivehealthcheck":
			im.draft.Meaningless(v.Place, key)
		default:
			im.draft.LeftOut(v.Place, "loadBalancer."+key, "clusters have no such setting")
		}
	})
	if p := lb.get("passHostHeader"); p != nil && strings.EqualFold(p.str(), "false") {
		if len(endpoints) == 1 {
			host, _ = endpoints[0].Get("address").(string)
		} else {
			im.draft.LeftOut(p.Place, "passHostHeader", "the Host field goes on as it came, "+
				"since there "+
				"are several endpoints")
		}
	}
	made := draft.Key(keys)
	if name, ok := im.clusters[made]; ok {
		return name, host, ""
	}
	cluster = im.draft.Name("cluster", name)
	im.clusters[made] = cluster
	im.draft.Clusters = append(im.draft.Clusters, &draft.Object{
		Name: cluster, From: lb.Place, What: "service " + name, Keys: keys,
	})
	return cluster, host, ""
}

// servers maps the servers of a loadBalancer.
func (im *importer) servers(
	name string, lb *node, secure *bool, protocol *string,
) (all []draft.Map) {
	for _, s := range lb.get("servers").items() {
		u, err := url.Parse(s.get("url").str())
		if err != nil || u.Hostname() == "" {
			im.draft.LeftOut(s.Place, "a server of "+name, "its URL can't be read")
			continue
		}
		port := u.Port()
		switch strings.ToLower(u.Scheme) {
		case "http":
			port = or(port, "80")
		case "h2c":
			*protocol = "h2c"
			port = or(port, "80")
		case "https":
			*secure = true
			port = or(port, "443")
		default:
			im.draft.LeftOut(s.Place, "a server of "+name, "this gateway has no such scheme")
			continue
		}
		if u.Path != "" && u.Path != "/" {
			im.draft.LeftOut(s.Place, "the path of a server of "+name, "endpoints have no path; a "+
				"`rewrite.replace_prefix` of the route may do")
		}
		e := draft.Map{{Key: "address", Value: net.JoinHostPort(u.Hostname(), port)}}
		if slices.ContainsFunc(all, func(o draft.Map) bool {
			return o.Get("address") == e.Get("address")
		}) {
			continue
		}
		if w, ok := s.get("weight").number(); ok && w >= 0 && w <= 1_000_000 {
			e.Set("weight", w)
		}
		all = append(all, e)
	}
	return all
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// check maps healthCheck.
func (im *importer) check(h *node, keys *draft.Map) {
	if h == nil {
		return
	}
	keys.Set("health.active.path", or(h.get("path").str(), "/"))
	if host := h.get("hostname").str(); host != "" {
		keys.Set("health.active.host", host)
	}
	if status := h.get("status").str(); status != "" && status != "0" {
		keys.Set("health.active.status", status)
	}
	interval, ok := duration(h.get("interval").str())
	if ok && interval >= 1e8 {
		keys.Set("health.active.interval", interval)
	}
	if t, ok := duration(h.get("timeout").str()); ok && t > 0 {
		if interval > 0 && t > interval {
			t = interval
		}
		keys.Set("health.active.timeout", t)
	}
	h.each(func(key string, v *node) {
		switch strings.ToLower(key) {
		case "path", "hostname", "status", "interval", "timeout", "followredirects",
			"unhealthyinterval":
		default:
			im.draft.LeftOut(v.Place, "healthCheck."+key, "checks have no such setting")
		}
	})
}

// transport maps how connections to servers are protected.
func (im *importer) transport(lb *node, secure bool, keys *draft.Map) {
	name, _, _ := strings.Cut(lb.get("serversTransport").str(), "@file")
	t := im.transports[strings.ToLower(name)]
	if secure {
		keys.Set("security.mode", "tls")
	}
	if t == nil {
		return
	}
	if secure {
		file := func(path string, at *node) string {
			path = im.draft.Path(path, im.dir)
			if path != "" && draft.FileExists(im.draft.On(path)) {
				return path
			}
			im.draft.LeftOut(at.Place, "serversTransports."+name, path+" is not on this machine")
			return ""
		}
		if cas := t.get("rootCAs").list(); len(cas) > 0 {
			if ca := file(cas[0], t.get("rootCAs")); ca != "" {
				keys.Set("security.ca", ca)
			}
		}
		for _, c := range t.get("certificates").items() {
			cert, key := file(c.get("certFile").str(), c), file(c.get("keyFile").str(), c)
			if cert != "" && key != "" {
				keys.Set("security.mode", "mtls")
				keys.Set("security.cert", cert)
				keys.Set("security.key", key)
			}
		}
		if s := t.get("serverName").str(); s != "" {
			keys.Set("security.server_name", s)
		}
		if t.get("insecureSkipVerify").isTrue() {
			keys.Set("security.insecure_skip_verify", true)
		}
	}
	if d, ok := duration(t.get("forwardingTimeouts.dialTimeout").str()); ok && d > 0 {
		keys.Set("timeouts.connect", d)
	}
	if d, ok := duration(t.get("forwardingTimeouts.responseHeaderTimeout").str()); ok && d > 0 {
		keys.Set("timeouts.response", d)
	}
	if d, ok := duration(t.get("forwardingTimeouts.idleConnTimeout").str()); ok && d > 0 {
		keys.Set("timeouts.idle", d)
	}
}

// weighted maps a weighted service of others.
func (im *importer) weighted(w *node) (draft.Map, string, string) {
	var split []draft.Map
	for _, s := range w.get("services").items() {
		keys, _, why := im.service(s.get("name").str(), s.Place)
		cluster, ok := keys.Get("cluster").(string)
		if why == "" && !ok {
			why = "`split` shares between clusters, and not between what is shared already"
		}
		if why != "" {
			im.draft.LeftOut(s.Place, "service "+s.get("name").str(), why)
			continue
		}
		weight := 1
		if n, ok := s.get("weight").number(); ok && n >= 0 && n <= 1_000_000 {
			weight = n
		}
		if !slices.ContainsFunc(split,
			func(m draft.Map) bool { return m.Get("cluster") == cluster }) {
			split = append(split, draft.Map{{Key: "cluster", Value: cluster},
				{Key: "weight", Value: weight}})
		}
	}
	if s := w.get("sticky"); s != nil {
		im.draft.LeftOut(s.Place, "weighted.sticky", "a cookie keeps clients at an endpoint of "+
			"a cluster "+
			"(clusters[].sticky), and not at a part of a split")
	}
	if len(split) == 0 {
		return nil, "", "none of its services can be carried over"
	}
	return draft.Map{{Key: "split", Value: split}}, "", ""
}

// mirroring maps a service whose requests others get copies of.
func (im *importer) mirroring(m *node) (draft.Map, string, string) {
	keys, host, why := im.service(m.get("service").str(), m.Place)
	if why != "" {
		return nil, "", why
	}
	var mirrors []draft.Map
	for _, x := range m.get("mirrors").items() {
		if !draft.Has(draft.Mirror) {
			im.draft.LeftOut(x.Place, "mirrors", draft.Missing(draft.Mirror))
			continue
		}
		one, why := im.mirrored(m, x)
		if why == "" && slices.ContainsFunc(mirrors, func(o draft.Map) bool {
			return o.Get("cluster") == one.Get("cluster")
		}) {
			why = "two mirrors of a route are two clusters"
		}
		if why != "" {
			im.draft.LeftOut(x.Place, "mirrors", why)
			continue
		}
		mirrors = append(mirrors, one)
	}
	switch len(mirrors) {
	case 0:
	case 1:
		keys.Set("mirror", mirrors[0])
	default:
		keys.Set("mirror", mirrors)
	}
	return keys, host, ""
}

// mostMirrored is how long a body can be at most to be mirrored here; there it may have no bound.
const mostMirrored = 16 << 20

// mirrored maps one of the mirrors of a service. Without a share nothing is mirrored, as there.
func (im *importer) mirrored(m, x *node) (one draft.Map, why string) {
	to, _, why := im.service(x.get("name").str(), x.Place)
	cluster, ok := to.Get("cluster").(string)
	if why != "" || !ok {
		return nil, or(why, "it is no cluster")
	}
	one.Set("cluster", cluster)
	share := "0"
	if p, ok := x.get("percent").number(); ok && p >= 0 && p <= 100 {
		share = x.get("percent").str()
	}
	one.Set("share", share+"%")
	body := mostMirrored
	if n, ok := m.get("maxBodySize").number(); ok && n >= 0 {
		body = min(body, n)
	}
	if m.get("mirrorBody").str() == "false" {
		body = 0
	}
	one.Set("max_body_bytes", body)
	return one, ""
}

// failover maps a service with another one for when it is down.
func (im *importer) failover(name string, f *node) (draft.Map, string, string) {
	find := func(key string) *node {
		name, _, _ := strings.Cut(f.get(key).str(), "@file")
		return im.services[strings.ToLower(name)].get("loadBalancer")
	}
	first, second := find("service"), find("fallback")
	if first == nil {
		return nil, "", "its service is no loadBalancer"
	}
	if second != nil && !draft.Has(draft.Backup) {
		im.draft.LeftOut(f.Place, "failover", draft.Missing(draft.Backup))
		second = nil
	}
	cluster, host, why := im.balancer(name, first, second)
	if why != "" {
		return nil, "", why
	}
	return draft.Map{{Key: "cluster", Value: cluster}}, host, ""
}

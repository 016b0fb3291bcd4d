package fromnginx

import (
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// stream maps the servers of stream into listeners of the protocol tcp.
func (im *importer) stream(s *scope) {
	upstreams, clusters := im.upstreams, im.clusters
	im.upstreams, im.clusters = map[string]*directive{}, map[string]string{}
	defer func() { im.upstreams, im.clusters = upstreams, clusters }()
	for _, u := range named(s.list, "upstream") {
		im.upstreams[u.arg(0)] = u
	}
	for _, m := range named(s.list, "map") {
		im.maps[strings.TrimPrefix(m.arg(1), "$")] = m
	}
	for _, d := range named(s.list, "server") {
		im.streamServer(&scope{s, d.block}, d)
	}
}

func (im *importer) streamServer(s *scope, d *directive) {
	pass := s.find("proxy_pass")
	if pass == nil {
		im.draft.LeftOut(d.Place, "server", "it has no proxy_pass")
		return
	}
	keys := draft.Map{}
	if variable, ok := strings.CutPrefix(pass.arg(0), "$"); ok {
		if !im.byName(s, pass, variable, &keys) {
			return
		}
	} else {
		cluster, why := im.streamCluster(s, pass, pass.arg(0))
		if why != "" {
			im.draft.LeftOut(pass.Place, pass.text(), why)
			return
		}
		keys.Set("cluster", cluster)
	}
	if t, ok := im.time(s, "proxy_connect_timeout"); ok && t > 0 {
		keys.Set("timeouts.connect", t)
	}
	if t, ok := im.time(s, "proxy_timeout"); ok && t > 0 {
		keys.Set("timeouts.idle", t)
	}
	if s.find("allow") != nil || s.find("deny") != nil {
		r := firstOf(s, "deny", "allow")
		im.draft.LeftOut(r.Place, r.text(), "listeners of the protocol tcp have no list of "+
			"clients; "+
			"the listener is left out too, so that it is open to nobody")
		return
	}
	for _, l := range named(s.list, "listen") {
		h, why := listen(l, false)
		if why != "" {
			im.draft.LeftOut(l.Place, l.text(), why)
			continue
		}
		own := append(draft.Map{{Key: "address", Value: h.address}, {Key: "protocol",
			Value: "tcp"}},
			keys.Clone()...)
		if h.tls {
			im.draft.LeftOut(l.Place, l.text(), "a tcp listener passes TLS on and does not end it")
			continue
		}
		if h.proxy {
			own.Set("proxy_protocol", true)
		}
		im.draft.Listeners = append(im.draft.Listeners, &draft.Object{
			Name: im.draft.Name("listener", "tcp-"+strconv.Itoa(h.port)), From: l.Place,
			What: l.text(), Keys: own,
		})
	}
}

func (im *importer) streamCluster(s *scope, pass *directive, to string) (string, string) {
	if im.upstreams[to] == nil && !strings.Contains(to, ":") {
		return "", "its address has no port"
	}
	proxied := s.find("proxy_protocol")
	// Nothing of the other settings counts for the cluster.
	inner := &scope{list: []*directive{pass}}
	for ; s != nil; s = s.up {
		for _, d := range s.list {
			if strings.HasPrefix(d.name, "proxy_ssl") {
				inner.list = append(inner.list, d)
			}
		}
	}
	secure := false
	for _, d := range inner.list {
		secure = secure || d.name == "proxy_ssl" && d.arg(0) == "on"
	}
	name, why := im.cluster(inner, to, secure, false)
	if why != "" {
		return "", why
	}
	if d := proxied; d != nil && d.arg(0) == "on" {
		for _, c := range im.draft.Clusters {
			if c.Name == name {
				c.Keys.Set("proxy_protocol", "v1")
			}
		}
	}
	return name, ""
}

// byName maps ssl_preread with a map of server names.
func (im *importer) byName(s *scope, pass *directive, variable string, keys *draft.Map) bool {
	m := im.maps[variable]
	if m == nil || m.arg(0) != "$ssl_preread_server_name" || s.value("ssl_preread") != "on" {
		im.draft.LeftOut(pass.Place, pass.text(), "only a map of $ssl_preread_server_name can be "+
			"carried over")
		return false
	}
	var sni []draft.Map
	for _, e := range m.block {
		if e.name == "hostnames" || e.name == "volatile" {
			continue
		}
		cluster, why := im.streamCluster(s, pass, e.arg(0))
		if why != "" {
			im.draft.LeftOut(e.Place, "map "+e.name, why)
			continue
		}
		hosts := []string{e.name}
		switch {
		case e.name == "default":
			keys.Set("cluster", cluster)
			continue
		case strings.HasPrefix(e.name, "~") || strings.HasSuffix(e.name, ".*"):
			im.draft.LeftOut(e.Place, "map "+e.name, "names are exact or *.example.com here")
			continue
		case strings.HasPrefix(e.name, "."):
			hosts = []string{e.name[1:], "*" + e.name}
		}
		sni = append(sni, draft.Map{{Key: "hosts", Value: hosts}, {Key: "cluster", Value: cluster}})
	}
	if len(sni) > 0 {
		keys.Set("sni", sni)
	}
	return len(sni) > 0 || keys.Get("cluster") != nil
}

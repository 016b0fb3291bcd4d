package config

import (
	"fmt"
	"net/netip"
	"strings"
)

func (v *validator) listeners() {
	ls := v.doc.Listeners
	v.names("listeners", "listener", len(ls), func(i int) string { return ls[i].Name })
	for i := range ls {
		l := &ls[i]
		at := func(key string) func() string {
			return func() string { return joinKey(joinIndex("listeners", i), key) }
		}
		if l.Address == "" {
			v.add(at("address")(), CodeMissing, "this listener has no address", "add one, such as address: 127.0.0.1:8080")
		} else if _, _, err := splitAddress(l.Address); err != nil {
			v.add(at("address")(), CodeAddress, fmt.Sprintf("%s %s", quote(l.Address), err), "write host:port, such as 127.0.0.1:8080; port 0 is any free port")
		}
		v.oneOf(at("protocol"), l.Protocol, ProtocolHTTP, ProtocolTCP)
		v.numbers(at("limits"),
			number{key: "max_connections", value: int64(l.Limits.MaxConnections), least: 1, most: noBound},
			number{key: "max_request_line_bytes", value: int64(l.Limits.MaxRequestLineBytes), least: 64, most: 1 << 20},
			number{key: "max_header_bytes", value: int64(l.Limits.MaxHeaderBytes), least: 256, most: 1 << 20},
			number{key: "max_headers", value: int64(l.Limits.MaxHeaders), least: 1, most: 10_000},
		)
		switch {
		case l.Protocol == ProtocolHTTP && l.Cluster != "":
			v.add(at("cluster")(), CodeConflict, "an http listener has no cluster", "its requests go where routes say; a listener with protocol: tcp has one")
		case l.Protocol == ProtocolHTTP && len(l.SNI) > 0:
			v.add(at("sni")(), CodeConflict, "an http listener has no sni", "name the hosts in routes; a listener with protocol: tcp has sni")
		case l.Protocol == ProtocolTCP && l.Cluster == "" && len(l.SNI) == 0:
			v.add(at("cluster")(), CodeMissing, "this tcp listener goes nowhere", "add cluster or sni")
		}
		if l.Cluster != "" {
			v.cluster(at("cluster"), l.Cluster)
		}
		for j, s := range l.SNI {
			v.cluster(at(joinIndex("sni", j)+".cluster"), s.Cluster)
			for k, h := range s.Hosts {
				if _, err := normalHost(h); err != nil {
					v.add(at(joinIndex("sni", j)+"."+joinIndex("hosts", k))(), CodeHost, fmt.Sprintf("%s %s", quote(h), err), "")
				}
			}
		}
		if l.TLS != nil && len(l.TLS.Certificates) == 0 {
			v.add(at("tls.certificates")(), CodeMissing, "there is no certificate", "add one: {cert: FILE, key: FILE}")
		}
	}
}

// inUse is what is bound on one port so far: paths by host, and the first of each kind that wildcards collide with.
type inUse struct {
	byHost        map[string]string
	any, any4     string // all interfaces; all of IPv4
	first, first4 string // any address; any of IPv4
}

// addressesInUse finds listeners, the admin API included, that can't both be bound.
func (v *validator) addressesInUse() {
	ports := make(map[int]*inUse)
	take := func(path, address string) {
		host, port, err := splitAddress(address)
		if err != nil || port == 0 {
			return
		}
		p := ports[port]
		if p == nil {
			p = &inUse{byHost: make(map[string]string)}
			ports[port] = p
		}
		if other := p.take(host, path); other != "" {
			where := ""
			if at := v.root.find(other); at.line > 0 {
				where = fmt.Sprintf(" in line %d", at.line)
			}
			v.add(path, CodeCollision, fmt.Sprintf("%s can't be bound beside %s%s", quote(address), other, where), "give one of them another port")
		}
	}
	for i := range v.doc.Listeners {
		take(joinKey(joinIndex("listeners", i), "address"), v.doc.Listeners[i].Address)
	}
	// An implicit admin address gives way by itself.
	if v.doc.Admin.Address != AdminOff && !v.doc.Admin.Implicit {
		take("admin.address", v.doc.Admin.Address)
	}
}

// take notes that path binds host, and returns the path that it collides with, "" for none.
func (p *inUse) take(host, path string) (other string) {
	if host == "localhost" {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(host)
	all := host == "" || host == "::"
	v4 := err == nil && a.Unmap().Is4()
	switch {
	case all:
		other = p.first
	case host == "0.0.0.0":
		other = firstOf(p.any, p.first4)
	case v4:
		other = firstOf(p.byHost[host], p.any, p.any4)
	default:
		other = firstOf(p.byHost[host], p.any)
	}
	if other != "" {
		return other
	}
	p.byHost[host] = path
	p.first = firstOf(p.first, path)
	switch {
	case all:
		p.any = path
	case host == "0.0.0.0":
		p.any4, p.first4 = path, firstOf(p.first4, path)
	case v4:
		p.first4 = firstOf(p.first4, path)
	}
	return ""
}

func firstOf(paths ...string) string {
	for _, p := range paths {
		if p != "" {
			return p
		}
	}
	return ""
}

func (v *validator) checkClusters() {
	cs := v.doc.Clusters
	v.names("clusters", "cluster", len(cs), func(i int) string { return cs[i].Name })
	for i := range cs {
		c := &cs[i]
		at := func(key string) func() string {
			return func() string { return joinKey(joinIndex("clusters", i), key) }
		}
		v.oneOf(at("protocol"), c.Protocol, ClusterHTTP1, ClusterH2, ClusterH2C)
		v.oneOf(at("security.mode"), c.Security.Mode, SecurityNone, SecurityTLS, SecurityMTLS)
		v.numbers(at("limits"),
			number{key: "max_connections", value: int64(c.Limits.MaxConnections), least: 1, most: noBound},
			number{key: "max_pending", value: int64(c.Limits.MaxPending), least: 0, most: noBound},
		)
		v.endpoints(c, at)
		if h := c.Health; h != nil && h.Passive != nil {
			v.percent(at("health.passive.floor")(), h.Passive.Floor)
			v.numbers(at("health.passive"), number{key: "min_requests", value: int64(h.Passive.MinRequests), least: 1, most: noBound})
		}
		if h := c.Health; h != nil && h.Active != nil {
			v.oneOf(at("health.active.type"), h.Active.Type, "http", "tcp")
			if !strings.HasPrefix(h.Active.Path, "/") {
				v.add(at("health.active.path")(), CodeValue, fmt.Sprintf("%s does not start with a slash", quote(h.Active.Path)), "")
			}
		}
	}
}

func (v *validator) endpoints(c *Cluster, at func(string) func() string) {
	if len(c.Endpoints) == 0 {
		v.add(at("endpoints")(), CodeMissing, "this cluster has no endpoint", "add one, such as {address: 127.0.0.1:9001}")
		return
	}
	total, damaged := 0, false
	seen := make(map[string]int, len(c.Endpoints))
	for j, e := range c.Endpoints {
		path := func(key string) string { return joinKey(at(joinIndex("endpoints", j))(), key) }
		host, port, err := splitAddress(e.Address)
		switch {
		case e.Address == "":
			v.add(path("address"), CodeMissing, "this endpoint has no address", "add one, such as address: 127.0.0.1:9001")
		case err != nil:
			v.add(path("address"), CodeAddress, fmt.Sprintf("%s %s", quote(e.Address), err), "write host:port, such as 127.0.0.1:9001")
		case host == "" || port == 0:
			v.add(path("address"), CodeAddress, fmt.Sprintf("%s can't be connected to", quote(e.Address)), "an endpoint needs a host and a port above 0")
		default:
			key := fmt.Sprintf("%s:%d", host, port)
			if first, ok := seen[key]; ok {
				v.add(path("address"), CodeDupName, fmt.Sprintf("%s is %s already", quote(e.Address), at(joinIndex("endpoints", first))()), "give one of them a larger weight instead")
			} else {
				seen[key] = j
			}
		}
		if e.Weight < 0 {
			v.add(path("weight"), CodeValue, fmt.Sprintf("the weight %d is negative", e.Weight), "0 takes the endpoint out")
		}
		damaged = damaged || v.damaged != nil && v.damaged[path("weight")]
		total += max(min(e.Weight, 1), 0)
	}
	if total == 0 && !damaged {
		v.add(at("endpoints")(), CodeWeights, "every endpoint has weight 0, so none gets a request", "give one a weight above 0")
	}
}

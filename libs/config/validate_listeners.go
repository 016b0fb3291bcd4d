package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

func (v *validator) listeners() {
	ls := v.doc.Listeners
	v.names("listeners", "listener", len(ls), func(i int) string { return ls[i].Name })
	for i := range ls {
		l, at := &ls[i], entry("listeners", i)
		if l.Address == "" {
			v.add(at.of("address").String(), CodeMissing, "this listener has no address",
				"add one, such as address: 127.0.0.1:8080")
		} else {
			v.place(at.of("address").String(), l.Address,
				"write host:port, such as 127.0.0.1:8080; port 0 is any free port")
		}
		v.unixSocket(l, at)
		switch {
		case l.Protocol == ProtocolHTTP && l.Cluster != "":
			v.add(at.of("cluster").String(), CodeConflict, "an http listener has no cluster",
				"its requests go where routes say; a listener with protocol: tcp has one")
		case l.Protocol == ProtocolHTTP && len(l.SNI) > 0:
			v.add(at.of("sni").String(), CodeConflict, "an http listener has no sni",
				"name the hosts in routes; a listener with protocol: tcp has sni")
		case l.Protocol == ProtocolTCP && l.Cluster == "" && len(l.SNI) == 0:
			v.add(at.of("cluster").String(), CodeMissing, "this tcp listener goes nowhere",
				"add cluster or sni")
		}
		if l.Protocol == ProtocolHTTP && !l.HTTP1 {
			switch {
			case !l.HTTP2:
				v.add(at.of("http1").String(), CodeConflict,
					"this listener speaks neither HTTP/1.1 nor HTTP/2",
					"set http1 or http2 to true")
			case l.TLS != nil && !slices.Contains(l.TLS.ALPN, "h2"):
				v.add(at.of("http1").String(), CodeConflict,
					"this listener speaks HTTP/2 only, and offers it to nobody",
					"add h2 to tls.alpn, or set http1 to true")
			case l.TLS != nil && v.withoutAEAD(l.TLS.Ciphers):
				v.add(at.of("tls.ciphers").String(), CodeConflict, onlyCBC,
					"name one with GCM or CHACHA20 too, or set http1 to true")
			}
		}
		if l.Protocol == ProtocolTCP && l.TLS != nil {
			v.add(at.of("tls").String(), CodeConflict,
				"a tcp listener passes TLS on and does not end it",
				"remove it; clusters[].security secures the connections to endpoints")
		}
		if f := l.Forwarded; f != nil {
			v.scheme(f.Proto, at.of("forwarded.proto"))
			if l.Protocol == ProtocolTCP {
				v.add(at.of("forwarded").String(), CodeConflict,
					"a tcp listener tells endpoints nothing in header fields",
					"remove it; clusters[].proxy_protocol tells them of the client")
			}
		}
		if l.Protocol == ProtocolTCP && len(l.ErrorPages) > 0 {
			v.add(at.of("error_pages").String(), CodeConflict,
				"a tcp listener answers no requests", "remove it, or set protocol: http")
		} else if len(l.ErrorPages) > 0 {
			v.errorPages(l.ErrorPages, at, true)
		}
		if l.Cluster != "" {
			v.cluster(at.of("cluster"), l.Cluster)
		}
		v.serverNames(l, at)
		v.tls(l, at)
	}
}

// inUse is what is bound on one port so far: paths by host, and the first of each kind that
// wildcards collide with.
type inUse struct {
	byHost        map[string]string
	any, any4     string // all interfaces; all of IPv4
	first, first4 string // any address; any of IPv4
}

// addressesInUse finds listeners, those of the admin API, of gossip and of an aggregator included,
// that can't all be bound.
func (v *validator) addressesInUse() {
	ports := make(map[int]*inUse)
	files := make(map[string]string)
	take := func(path, address string) {
		host, port, err := splitAddress(v.value(address))
		if value := v.value(address); !OnNetwork(value) {
			if other := files[value]; other != "" {
				v.add(path, CodeCollision, fmt.Sprintf("%s is the address of %s%s already",
					text.Quote(address), other, v.inLine(other)),
					"give one of them another address")
			}
			files[value] = path
			return
		}
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
			if at := v.root.Find(other); at.Line > 0 {
				where = fmt.Sprintf(" in line %d", at.Line)
			}
			v.add(path, CodeCollision,
				fmt.Sprintf("%s can't be bound beside %s%s", text.Quote(address), other, where),
				"give one of them another port")
		}
	}
	for i := range v.doc.Listeners {
		take(text.JoinKey(text.JoinIndex("listeners", i), "address"), v.doc.Listeners[i].Address)
	}
	// An implicit admin address gives way by itself.
	if v.value(v.doc.Admin.Address) != AdminOff && !v.doc.Admin.Implicit {
		take("admin.address", v.doc.Admin.Address)
	}
	if v.doc.Admin.Probes != "" {
		take("admin.probes", v.doc.Admin.Probes)
	}
	if v.doc.Gossip != nil {
		take("gossip.bind", v.doc.Gossip.Bind)
	}
	if v.doc.HealthAgg != nil {
		take("healthagg.address", v.doc.HealthAgg.Address)
	}
}

// take notes that path binds host, and returns the path that it collides with, "" for none.
func (p *inUse) take(host, path string) (other string) {
	if hostname.Localhost(host) {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(host)
	all := host == "" || host == "::"
	v4 := err == nil && a.Is4()
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
		c, at := &cs[i], entry("clusters", i)
		v.endpoints(c, at)
		v.balance(c, at)
		v.security(c, at)
		if c.Health != nil && c.Health.Active != nil {
			v.activeHealth(c.Health.Active, at)
		}
	}
}

func (v *validator) endpoints(c *Cluster, at spot) {
	if len(c.Endpoints) == 0 {
		v.add(at.of("endpoints").String(), CodeMissing, "this cluster has no endpoint",
			"add one, such as {address: 127.0.0.1:9001}")
		return
	}
	type hostPort struct {
		host string
		port int
	}
	var seen map[hostPort]int
	if len(c.Endpoints) > 1 {
		seen = make(map[hostPort]int, len(c.Endpoints))
	}
	positive, damaged, backups := false, false, 0
	for j, e := range c.Endpoints {
		at := at.item("endpoints", j)
		host, port, err := splitAddress(v.value(e.Address))
		local := strings.HasPrefix(v.value(e.Address), UnixScheme)
		if local {
			host, port, err = v.value(e.Address), -1, nil
		}
		first, taken := seen[hostPort{host, port}]
		switch {
		case e.Address == "":
			v.add(at.of("address").String(), CodeMissing, "this endpoint has no address",
				"add one, such as address: 127.0.0.1:9001")
		case local && checkUnix(host) != nil:
			v.wrong(at.of("address").String(), CodeAddress, e.Address, checkUnix(host), unixHint)
		case local && c.Security.Mode != SecurityNone && c.Security.ServerName == "" &&
			!c.Security.InsecureSkipVerify:
			v.add(at.of("address").String(), CodeSecurity, "a unix socket has no name that a "+
				"certificate could be for", "set security.server_name to the name that it has")
		case err != nil && strings.HasPrefix(v.value(e.Address), SystemdScheme):
			v.wrong(at.of("address").String(), CodeAddress, e.Address,
				errors.New("is a socket to listen on"), "write host:port, such as 127.0.0.1:9001")
		case err != nil:
			v.wrong(at.of("address").String(), CodeAddress, e.Address, err,
				forUnix(v.value(e.Address), "write host:port, such as 127.0.0.1:9001"))
		case host == "" || port == 0:
			v.wrong(at.of("address").String(), CodeAddress, e.Address,
				errors.New("can't be connected to"), "an endpoint needs a host and a port above 0")
		case taken:
			v.add(at.of("address").String(), CodeDupName,
				fmt.Sprintf("%s is %s already", text.Quote(e.Address),
					entry(at.list, at.index).item("endpoints", first)),
				"give one of them a larger weight instead")
		case seen != nil:
			seen[hostPort{host, port}] = j
		}
		positive = positive || e.Weight > 0
		damaged = damaged || v.damaged != nil &&
			(v.damaged[at.of("weight").String()] || v.damaged[at.of("backup").String()])
		if e.Backup {
			backups++
		}
	}
	if backups == len(c.Endpoints) && !damaged {
		v.add(at.of("endpoints").String(), CodeWeights, "every endpoint is a backup, and there is "+
			"none whose place they would take", "remove backup from those that get the traffic")
	}
	if !positive && !damaged {
		v.add(at.of("endpoints").String(), CodeWeights,
			"every endpoint has weight 0, so none gets a request", "give one a weight above 0")
	}
}

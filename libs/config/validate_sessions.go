package config

import "fmt"

// serverNames checks where the sessions of a tcp listener go by server name.
func (v *validator) serverNames(l *Listener, at spot) {
	first := map[string]string{} // the path of each name
	for j, s := range l.SNI {
		at := at.item("sni", j)
		v.cluster(at.of("cluster"), s.Cluster)
		if len(s.Hosts) == 0 {
			v.add(at.of("hosts").String(), CodeMissing, "this entry names no host", "add hosts; the cluster of the listener gets the names that no entry has")
		}
		for k, h := range s.Hosts {
			path := joinIndex(at.of("hosts").String(), k)
			n, err := normalHost(v.value(h))
			if err != nil {
				v.wrong(path, CodeHost, h, err, "")
				continue
			}
			if other, taken := first[n]; taken {
				v.add(path, CodeDupRoute, fmt.Sprintf("%s is %s%s already, and a server name has one cluster", quote(h), other, v.inLine(other)), "remove one")
				continue
			}
			first[n] = path
		}
	}
}

// inLine tells where a path is, " in line 7"; "" where no file has it.
func (v *validator) inLine(path string) string {
	if at := v.root.find(path); at.line > 0 {
		return fmt.Sprintf(" in line %d", at.line)
	}
	return ""
}

// proxyProtocols checks that no route leads to endpoints that want to hear of the client in a PROXY header: a connection for
// requests serves one client after another, or several at once.
func (v *validator) proxyProtocols() {
	headed := make(map[string]int)
	for i := range v.doc.Clusters {
		if c := &v.doc.Clusters[i]; c.ProxyProtocol == ProxyProtocolV1 || c.ProxyProtocol == ProxyProtocolV2 {
			headed[c.Name] = i
		}
	}
	if len(headed) == 0 {
		return
	}
	lead := func(route int, cluster string) {
		i, ok := headed[cluster]
		if !ok {
			return
		}
		delete(headed, cluster) // one route is enough to tell of
		v.add(entry("clusters", i).of("proxy_protocol").String(), CodeConflict,
			fmt.Sprintf("requests of routes[%d] %s%s come here, and clients share the connections for requests, so that no PROXY header can say whose one is",
				route, quote(v.doc.Routes[route].Name), v.inLine(joinIndex("routes", route))),
			"remove it, and read X-Forwarded-For; or give the tcp listener a cluster of its own")
	}
	for i := range v.doc.Routes {
		r := &v.doc.Routes[i]
		lead(i, r.Cluster)
		for _, s := range r.Split {
			lead(i, s.Cluster)
		}
	}
}

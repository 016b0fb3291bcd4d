package config

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// serverNames checks where the sessions of a tcp listener go by server name.
func (v *validator) serverNames(l *Listener, at spot) {
	first := map[string]string{} // the path of each name
	for j, s := range l.SNI {
		at := at.item("sni", j)
		v.cluster(at.of("cluster"), s.Cluster)
		if len(s.Hosts) == 0 {
			v.add(at.of("hosts").String(), CodeMissing, "this entry names no host",
				"add hosts; the cluster of the listener gets the names that no entry has")
		}
		for k, h := range s.Hosts {
			path := text.JoinIndex(at.of("hosts").String(), k)
			n, err := hostname.Pattern(v.value(h))
			if err != nil {
				v.wrong(path, CodeHost, h, err, "")
				continue
			}
			if other, taken := first[n]; taken {
				v.add(path, CodeDupRoute, fmt.Sprintf(
					"%s is %s%s already, and a server name has one cluster", text.Quote(h), other,
					v.inLine(other)), "remove one")
				continue
			}
			first[n] = path
		}
	}
}

// inLine tells where a path is, " in line 7"; "" where no file has it.
func (v *validator) inLine(path string) string {
	if at := v.root.Find(path); at.Line > 0 {
		return fmt.Sprintf(" in line %d", at.Line)
	}
	return ""
}

// proxyProtocols checks that listeners say from whom only where they read PROXY headers, and that
// no cluster whose connections several clients use at once is to hear of one of them.
func (v *validator) proxyProtocols() {
	for i := range v.doc.Listeners {
		if l := &v.doc.Listeners[i]; len(l.ProxyProtocolFrom) > 0 && !l.ProxyProtocol {
			v.add(entry("listeners", i).of("proxy_protocol_from").String(), CodeConflict,
				"this listener reads no PROXY headers",
				"set proxy_protocol: true, or remove it; whose X-Forwarded-For counts is "+
					"trusted_proxies")
		}
	}
	for i := range v.doc.Clusters {
		c := &v.doc.Clusters[i]
		v.extensions(c, entry("clusters", i))
		if (c.ProxyProtocol == ProxyProtocolV1 || c.ProxyProtocol == ProxyProtocolV2) &&
			(c.Protocol == ClusterH2 || c.Protocol == ClusterH2C) {
			v.add(entry("clusters", i).of("proxy_protocol").String(), CodeConflict,
				"clients share connections with HTTP/2, so that no PROXY header can say whose "+
					"one is",
				"remove it, and read X-Forwarded-For; or set protocol to http1")
		}
	}
}

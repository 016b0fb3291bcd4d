package fromtraefik

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// tcp maps routers and services of TCP into listeners of that protocol.
func (im *importer) tcp() {
	for _, p := range im.points {
		if !p.tcp {
			continue
		}
		address := im.address(p)
		if address == "" {
			continue
		}
		o := &draft.Object{Name: im.draft.Name("listener", p.name), From: p.place,
			What: "entry point " + p.name}
		o.Keys.Set("address", address)
		o.Keys.Set("protocol", "tcp")
		var sni []draft.Map
		for _, r := range im.tcpRouters {
			if slices.Contains(im.pointsOf(r), p) {
				im.tcpRouter(r, o, &sni)
			}
		}
		if len(sni) > 0 {
			o.Keys.Set("sni", sni)
		}
		if len(sni) > 0 || o.Keys.Get("cluster") != nil {
			im.draft.Listeners = append(im.draft.Listeners, o)
		}
	}
}

func (im *importer) tcpRouter(r entry, o *draft.Object, sni *[]draft.Map) {
	what := "tcp router " + r.name
	all, err := clauses(r.get("rule").str())
	if err != nil {
		im.draft.LeftOut(r.Place, what, err.Error())
		return
	}
	if m := r.get("middlewares"); m != nil {
		im.draft.LeftOut(m.Place, what, "listeners of the protocol tcp have no middlewares, and "+
			"the "+
			"router is left out with them")
		return
	}
	if t := r.get("tls"); t != nil && !t.get("passthrough").isTrue() {
		im.draft.LeftOut(t.Place, what, "a tcp listener passes TLS on and does not end it")
		return
	}
	name, _, _ := strings.Cut(r.get("service").str(), "@file")
	cluster, why := im.tcpService(name)
	if why != "" {
		im.draft.LeftOut(r.Place, what, why)
		return
	}
	for _, c := range all {
		switch {
		case len(c.sni) == 0 || len(c.when) > 0 || len(c.outside) > 0:
			im.draft.LeftOut(r.Place, what, "only HostSNI can be carried over")
		case slices.Contains(c.sni, "*"):
			o.Keys.Set("cluster", cluster)
		default:
			*sni = append(*sni, draft.Map{{Key: "hosts", Value: c.sni},
				{Key: "cluster", Value: cluster}})
		}
	}
}

// tcpService makes a cluster of a service of TCP.
func (im *importer) tcpService(name string) (cluster, why string) {
	for _, s := range im.tcpServices {
		if !strings.EqualFold(s.name, name) {
			continue
		}
		var endpoints []draft.Map
		for _, server := range s.get("loadBalancer.servers").items() {
			if address := server.get("address").str(); address != "" {
				endpoints = append(endpoints, draft.Map{{Key: "address", Value: address}})
			}
		}
		if len(endpoints) == 0 {
			return "", "its service is no loadBalancer with servers"
		}
		keys := draft.Map{{Key: "endpoints", Value: endpoints}}
		if pp := s.get("loadBalancer.proxyProtocol"); pp != nil {
			keys.Set("proxy_protocol", "v"+or(pp.get("version").str(), "2"))
		}
		made := "tcp " + draft.Key(keys)
		if had, ok := im.clusters[made]; ok {
			return had, ""
		}
		cluster = im.draft.Name("cluster", name)
		im.clusters[made] = cluster
		im.draft.Clusters = append(im.draft.Clusters, &draft.Object{
			Name: cluster, From: s.Place, What: "tcp service " + s.name, Keys: keys,
		})
		return cluster, ""
	}
	return "", "no service in the files is named so"
}

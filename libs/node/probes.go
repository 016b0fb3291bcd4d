package node

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/probe"
)

// probe makes the active checks those of the plan in force.
func (e *engines) probe(p *plan.Plan) { e.prober.Set(e.targets(p)) }

// targets are the endpoints of the plan in force that are asked how they are: those of clusters
// that the node sends anything to.
func (e *engines) targets(p *plan.Plan) (all []probe.Target) {
	for i := range p.Clusters {
		c := &p.Clusters[i]
		if c.Health == nil || c.Health.Active == nil || c.Health.Active.From != config.ChecksNode {
			continue
		}
		if e.clusters.At(i) == nil {
			continue // the node sends nothing there
		}
		judged := c.Judged(e.health)
		for j, ep := range c.Endpoints {
			all = append(all, probe.Target{
				Cluster: c.Name, Address: ep.Address, Shown: ep.Shown(),
				Check: *c.Health.Active, Protocol: c.Protocol, Veil: c.Veil,
				TLS: c.TLS, ProxyProtocol: c.ProxyProtocol, Health: judged.Endpoint(j),
				Resolver: e.clusters.Resolver(),
			})
		}
	}
	return all
}

// addChecks adds to the reasons what the last active checks found.
func (e *engines) addChecks(clusters []admin.Cluster, now time.Time) {
	for i := range clusters {
		for j := range clusters[i].Endpoints {
			ep := &clusters[i].Endpoints[j]
			if r, ok := e.prober.Last(clusters[i].Name, ep.Address); ok {
				ago := max(now.Sub(r.Began), 0)
				ep.Reason += fmt.Sprintf("; last active check %s ago: %s",
					ago.Round(100*time.Millisecond), r.Reason)
			}
		}
	}
}

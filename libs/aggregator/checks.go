package aggregator

import (
	"context"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/probe"
)

// judgeEvery is how often what checks found becomes a verdict, as at nodes.
const judgeEvery = 250 * time.Millisecond

// checks asks the endpoints of clusters whose active checks are left to aggregators. What they find
// goes to the others as what any node has seen.
type checks struct {
	registry *health.Registry
	prober   *probe.Prober
	judged   chan []*health.Cluster
}

// set makes the clusters of a plan those that are checked.
func (c *checks) set(p *plan.Plan) {
	c.registry.NextPlan()
	var targets []probe.Target
	var judged []*health.Cluster
	for i := range p.Clusters {
		cl := &p.Clusters[i]
		if cl.Health == nil || cl.Health.Active == nil ||
			cl.Health.Active.From != config.ChecksAggregator {
			continue
		}
		h := cl.Judged(c.registry)
		judged = append(judged, h)
		for j, ep := range cl.Endpoints {
			targets = append(targets, probe.Target{
				Cluster: cl.Name, Address: ep.Address, Shown: ep.Shown(),
				Check: *cl.Health.Active, Protocol: cl.Protocol, Veil: cl.Veil,
				TLS: cl.TLS, ProxyProtocol: cl.ProxyProtocol, Health: h.Endpoint(j),
			})
		}
	}
	c.prober.Set(targets)
	select {
	case <-c.judged: // nobody has taken it
	default:
	}
	c.judged <- judged
}

// run judges until ctx ends.
func (c *checks) run(ctx context.Context) error {
	tick := time.NewTicker(judgeEvery)
	defer tick.Stop()
	var clusters []*health.Cluster
	for {
		select {
		case <-ctx.Done():
			return nil
		case clusters = <-c.judged:
		case now := <-tick.C:
			for _, h := range clusters {
				h.Judge(now)
			}
		}
	}
}

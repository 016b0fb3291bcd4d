package quota

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Collector reports how the node stands. What it holds is told by package policy/ratelimit.
func (r *Runner) Collector() prometheus.Collector { return collector{r} }

type collector struct{ r *Runner }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect is prometheus.Collector's.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := c.r.Status()
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	for _, g := range []struct {
		name, help string
		value      float64
	}{
		{"gateway_fleet_limits_voters", "Nodes that elect the one that gives out shares of the " +
			"fleet's limits.", float64(s.Voters)},
		{"gateway_fleet_limits_voters_found", "Those of them that are in the ring.",
			float64(s.Found)},
		{"gateway_fleet_limits_leads", "1 where this node gives out the shares, else 0.",
			truth(s.Leads)},
		{"gateway_fleet_limits_led", "1 while some node gives out shares to this one, else 0.",
			truth(s.Leader != "")},
		{"gateway_fleet_limits_nodes", "Nodes that get shares of this one.", float64(s.Nodes)},
	} {
		metrics.Const(ch, prometheus.GaugeValue, g.name, g.help, g.value)
	}
	for result, n := range map[string]uint64{
		"heard": c.r.heard.Load(), "dropped": c.r.dropped.Load(),
		"malformed": c.r.malformed.Load(),
	} {
		metrics.Const(ch, prometheus.CounterValue, "gateway_fleet_limits_messages_total",
			"Messages of other nodes about shares; heard are all that were read, of which "+
				"malformed are a part.", float64(n), "result", result)
	}
}

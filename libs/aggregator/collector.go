package aggregator

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// collector shows what there is at the moment somebody asks.
type collector struct{ a *Aggregator }

func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

func (c collector) Collect(ch chan<- prometheus.Metric) {
	one := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		metrics.Const(ch, kind, "gateway_healthagg_"+name, help, value, labels...)
	}
	f := c.a.Fleet()
	roles := map[string]int{"edge": 0, "relay": 0, "healthagg": 0, "other": 0}
	for _, n := range f.Nodes {
		role := n.Role
		if _, ok := roles[role]; !ok {
			role = "other" // whatever a node calls itself, there are no more labels
		}
		roles[role]++
	}
	for role, n := range roles {
		one(prometheus.GaugeValue, "nodes", "Nodes in the ring.", float64(n), "role", role)
	}
	states := map[string]int{"weak": 0, "down": 0}
	for _, e := range f.Endpoints {
		states[e.State]++
	}
	for state, n := range states {
		one(prometheus.GaugeValue, "endpoints",
			"Endpoints that some node has taken weight from, by what the fleet makes of them.",
			float64(n), "state", state)
	}
	s := c.a.store.Stats()
	one(prometheus.GaugeValue, "history_events", "Events in the history.", float64(s.Events))
	one(prometheus.GaugeValue, "history_bytes", "Bytes of events in the history.", float64(s.Bytes))
	one(prometheus.GaugeValue, "history_endpoints", "Endpoints that the history has events of.",
		float64(s.Endpoints))
	one(prometheus.CounterValue, "history_dropped_total", "Events that were not kept.",
		float64(c.a.recorder.Dropped()))
	c.a.mu.Lock()
	heard, watchers := c.a.heard, c.a.watchers
	c.a.mu.Unlock()
	one(prometheus.CounterValue, "reports_total", "Reports of nodes that were new.", float64(heard))
	one(prometheus.GaugeValue, "watchers", "Streams of those who watch.", float64(watchers))
}

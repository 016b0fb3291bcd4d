package door

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Collector reports to Prometheus how many clients may connect: beside gateway_active_connections
// that is how near the limits are.
func (d *Door) Collector() prometheus.Collector { return collector{d} }

type collector struct{ d *Door }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(k, ch) }

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	metrics.Const(ch, prometheus.GaugeValue, "gateway_process_connections_limit",
		"How many client connections the process takes, over all listeners.",
		float64(k.d.limit.Load()))
	limits := map[string]int{}
	k.d.mu.Lock()
	for _, l := range k.d.listeners {
		if !l.removed.Load() {
			limits[l.Name()] = l.host.Config().Limits.MaxConnections
		}
	}
	k.d.mu.Unlock()
	for name, n := range limits {
		metrics.Const(ch, prometheus.GaugeValue, "gateway_connections_limit",
			"How many client connections a listener takes.", float64(n), "listener", name)
	}
}

package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// upgradeCounts count upgrades, and tell which process of the node this is.
type upgradeCounts struct {
	edge     *edge
	upgrades *prometheus.CounterVec
}

func newUpgradeCounts() *upgradeCounts {
	c := &upgradeCounts{upgrades: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gateway_upgrades_total",
		Help: "Upgrades to another binary, by result and reason.",
	}, []string{"result", "reason"})}
	// It is there before the first upgrade, so that the first one is an increase.
	c.upgrades.WithLabelValues(string(admin.Upgraded), string(admin.ReasonOK))
	return c
}

// count counts one; both are of a fixed set of words.
func (c *upgradeCounts) count(result, reason string) {
	c.upgrades.WithLabelValues(result, reason).Inc()
}

// Describe is prometheus.Collector's.
func (c *upgradeCounts) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, ch)
}

// Collect is prometheus.Collector's.
func (c *upgradeCounts) Collect(ch chan<- prometheus.Metric) {
	c.upgrades.Collect(ch)
	metrics.Const(ch, prometheus.GaugeValue, "gateway_generation",
		"Which process of the gateway this is: 1 is the first, and each upgrade adds 1.",
		float64(c.edge.generation))
	metrics.Const(ch, prometheus.GaugeValue, "gateway_old_processes",
		"Processes of earlier generations that drain.", float64(c.edge.elders.count()))
}

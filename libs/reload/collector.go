package reload

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Collector reports to Prometheus whether the configuration in force is the one that was last to be
// put in force.
func (m *Machine) Collector() prometheus.Collector { return collector{m} }

type collector struct{ m *Machine }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(k, ch) }

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	value := 1.0
	if failing(&k.m.history) {
		value = 0
	}
	metrics.Const(ch, prometheus.GaugeValue, "gateway_reload_last_successful",
		"Whether the last reload went well: 0 after one that was refused, has problems, or was "+
			"taken back by its trial.", value)
}

// failing says whether the last change was refused or taken back by itself. A rollback that
// somebody asked for is what they wanted, and says nothing of the change.
func failing(h *admin.History) bool {
	if h.LastError() != nil {
		return true
	}
	for _, r := range h.List() {
		switch r.Result {
		case admin.Applied, admin.Unchanged:
			return false
		case admin.RolledBack:
			return r.Reason == admin.ReasonErrors
		}
	}
	return false
}

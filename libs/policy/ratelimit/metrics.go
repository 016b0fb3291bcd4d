package ratelimit

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// Collector reports what was decided, and how much is remembered.
func (s *State) Collector() prometheus.Collector { return collector{s} }

type collector struct{ s *State }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(k, ch) }

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	keys, evicted := k.s.table.Keys()
	metrics.Const(ch, prometheus.GaugeValue, "gateway_rate_limit_keys",
		"Keys, such as clients, that rate limits tell apart.", float64(keys))
	metrics.Const(ch, prometheus.CounterValue, "gateway_rate_limit_evictions_total",
		"Keys that were forgotten since limits.rate_limit_keys leaves no room.", float64(evicted))
	for _, u := range k.s.Uses() {
		metrics.Const(ch, prometheus.GaugeValue, "gateway_rate_limit_share",
			"What this node has now of a limit that its fleet shares, of 1.",
			float64(u.Share)/limits.Whole, "route", u.Route, "limit", u.Place)
	}
	k.s.counts.Each(func(route string, c *count) {
		for result, n := range map[string]uint64{
			"passed": c.passed.Load(), "refused": c.refused.Load(),
		} {
			metrics.Const(ch, prometheus.CounterValue, "gateway_rate_limit_requests_total",
				"Requests of routes with a rate limit, by what it said.", float64(n),
				"route", route, "result", result)
		}
	})
}

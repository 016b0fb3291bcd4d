package compress

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Collector reports what was coded.
func (c *Coders) Collector() prometheus.Collector { return collector{c} }

type collector struct{ c *Coders }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(k, ch)
}

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	for c := range codings {
		n := &k.c.counts[c]
		metrics.Const(ch, prometheus.CounterValue, "gateway_compress_responses_total",
			"Responses that were coded, by algorithm.", float64(n.responses.Load()),
			"algorithm", c.name())
		for direction, bytes := range map[string]uint64{"in": n.in.Load(), "out": n.out.Load()} {
			metrics.Const(ch, prometheus.CounterValue, "gateway_compress_bytes_total",
				"Bytes of bodies before (in) and after (out) they were coded.", float64(bytes),
				"algorithm", c.name(), "direction", direction)
		}
	}
	metrics.Const(ch, prometheus.CounterValue, "gateway_compress_plain_total",
		"Responses that went as they were because limits.compress_memory was used up.",
		float64(k.c.plain.Load()))
	metrics.Const(ch, prometheus.GaugeValue, "gateway_compress_memory_bytes",
		"Memory of the coders in use.", float64(k.c.used.Load()))
}

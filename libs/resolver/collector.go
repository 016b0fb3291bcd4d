package resolver

import "github.com/prometheus/client_golang/prometheus"

// Collector reports on the lookups to Prometheus.
func (r *Resolver) Collector() prometheus.Collector {
	return &collector{
		resolver: r,
		lookups: prometheus.NewDesc("gateway_dns_lookups_total",
			"Lookups of the addresses of a name, by what came of them.",
			[]string{"result"}, nil),
		stale: prometheus.NewDesc("gateway_dns_stale_answers_total",
			"Connections that were made to the last known addresses of a name, since DNS "+
				"did not answer.", nil, nil),
	}
}

type collector struct {
	resolver       *Resolver
	lookups, stale *prometheus.Desc
}

// Describe sends what there is.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.lookups
	ch <- c.stale
}

// Collect sends the values.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(c.lookups, c.resolver.good.Load(), "ok")
	count(c.lookups, c.resolver.bad.Load(), "failed")
	count(c.stale, c.resolver.stale.Load())
}

package probe

import "github.com/prometheus/client_golang/prometheus"

// Collector reports on the checks to Prometheus. Targets that are gone are not in it.
func (p *Prober) Collector() prometheus.Collector {
	labels := []string{"cluster", "endpoint"}
	return &collector{
		prober: p,
		total: prometheus.NewDesc("gateway_active_checks_total",
			"Active checks of an endpoint, by what came of them.", append(labels, "result"), nil),
		up: prometheus.NewDesc("gateway_active_check_passed",
			"1 if the last active check of an endpoint was good, 0 if not.", labels, nil),
		took: prometheus.NewDesc("gateway_active_check_duration_seconds",
			"How long the last active check of an endpoint took.", labels, nil),
	}
}

type collector struct {
	prober          *Prober
	total, up, took *prometheus.Desc
}

// Describe sends what there is.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.total
	ch <- c.up
	ch <- c.took
}

// Collect sends the values.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	type values struct {
		key
		last   Result
		counts [kinds]uint64
	}
	c.prober.mu.Lock()
	all := make([]values, 0, len(c.prober.checks))
	for k, check := range c.prober.checks {
		if check.made {
			all = append(all, values{k, check.last, check.counts})
		}
	}
	c.prober.mu.Unlock()
	for _, v := range all {
		for kind, n := range v.counts {
			if n > 0 {
				ch <- prometheus.MustNewConstMetric(c.total, prometheus.CounterValue, float64(n),
					v.cluster, v.shown, Kind(kind).String())
			}
		}
		passed := 0.0
		if v.last.Kind == Passed {
			passed = 1
		}
		ch <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, passed, v.cluster,
			v.shown)
		ch <- prometheus.MustNewConstMetric(c.took, prometheus.GaugeValue, v.last.Took.Seconds(),
			v.cluster, v.shown)
	}
}

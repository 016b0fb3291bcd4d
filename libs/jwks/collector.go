package jwks

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Collector reports on the sources of the plan in force to Prometheus.
func (s *Store) Collector() prometheus.Collector {
	return &collector{
		store: s,
		fetches: prometheus.NewDesc("gateway_jwks_refreshes_total",
			"Times that the keys of an issuer were fetched, by what came of it.",
			[]string{"issuer", "result"}, nil),
		age: prometheus.NewDesc("gateway_jwks_age_seconds",
			"How long ago the keys of an issuer were fetched. Absent: they never were.",
			[]string{"issuer"}, nil),
		keys: prometheus.NewDesc("gateway_jwks_keys",
			"Keys of an issuer that can be used.", []string{"issuer"}, nil),
	}
}

type collector struct {
	store              *Store
	fetches, age, keys *prometheus.Desc
}

// Describe sends what there is.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.fetches
	ch <- c.age
	ch <- c.keys
}

// Collect sends the values.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.store.mu.Lock()
	present := c.store.present
	c.store.mu.Unlock()
	seen := make(map[string]bool)
	for _, s := range present {
		name := s.place.Name
		if seen[name] {
			continue
		}
		seen[name] = true
		if keys := s.Keys(); keys != nil {
			ch <- prometheus.MustNewConstMetric(c.keys, prometheus.GaugeValue,
				float64(keys.Len()), name)
		}
		if s.fetch == nil {
			continue
		}
		count := func(n uint64, result string) {
			ch <- prometheus.MustNewConstMetric(c.fetches, prometheus.CounterValue, float64(n),
				name, result)
		}
		count(s.good.Load(), "ok")
		count(s.bad.Load(), "failed")
		if at := s.fetched.Load(); at != 0 {
			ch <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue,
				time.Since(time.Unix(0, at)).Seconds(), name)
		}
	}
}

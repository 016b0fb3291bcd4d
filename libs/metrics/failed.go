package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/cause"
)

// Failed counts a request that failed, by what for. It is called beside [Route.Observe].
func (r *Route) Failed(k cause.Kind) {
	if int(k) < cause.Count {
		open(&r.failed)[k].Add(1)
	}
}

var failedDesc = desc("gateway_request_failures_total",
	"Requests that failed, by the kind of the cause, which the access log and gateway why have in "+
		"words.", "route", "cluster", "cause")

// failedCollector reads the causes of failures when Prometheus asks.
type failedCollector struct{ r *Registry }

func (c failedCollector) Describe(ch chan<- *prometheus.Desc) { ch <- failedDesc }

func (c failedCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	routes := slices.Collect(maps.Values(c.r.routes))
	c.r.mu.Unlock()
	sums := make(map[[3]string]uint64) // those of several listeners, or with the label other
	for _, r := range routes {
		failed := r.failed.Load()
		if failed == nil {
			continue
		}
		name, cluster := label(r.Name, r.traffic.own), label(r.Cluster, r.traffic.own)
		for k := range failed {
			if n := failed[k].Load(); n > 0 {
				sums[[3]string{name, cluster, cause.Kind(k).String()}] += n
			}
		}
	}
	for of, n := range sums {
		counter(ch, failedDesc, n, of[:]...)
	}
}

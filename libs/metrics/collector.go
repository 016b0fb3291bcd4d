package metrics

import (
	"maps"
	"math"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	requestsDesc = desc("gateway_requests_total",
		"Requests that have ended, by what the client got.", "listener", "route", "cluster",
		"method", "code")
	hitsDesc     = desc("gateway_route_hits_total", "Requests that matched the route.", "route")
	durationDesc = desc("gateway_request_duration_seconds",
		"Time from the first byte of a request to the last byte of its response.", "route")
	activeReqDesc = desc("gateway_active_requests", "Requests that are being served.", "route")
	upstreamDesc  = desc("gateway_upstream_duration_seconds",
		"Time from the first byte of a request sent to an endpoint to the head of its response.",
		"cluster", "endpoint")
	upstreamConn = desc("gateway_upstream_connections",
		"Open connections to an endpoint, by whether they carry a request.", "cluster", "endpoint",
		"state")
	weightDesc = desc("gateway_endpoint_weight",
		"Weight of an endpoint, as configured and in force.", "cluster", "endpoint", "kind")
	connectionsDesc = desc("gateway_active_connections", "Open client connections.", "listener")
	handshakesDesc  = desc("gateway_tls_handshake_failures_total",
		"TLS handshakes with clients that failed, by why.", "listener", "reason")
	configDesc = desc("gateway_config_info", "1 for the digest of the configuration in force.",
		"digest")
	certDesc = desc("gateway_certificate_not_after_timestamp_seconds",
		"When a certificate of a listener ends, in seconds since 1970.", "listener", "file")
	droppedDesc = desc("gateway_access_log_dropped_total",
		"Access log lines that were dropped because the output was too slow.")
)

// collector reads the atomics of a Registry when Prometheus asks.
type collector struct{ r *Registry }

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		requestsDesc, hitsDesc, durationDesc, activeReqDesc, upstreamDesc, upstreamConn, weightDesc,
		connectionsDesc, handshakesDesc, configDesc, certDesc, droppedDesc,
	} {
		ch <- d
	}
}

func (c collector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	routes := slices.Collect(maps.Values(c.r.routes))
	upstreams := slices.Collect(maps.Values(c.r.upstreams))
	listeners := slices.Collect(maps.Values(c.r.listeners))
	c.r.mu.Unlock()

	collectRoutes(ch, routes)
	for _, u := range upstreams {
		s := newSnapshot()
		s.add(&u.duration)
		ch <- prometheus.MustNewConstHistogram(upstreamDesc, s.count, s.sum, s.buckets, u.Cluster,
			u.Endpoint)
		gauge(ch, upstreamConn, u.Active.Load(), u.Cluster, u.Endpoint, "active")
		gauge(ch, upstreamConn, u.Idle.Load(), u.Cluster, u.Endpoint, "idle")
		gauge(ch, weightDesc, u.configured.Load(), u.Cluster, u.Endpoint, "configured")
		ch <- prometheus.MustNewConstMetric(weightDesc, prometheus.GaugeValue,
			math.Float64frombits(u.effective.Load()), u.Cluster, u.Endpoint, "effective")
	}
	for _, l := range listeners {
		gauge(ch, connectionsDesc, l.Active.Load(), l.Name)
		for r := range handshakeReasons {
			if n := l.handshakes[r].Load(); n > 0 {
				counter(ch, handshakesDesc, n, l.Name, r.String())
			}
		}
	}
	if d := c.r.digest.Load(); d != nil {
		gauge(ch, configDesc, 1, *d)
	}
	if certs := c.r.certs.Load(); certs != nil {
		for _, cert := range *certs {
			gauge(ch, certDesc, cert.NotAfter.Unix(), cert.Listener, cert.File)
		}
	}
	var dropped uint64
	if read := c.r.dropped.Load(); read != nil {
		dropped = (*read)()
	}
	counter(ch, droppedDesc, dropped)
}

// collectRoutes adds up what is kept per listener, route and cluster to what is reported per route.
func collectRoutes(ch chan<- prometheus.Metric, routes []*Route) {
	type total struct {
		hits     uint64
		active   int64
		duration *snapshot
	}
	totals := make(map[string]*total)
	for _, r := range routes {
		t := totals[r.Name]
		if t == nil {
			t = &total{duration: newSnapshot()}
			totals[r.Name] = t
		}
		r.each(func(method, code string, n uint64) {
			t.hits += n
			counter(ch, requestsDesc, n, r.Listener, r.Name, r.Cluster, method, code)
		})
		t.active += r.Active.Load()
		t.duration.add(&r.duration)
	}
	for name, t := range totals {
		counter(ch, hitsDesc, t.hits, name)
		gauge(ch, activeReqDesc, t.active, name)
		ch <- prometheus.MustNewConstHistogram(durationDesc, t.duration.count, t.duration.sum,
			t.duration.buckets, name)
	}
}

func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, n uint64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, n int64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}

package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	connectionsDesc = desc("gateway_active_connections", "Open client connections.", "listener")
	acceptedDesc    = desc("gateway_connections_total",
		"Client connections that were let in.", "listener")
	handshakesDesc = desc("gateway_tls_handshake_failures_total",
		"TLS handshakes with clients that failed, by why.", "listener", "reason")
	securedDesc = desc("gateway_tls_handshake_duration_seconds",
		"Time that TLS handshakes with clients took that went well.", "listener")
	refusedDesc = desc("gateway_connections_refused_total",
		"Connections of clients that were refused, by the limit that they were over.", "listener",
		"reason")
	configDesc = desc("gateway_config_info", "1 for the digest of the configuration in force.",
		"digest")
	certDesc = desc("gateway_certificate_not_after_timestamp_seconds",
		"When a certificate of a listener ends, in seconds since 1970.", "listener", "file")
	droppedDesc = desc("gateway_access_log_dropped_total",
		"Access log lines that were dropped because the output was too slow.")
)

// collector reads what is not of a route or a cluster when Prometheus asks.
type collector struct{ r *Registry }

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		connectionsDesc, acceptedDesc, handshakesDesc, refusedDesc, securedDesc, configDesc,
		certDesc, droppedDesc,
	} {
		ch <- d
	}
}

func (c collector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	listeners := slices.Collect(maps.Values(c.r.listeners))
	c.r.mu.Unlock()
	for _, l := range listeners {
		gauge(ch, connectionsDesc, l.Active.Load(), l.Name)
		counter(ch, acceptedDesc, l.Accepted.Load(), l.Name)
		if s := l.secured.snapshot(); s.count() > 0 {
			s.send(ch, securedDesc, l.Name)
		}
		for r := range handshakeReasons {
			if n := l.handshakes[r].Load(); n > 0 {
				counter(ch, handshakesDesc, n, l.Name, r.String())
			}
		}
		for r := range refusedReasons {
			if n := l.refused[r].Load(); n > 0 {
				counter(ch, refusedDesc, n, l.Name, r.String())
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

func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, n uint64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, n int64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}

// label is a name, or other where that is not to be a label.
func label(name string, own bool) string {
	if own {
		return name
	}
	return other
}

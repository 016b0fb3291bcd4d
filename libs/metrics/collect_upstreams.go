package metrics

import (
	"maps"
	"math"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	attemptsDesc = desc("gateway_upstream_requests_total",
		"Requests that were sent to an endpoint, or could not be, by what came of it. One that is "+
			"sent again counts again.", "cluster", "endpoint", "result")
	upstreamDesc = desc("gateway_upstream_duration_seconds",
		"Time from the first byte of a request sent to an endpoint to the head of its response.",
		"cluster", "endpoint")
	connectingDesc = desc("gateway_upstream_connections_total",
		"Connections to an endpoint that were tried to be made, by what came of it.", "cluster",
		"endpoint", "result")
	connectDesc = desc("gateway_upstream_connect_duration_seconds",
		"Time that connecting to an endpoint took, name lookup included, TLS not.", "cluster",
		"endpoint")
	upstreamTLSDesc = desc("gateway_upstream_tls_handshake_duration_seconds",
		"Time that TLS handshakes with an endpoint took that went well.", "cluster", "endpoint")
	upstreamConn = desc("gateway_upstream_connections",
		"Open connections to an endpoint, by whether they carry a request.", "cluster", "endpoint",
		"state")
	weightDesc = desc("gateway_endpoint_weight",
		"Weight of an endpoint, as configured and in force.", "cluster", "endpoint", "kind")

	queueDesc = desc("gateway_upstream_queue_duration_seconds",
		"Time that requests waited for a connection of a cluster that has as many as it may have.",
		"cluster")
	waitingDesc = desc("gateway_upstream_queue_requests",
		"Requests that wait for a connection of a cluster.", "cluster")
	queueRefusedDesc = desc("gateway_upstream_queue_refused_total",
		"Requests that got no connection of a cluster that has as many as it may have, by why.",
		"cluster", "reason")
	retriesDesc = desc("gateway_retries_total",
		"Requests that were sent to a cluster once more, by why.", "cluster", "reason")
	retriesDeniedDesc = desc("gateway_retries_denied_total",
		"Requests that were not sent once more since the cluster's budget was used up.", "cluster")
)

// upstreamCollector reads the counters of clusters and their endpoints when Prometheus asks.
type upstreamCollector struct{ r *Registry }

func (c upstreamCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		attemptsDesc, upstreamDesc, connectingDesc, connectDesc, upstreamTLSDesc, upstreamConn,
		weightDesc, queueDesc, waitingDesc, queueRefusedDesc, retriesDesc, retriesDeniedDesc,
	} {
		ch <- d
	}
}

// A pair is the labels of an endpoint.
type pair struct{ cluster, endpoint string }

// upstreamSum is what is reported of an endpoint, or of all that have no labels of their own.
type upstreamSum struct {
	results                         [upstreamResults]uint64
	connecting                      [connectings]uint64
	active, idle                    int64
	configured, effective           float64
	present                         bool // in the plan in force
	responses, connects, handshakes *snapshot
}

func (c upstreamCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	upstreams := slices.Collect(maps.Values(c.r.upstreams))
	clusters := slices.Collect(maps.Values(c.r.clusters))
	own := make(map[string]bool, len(clusters))
	for _, m := range clusters {
		own[m.Name] = m.own
	}
	c.r.mu.Unlock()

	sums := make(map[pair]*upstreamSum, len(upstreams))
	for _, u := range upstreams {
		at := pair{u.Cluster, label(u.Endpoint, u.own)}
		if has, known := own[u.Cluster]; known {
			at.cluster = label(u.Cluster, has)
			at.endpoint = label(at.endpoint, has)
		}
		if sums[at] == nil {
			sums[at] = new(upstreamSum)
		}
		sums[at].add(u)
	}
	for at, s := range sums {
		s.send(ch, at)
	}
	collectClusters(ch, clusters)
}

func (s *upstreamSum) add(u *Upstream) {
	for i, n := range u.sums() {
		s.results[i] += n
	}
	for i := range u.connecting {
		s.connecting[i] += u.connecting[i].Load()
	}
	active, idle := u.Connections()
	s.active, s.idle = s.active+int64(active), s.idle+int64(idle)
	if !u.gone.Load() {
		s.present = true
		s.configured += float64(u.configured.Load())
		s.effective += math.Float64frombits(u.effective.Load())
	}
	if s.responses == nil {
		s.responses, s.connects = u.responses.snapshot(), u.connects.snapshot()
		s.handshakes = u.handshakes.snapshot()
		return
	}
	s.responses.merge(u.responses.snapshot())
	s.connects.merge(u.connects.snapshot())
	s.handshakes.merge(u.handshakes.snapshot())
}

func (s *upstreamSum) send(ch chan<- prometheus.Metric, at pair) {
	for i, n := range s.results {
		if n > 0 {
			counter(ch, attemptsDesc, n, at.cluster, at.endpoint, upstreamNames[i])
		}
	}
	for i, n := range s.connecting {
		if n > 0 || i == int(Connected) {
			counter(ch, connectingDesc, n, at.cluster, at.endpoint, connectingNames[i])
		}
	}
	for d, h := range map[*prometheus.Desc]*snapshot{
		upstreamDesc: s.responses, connectDesc: s.connects, upstreamTLSDesc: s.handshakes,
	} {
		if h.count() > 0 {
			h.send(ch, d, at.cluster, at.endpoint)
		}
	}
	gauge(ch, upstreamConn, s.active, at.cluster, at.endpoint, "active")
	gauge(ch, upstreamConn, s.idle, at.cluster, at.endpoint, "idle")
	if s.present {
		for kind, w := range map[string]float64{
			"configured": s.configured, "effective": s.effective,
		} {
			ch <- prometheus.MustNewConstMetric(weightDesc, prometheus.GaugeValue, w, at.cluster,
				at.endpoint, kind)
		}
	}
}

// clusterSum is what is reported of a cluster, or of all that have no label of their own.
type clusterSum struct {
	waiting int64
	refused [queueRefusals]uint64
	retries [retryReasons]uint64
	denied  uint64
	queue   *snapshot
}

func collectClusters(ch chan<- prometheus.Metric, clusters []*Cluster) {
	sums := make(map[string]*clusterSum, len(clusters))
	for _, c := range clusters {
		name := label(c.Name, c.own)
		s := sums[name]
		if s == nil {
			s = &clusterSum{queue: newSnapshot(durations, c.queue.born)}
			sums[name] = s
		}
		if read := c.waiting.Load(); read != nil {
			s.waiting += int64((*read)())
		}
		for i := range c.refused {
			s.refused[i] += c.refused[i].Load()
		}
		for i := range c.retries {
			s.retries[i] += c.retries[i].Load()
		}
		s.denied += c.budget.Load()
		s.queue.merge(c.queue.snapshot())
	}
	for name, s := range sums {
		gauge(ch, waitingDesc, s.waiting, name)
		for i, n := range s.refused {
			if n > 0 {
				counter(ch, queueRefusedDesc, n, name, queueRefusalNames[i])
			}
		}
		for i, n := range s.retries {
			if n > 0 {
				counter(ch, retriesDesc, n, name, retryNames[i])
			}
		}
		counter(ch, retriesDeniedDesc, s.denied, name)
		if s.queue.count() > 0 {
			s.queue.send(ch, queueDesc, name)
		}
	}
}

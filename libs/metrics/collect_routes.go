package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

var (
	requestsDesc = desc("gateway_requests_total",
		"Requests that have ended, by what the client got.", "listener", "route", "cluster",
		"method", "code")
	errorsDesc = desc("gateway_errors_total",
		"Requests that got an error of the gateway's own, by its code.", "listener", "route",
		"code")
	hitsDesc     = desc("gateway_route_hits_total", "Requests that matched the route.", "route")
	durationDesc = desc("gateway_request_duration_seconds",
		"Time from the first byte of a request to the last byte of its response.", "route")
	receivedDesc = desc("gateway_request_body_bytes",
		"Size of the bodies of requests, as content, as far as they were read for an endpoint.",
		"route")
	sentDesc = desc("gateway_response_body_bytes",
		"Size of the bodies of responses, as content.", "route")
	activeReqDesc = desc("gateway_active_requests", "Requests that are being served.", "route")
)

// routeCollector reads the counters of routes when Prometheus asks.
type routeCollector struct{ r *Registry }

func (c routeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		requestsDesc, errorsDesc, hitsDesc, durationDesc, receivedDesc, sentDesc, activeReqDesc,
	} {
		ch <- d
	}
}

// routeSum is what is reported of one route: what is kept per listener, route and cluster, added
// up.
type routeSum struct {
	hits                 uint64
	active               int64
	took, received, sent *snapshot
}

func (c routeCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	routes := slices.Collect(maps.Values(c.r.routes))
	traffic := slices.Collect(maps.Values(c.r.traffic))
	c.r.mu.Unlock()

	sums := make(map[string]*routeSum, len(traffic))
	requests, errors := make(map[[5]string]uint64), make(map[[3]string]uint64)
	for _, t := range traffic {
		name := label(t.name, t.own)
		s := sums[name]
		if s == nil {
			s = &routeSum{
				took: newSnapshot(durations, t.born), received: newSnapshot(sizes, t.born),
				sent: newSnapshot(sizes, t.born),
			}
			sums[name] = s
		}
		s.add(t)
	}
	for _, r := range routes {
		name, cluster := label(r.Name, r.traffic.own), label(r.Cluster, r.traffic.own)
		s := sums[name]
		// Those that have ended come first, or there could be more of them than have begun.
		r.each(func(method, code string, n uint64) {
			s.hits += n
			s.active -= int64(n)
			requests[[5]string{r.Listener, name, cluster, method, code}] += n
		})
		r.counts.each(func(o *outcomes) { s.active += int64(o.begun.Load()) })
		for i, n := range r.codes() {
			if n > 0 {
				errors[[3]string{r.Listener, name, gwerr.Code(i).String()}] += n
			}
		}
	}
	for of, n := range requests {
		counter(ch, requestsDesc, n, of[:]...)
	}
	for of, n := range errors {
		counter(ch, errorsDesc, n, of[:]...)
	}
	for name, s := range sums {
		counter(ch, hitsDesc, s.hits, name)
		gauge(ch, activeReqDesc, s.active, name)
		if s.took.count() > 0 { // a route that nobody asked for has no histograms
			s.took.send(ch, durationDesc, name)
			s.received.send(ch, receivedDesc, name)
			s.sent.send(ch, sentDesc, name)
		}
	}
}

func (s *routeSum) add(t *traffic) {
	t.counts.each(func(m *measures) {
		s.took.add(&m.took)
		s.received.add(&m.received)
		s.sent.add(&m.sent)
	})
	s.took.exemplify(&t.exemplars)
	for _, h := range []*snapshot{s.took, s.received, s.sent} {
		h.born = earlier(h.born, t.born)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// codes are how many answers there were of the gateway's own, by code.
func (r *Route) codes() (out [gwerr.Count]uint64) {
	if all := r.errors.Load(); all != nil {
		for i := range all {
			out[i] = all[i].Load()
		}
	}
	return out
}

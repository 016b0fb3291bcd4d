package metrics

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// A StickyResult is what became of a request to a cluster with sticky cookies.
type StickyResult uint8

// The results.
const (
	StickyKept    StickyResult = iota // it went where its cookie leads
	StickyNew                         // it had no cookie
	StickyLost                        // the endpoint of its cookie is gone or has no weight
	StickyInvalid                     // its cookie was forged, or is over

	stickyResults = iota
)

var stickyNames = [stickyResults]string{"kept", "new", "lost", "invalid"}

// Sticky counts the requests to a cluster by what their cookies were good for.
type Sticky struct {
	Cluster string

	counts [stickyResults]atomic.Uint64
	plan   uint64 // guarded by Registry.mu
}

// Count counts a request.
func (s *Sticky) Count(r StickyResult) { s.counts[r].Add(1) }

// Sticky returns the counters of a cluster, always the same for the same name.
func (r *Registry) Sticky(cluster string) *Sticky {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.sticky[cluster]
	if m == nil {
		m = &Sticky{Cluster: cluster}
		r.sticky[cluster] = m
	}
	m.plan = r.plan
	return m
}

var stickyDesc = desc("gateway_sticky_requests_total",
	"Requests to a cluster with sticky cookies, by what their cookie was good for.", "cluster",
	"result")

type stickyCollector struct{ r *Registry }

func (c stickyCollector) Describe(ch chan<- *prometheus.Desc) { ch <- stickyDesc }

func (c stickyCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	all := slices.Collect(maps.Values(c.r.sticky))
	c.r.mu.Unlock()
	for _, s := range all {
		for i, name := range stickyNames {
			counter(ch, stickyDesc, s.counts[i].Load(), s.Cluster, name)
		}
	}
}

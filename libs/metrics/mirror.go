package metrics

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A MirrorResult is what became of the copy of a request that was sent.
type MirrorResult uint8

// The results. A response counts by the class of its status.
const (
	Mirror2xx        MirrorResult = iota
	Mirror3xx                     // a redirect, which is not followed
	Mirror4xx                     //
	Mirror5xx                     //
	MirrorConnect                 // there was no connection, or no TLS
	MirrorTimeout                 // the answer did not come in time
	MirrorReset                   // the endpoint broke off
	MirrorProtocol                // the answer is none of HTTP
	MirrorOverloaded              // the cluster has as many connections as it may have
	MirrorStopped                 // the gateway was told to stop

	mirrorResults = iota
)

var mirrorResultNames = [mirrorResults]string{
	"2xx", "3xx", "4xx", "5xx", "connect", "timeout", "reset", "protocol", "overloaded", "stopped",
}

// String is the result as metrics have it.
func (r MirrorResult) String() string { return mirrorResultNames[r] }

// A MirrorDrop is why a request was not mirrored that should have been.
type MirrorDrop uint8

// The reasons.
const (
	DropBehind     MirrorDrop = iota // as many copies are under way as may be
	DropMemory                       // limits.mirror_memory is used up
	DropBody                         // the body is too long
	DropIncomplete                   // the body has not come to its end
	DropEndpoint                     // no endpoint may get requests
	DropUpgrade                      // it asks for another protocol
	DropStopped                      // the gateway was told to stop

	mirrorDrops = iota
)

var mirrorDropNames = [mirrorDrops]string{
	"behind", "memory", "body_too_large", "incomplete", "no_endpoint", "upgrade", "stopped",
}

// A MirrorComparison is what came of comparing the answer to a request with that to its copy.
type MirrorComparison uint8

// The results. All but the first two say why there was no comparison.
const (
	ComparedSame       MirrorComparison = iota
	ComparedDifferent                   // in status, fields or bodies
	ComparedTooLong                     // a body is longer than what is compared
	ComparedCoded                       // a body has a coding that is not known, or is broken
	ComparedNotJSON                     // neither body is JSON
	ComparedNoResponse                  // there is no whole response to the request itself
	ComparedNoMirror                    // nor to its copy
	ComparedDropped                     // there was no memory, or nobody to compare

	comparisons = iota
)

var comparisonNames = [comparisons]string{
	"same", "different", "body_too_large", "body_coded", "body_not_json", "no_response",
	"no_mirror", "dropped",
}

// String is the result's name.
func (c MirrorComparison) String() string { return comparisonNames[c] }

// A MirrorPart is what of two answers differs.
type MirrorPart uint8

// The parts.
const (
	PartStatus MirrorPart = iota
	PartHeader
	PartBody

	// MirrorParts is how many there are.
	MirrorParts = iota
)

var partNames = [MirrorParts]string{"status", "header", "body"}

// String is the part's name.
func (p MirrorPart) String() string { return partNames[p] }

// Mirror counts the copies of one route's requests for one cluster. All its methods may be called
// at the same time.
type Mirror struct {
	Route, Cluster string

	// Active is how many copies are under way: from the beginning of a request to the end of the
	// answer to its copy.
	Active atomic.Int64
	// Compares says that answers are compared, or were.
	Compares atomic.Bool

	results     [mirrorResults]atomic.Uint64
	drops       [mirrorDrops]atomic.Uint64
	compared    [comparisons]atomic.Uint64
	differences [MirrorParts]atomic.Uint64
	duration    histogram
	plan        uint64 // guarded by Registry.mu
}

// Sent counts a copy that was sent.
func (m *Mirror) Sent(r MirrorResult) { m.results[r].Add(1) }

// Responded takes how long the head of an answer to a copy took.
func (m *Mirror) Responded(d time.Duration) { m.duration.observe(int64(d), nil) }

// Dropped counts a request that was not mirrored.
func (m *Mirror) Dropped(d MirrorDrop) { m.drops[d].Add(1) }

// Compared counts a pair of answers that was to be compared.
func (m *Mirror) Compared(c MirrorComparison) { m.compared[c].Add(1) }

// Differs counts differences of one part.
func (m *Mirror) Differs(p MirrorPart, n int) { m.differences[p].Add(uint64(n)) }

// Mirror returns the counters of a route's copies for a cluster, always the same for the same two
// names.
func (r *Registry) Mirror(route, cluster string) *Mirror {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := [2]string{route, cluster}
	m := r.mirrors[key]
	if m == nil {
		m = &Mirror{
			Route: route, Cluster: cluster, duration: newHistogram(durations, &r.room),
		}
		r.mirrors[key] = m
	}
	m.plan = r.plan
	return m
}

var (
	mirrorSentDesc = desc("gateway_mirror_requests_total",
		"Copies of requests that were sent, by what came of them.", "route", "cluster", "result")
	mirrorDroppedDesc = desc("gateway_mirror_dropped_total",
		"Requests that were not mirrored, by why.", "route", "cluster", "reason")
	mirrorActiveDesc = desc("gateway_mirror_active", "Copies of requests that are under way.",
		"route", "cluster")
	mirrorDurationDesc = desc("gateway_mirror_duration_seconds",
		"Time from sending a copy of a request to the head of its answer.", "route", "cluster")
	mirrorComparedDesc = desc("gateway_mirror_compared_total",
		"Pairs of answers that were to be compared, by what came of it.", "route", "cluster",
		"result")
	mirrorDiffersDesc = desc("gateway_mirror_differences_total",
		"Differences between the answers to requests and to their copies, by part.", "route",
		"cluster", "part")
)

type mirrorCollector struct{ r *Registry }

func (c mirrorCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		mirrorSentDesc, mirrorDroppedDesc, mirrorActiveDesc, mirrorDurationDesc,
		mirrorComparedDesc, mirrorDiffersDesc,
	} {
		ch <- d
	}
}

func (c mirrorCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	all := slices.Collect(maps.Values(c.r.mirrors))
	c.r.mu.Unlock()
	for _, m := range all {
		for i, name := range mirrorResultNames {
			counter(ch, mirrorSentDesc, m.results[i].Load(), m.Route, m.Cluster, name)
		}
		for i, name := range mirrorDropNames {
			counter(ch, mirrorDroppedDesc, m.drops[i].Load(), m.Route, m.Cluster, name)
		}
		gauge(ch, mirrorActiveDesc, m.Active.Load(), m.Route, m.Cluster)
		m.duration.snapshot().send(ch, mirrorDurationDesc, m.Route, m.Cluster)
		if m.Compares.Load() {
			for i, name := range comparisonNames {
				counter(ch, mirrorComparedDesc, m.compared[i].Load(), m.Route, m.Cluster, name)
			}
			for i, name := range partNames {
				counter(ch, mirrorDiffersDesc, m.differences[i].Load(), m.Route, m.Cluster, name)
			}
		}
	}
}

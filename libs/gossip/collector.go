package gossip

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What becomes of a message that comes in.
const (
	inAccepted  = iota // it told something new
	inKnown            // it did not
	inMalformed        // no node of ours sends it
	inVersion          // a version of the form that is not known
	inLimit            // there was no room for some of it
	inDropped          // others came faster than they could be read
	inResults
)

var inNames = [inResults]string{"accepted", "known", "malformed", "version", "limit", "dropped"}

// counts are what a ring counts.
type counts struct {
	in                 [inResults]atomic.Uint64
	strangers          atomic.Uint64 // not decrypted by any key
	sent, unsent       atomic.Uint64
	joins, joinsFailed atomic.Uint64
	lag                prometheus.Histogram
}

func newLag() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "gateway_gossip_lag_seconds",
		Help: "How old news from other nodes was when it came, as far as nodes held it; the " +
			"time on the wire is not in it.",
		Buckets: []float64{0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30},
	})
}

// Collector reports on the ring to Prometheus.
func (r *Ring) Collector() prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("gateway_gossip_"+name, help, labels, nil)
	}
	return &collector{
		ring:    r,
		members: desc("members", "Nodes in the ring, this one included."),
		missing: desc("members_missing",
			"Addresses of nodes that were in the ring, did not leave it, and are looked for."),
		messages: desc("messages_total", "Messages, by direction and what became of them.",
			"direction", "result"),
		joins: desc("joins_total",
			"Tries to reach a node that was not in the ring, by whether it answered.", "result"),
		losses: desc("losses",
			"Endpoints that other nodes report a loss of, counted once for each node that does."),
		reports: desc("reports", "Reports that hold, of all nodes, this one included."),
		queued:  desc("queued", "Reports that wait to be sent, or sent again."),
		contact: desc("contact_age_seconds", "How long ago a node was last heard from directly.",
			"node"),
		trip: desc("round_trip_seconds", "How long a node took to answer the last time.",
			"node"),
	}
}

type collector struct {
	ring                                                                      *Ring
	members, missing, messages, joins, losses, reports, queued, contact, trip *prometheus.Desc
}

// Describe sends what there is.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.members, c.missing, c.messages, c.joins, c.losses, c.reports, c.queued, c.contact, c.trip,
	} {
		ch <- d
	}
	c.ring.counts.lag.Describe(ch)
}

// Collect sends the values.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	r, now := c.ring, time.Now()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	all := r.Members()
	gauge(c.members, float64(len(all)))
	gauge(c.missing, float64(len(r.members.missing())))
	for i, name := range inNames {
		count(c.messages, r.counts.in[i].Load(), "in", name)
	}
	count(c.messages, r.counts.strangers.Load(), "in", "undecryptable")
	count(c.messages, r.counts.sent.Load(), "out", "sent")
	count(c.messages, r.counts.unsent.Load(), "out", "dropped")
	count(c.joins, r.counts.joins.Load(), "answered")
	count(c.joins, r.counts.joinsFailed.Load(), "failed")
	losses, reports := 0, 0
	r.mu.Lock()
	for name, o := range r.state.observers {
		for _, h := range o.reports {
			if !h.gone {
				reports++
			}
			if name != r.name && h.sight.Loss > 0 && !h.gone {
				losses++
			}
		}
	}
	r.mu.Unlock()
	gauge(c.losses, float64(losses))
	gauge(c.reports, float64(reports))
	gauge(c.queued, float64(r.queue.NumQueued()))
	for _, m := range all {
		if m.Name == r.name {
			continue
		}
		gauge(c.contact, max(now.Sub(m.Contact), 0).Seconds(), m.Name)
		if m.RoundTrip > 0 {
			gauge(c.trip, m.RoundTrip.Seconds(), m.Name)
		}
	}
	r.counts.lag.Collect(ch)
}

package tracing

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are what became of spans.
type counts struct {
	exported, dropped, failed, rejected atomic.Uint64
}

// A State is how the sending of spans goes.
type State struct {
	// Waiting is how many spans wait. The others are what became of spans since the start: the
	// collector has taken them, there was no room for them, they did not get there, or the
	// collector did not want them.
	Waiting                             int
	Exported, Dropped, Failed, Rejected uint64
	// Failure is why the last batch was lost; "": it was not.
	Failure string
}

// State says how it goes.
func (e *Exporter) State() State {
	c := &e.counts
	s := State{
		Exported: c.exported.Load(), Dropped: c.dropped.Load(), Failed: c.failed.Load(),
		Rejected: c.rejected.Load(),
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Waiting = e.spans
	if e.failed != nil {
		s.Failure = e.failed.Error()
	}
	return s
}

var (
	spansDesc = prometheus.NewDesc("gateway_trace_spans_total",
		"Spans of requests that are recorded, by what became of them.", []string{"result"}, nil)
	queueDesc = prometheus.NewDesc("gateway_trace_queue_spans",
		"Spans that wait for the collector of traces.", nil, nil)
)

type collector struct{ e *Exporter }

// Collector reports what became of spans.
func (e *Exporter) Collector() prometheus.Collector { return collector{e} }

func (c collector) Describe(ch chan<- *prometheus.Desc) { ch <- spansDesc; ch <- queueDesc }

func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := c.e.State()
	for _, one := range []struct {
		result string
		n      uint64
	}{
		{"exported", s.Exported}, {"dropped", s.Dropped}, {"failed", s.Failed},
		{"rejected", s.Rejected},
	} {
		ch <- prometheus.MustNewConstMetric(spansDesc, prometheus.CounterValue, float64(one.n),
			one.result)
	}
	ch <- prometheus.MustNewConstMetric(queueDesc, prometheus.GaugeValue, float64(s.Waiting))
}

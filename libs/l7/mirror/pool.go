package mirror

import (
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7/differ"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

// A Pool sends the copies of all routes. Its methods may be called from any goroutine. All plans of
// a process have the same one, so that its bounds hold over reloads.
type Pool struct {
	log   *logrus.Logger
	spans *tracing.Exporter // of those that are told of
	limit atomic.Int64      // of used
	used  atomic.Int64      // bytes
	// comparing is how many pairs are compared that no sender compares.
	comparing atomic.Int64
	kept      kept

	group   sync.WaitGroup // of goroutines
	mu      sync.Mutex
	sending map[*Copy]struct{} // guarded by mu
	ended   bool               // guarded by mu
}

// NewPool makes a Pool without memory: see SetMemory. spans takes what is told of copies; nil:
// nothing is.
func NewPool(log *logrus.Logger, spans *tracing.Exporter) *Pool {
	return &Pool{log: log, spans: spans, sending: make(map[*Copy]struct{})}
}

// SetMemory bounds what all copies take, and what is kept of answers, in bytes.
func (p *Pool) SetMemory(limit int64) { p.limit.Store(limit) }

// A Target is a cluster that gets copies of a route's requests. It does not change.
type Target struct {
	Config  *config.Mirror
	Route   string
	Cluster *cluster.Cluster
	Metrics *metrics.Mirror
	// Rules say what of the answers is compared; nil: nothing is.
	Rules *differ.Rules
}

// Drawn decides by chance whether a request is mirrored.
func (t *Target) Drawn() bool {
	return t.Config.Share >= 1 || rand.Float64() < float64(t.Config.Share)
}

// take asks for memory.
func (p *Pool) take(n int64) bool {
	if p.used.Add(n) > p.limit.Load() {
		p.used.Add(-n)
		return false
	}
	return true
}

func (p *Pool) give(n int64) { p.used.Add(-n) }

// begin counts a goroutine; false: there are to be no more. c is what it sends; nil: nothing.
func (p *Pool) begin(c *Copy) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.group.Add(1)
	if c != nil {
		p.sending[c] = struct{}{}
	}
	return true
}

func (p *Pool) done(c *Copy) {
	if c != nil {
		p.mu.Lock()
		delete(p.sending, c)
		p.mu.Unlock()
	}
	p.group.Done()
}

// survive logs a panic: it would end the process, for what no client waits for.
func (p *Pool) survive(route string) {
	if r := recover(); r != nil {
		p.log.WithField("route", route).WithField("panic", r).
			WithField("stack", string(debug.Stack())).Error("a mirrored request failed")
	}
}

// How long End lets copies go on that are under way, and how long it waits for those that it has
// cut off: one that is connecting ends with the time for that.
const (
	endGrace = time.Second
	endWait  = 5 * time.Second
)

// End sends nothing more. What is under way may go on for a moment, and is then cut off.
func (p *Pool) End() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	over := make(chan struct{})
	go func() { // until the last one has ended
		p.group.Wait()
		close(over)
	}()
	grace := time.NewTimer(endGrace)
	defer grace.Stop()
	select {
	case <-over:
		return
	case <-grace.C:
	}
	p.mu.Lock()
	for c := range p.sending {
		c.interrupt(true)
	}
	p.mu.Unlock()
	wait := time.NewTimer(endWait)
	defer wait.Stop()
	select {
	case <-over:
	case <-wait.C:
	}
}

// Find returns the differences between the answers to a request with an ID and to its copies, if it
// is among the last that had some.
func (p *Pool) Find(id string) []Differing { return p.kept.find(id) }

// Last returns the last pairs of answers that differ, newest first: most of them, and of one route
// unless that is "".
func (p *Pool) Last(most int, route string) []Differing { return p.kept.last(most, route) }

// Collector reports the memory in use.
func (p *Pool) Collector() prometheus.Collector { return collector{p} }

type collector struct{ p *Pool }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(k, ch) }

// Collect is prometheus.Collector's.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	metrics.Const(ch, prometheus.GaugeValue, "gateway_mirror_memory_bytes",
		"Memory of copies of requests, and of the answers that are compared.",
		float64(k.p.used.Load()))
}

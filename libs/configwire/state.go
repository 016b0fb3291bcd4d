package configwire

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Results of an assignment.
const (
	Applied = "applied"
	Refused = "refused" // by the node: it has problems, or is not what it claims to be
	Stale   = "stale"   // its revision is lower than one that the node had
)

// State is how a Client fares.
type State struct {
	Connected bool
	Server    string    // the address that it is, or was last, connected to or tried
	Since     time.Time // connected, or not
	Running   Config    // without its Data
	Highest   uint64    // the highest revision that it was given
	FromCache bool      // config-sync has not said yet whether what runs is right
	// LastError is why the last connection ended or could not be made; "" when there is one.
	LastError string
	// Refusal is why the node refused RefusedRevision; "" when it runs what it was given last.
	Refusal         string
	RefusedRevision uint64
	CacheError      string // why the last good configuration could not be kept
}

// tracked is State with counters, for all that ask.
type tracked struct {
	mu            sync.Mutex
	state         State             // guarded by mu
	assignments   map[string]uint64 // guarded by mu; by result
	connects      map[string]uint64 // guarded by mu; by result
	cacheFailures uint64            // guarded by mu
}

func (t *tracked) change(f func(*State)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.state)
}

func (t *tracked) count(m map[string]uint64, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m[key]++
}

// State is how it fares at this moment.
func (c *Client) State() State {
	c.tracked.mu.Lock()
	defer c.tracked.mu.Unlock()
	return c.tracked.state
}

// Collector reports on the Client to Prometheus.
func (c *Client) Collector() prometheus.Collector { return collector{c} }

type collector struct{ client *Client }

func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

func (c collector) Collect(ch chan<- prometheus.Metric) {
	t := &c.client.tracked
	t.mu.Lock()
	defer t.mu.Unlock()
	one := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		metrics.Const(ch, kind, "gateway_config_sync_"+name, help, value, labels...)
	}
	connected := 0.0
	if t.state.Connected {
		connected = 1
	}
	one(prometheus.GaugeValue, "connected", "Whether there is a stream to config-sync.", connected)
	one(prometheus.GaugeValue, "revision",
		"The revision of config-sync that is in force; 0 is the node's own file.",
		float64(t.state.Running.Revision))
	one(prometheus.GaugeValue, "highest_revision",
		"The highest revision that this node was ever given.", float64(t.state.Highest))
	for _, result := range []string{Applied, Refused, Stale} {
		one(prometheus.CounterValue, "assignments_total",
			"Configurations that config-sync gave to this node, by what became of them.",
			float64(t.assignments[result]), "result", result)
	}
	for _, result := range []string{"connected", "failed"} {
		one(prometheus.CounterValue, "connects_total", "Tries to reach config-sync.",
			float64(t.connects[result]), "result", result)
	}
	one(prometheus.CounterValue, "cache_failures_total",
		"Times that the last good configuration could not be kept on disk.",
		float64(t.cacheFailures))
}

package metrics

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	sessionsDesc = desc("gateway_relay_sessions_total", "TCP sessions that have ended, by why.",
		"listener", "close_reason")
	relayedDesc = desc("gateway_relay_bytes_total",
		"Bytes of TCP sessions that were passed on: in is from clients, out is to them.",
		"listener", "direction")
	sessionDurationDesc = desc("gateway_relay_session_duration_seconds",
		"Time that TCP sessions lasted that have ended.", "listener")
)

// Sessions counts the TCP sessions of one listener. All its methods may be called at the same time.
type Sessions struct {
	Listener string
	plan     uint64 // as in Route

	// In and Out are the bytes passed on from clients and to them.
	In, Out atomic.Uint64

	reasons []string
	ended   []atomic.Uint64 // by reason
	lasted  histogram
}

// Ended counts a session that has ended, and how long it lasted; reason is an index into the
// reasons given to [Registry.Sessions].
func (s *Sessions) Ended(reason int, lasted time.Duration) {
	s.ended[reason].Add(1)
	s.lasted.observe(int64(lasted), nil)
}

// Sessions returns the counters of the TCP sessions of a listener, always the same for the same
// name. reasons are all values of the label close_reason; they are the same in every call.
func (r *Registry) Sessions(listener string, reasons []string) *Sessions {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.sessions[listener]
	if m == nil {
		m = &Sessions{
			Listener: listener, reasons: reasons, ended: make([]atomic.Uint64, len(reasons)),
			lasted: newHistogram(durations, &r.room),
		}
		r.sessions[listener] = m
	}
	m.plan = r.plan
	return m
}

// sessionCollector reads the counters of sessions when Prometheus asks.
type sessionCollector struct{ r *Registry }

func (c sessionCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- sessionsDesc
	ch <- relayedDesc
	ch <- sessionDurationDesc
}

func (c sessionCollector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	all := slices.Collect(maps.Values(c.r.sessions))
	c.r.mu.Unlock()
	for _, s := range all {
		for i := range s.ended {
			if n := s.ended[i].Load(); n > 0 {
				counter(ch, sessionsDesc, n, s.Listener, s.reasons[i])
			}
		}
		if h := s.lasted.snapshot(); h.count() > 0 {
			h.send(ch, sessionDurationDesc, s.Listener)
		}
		counter(ch, relayedDesc, s.In.Load(), s.Listener, "in")
		counter(ch, relayedDesc, s.Out.Load(), s.Listener, "out")
	}
}

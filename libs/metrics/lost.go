package metrics

import "github.com/prometheus/client_golang/prometheus"

// Lost tells how many lines of the log a program has lost, which read says; nil is none. A registry
// has one.
func Lost(read func() uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "gateway_log_dropped_total",
		Help: "Lines of the program's own log that were lost, because nobody read them.",
	}, func() float64 {
		if read == nil {
			return 0
		}
		return float64(read())
	})
}

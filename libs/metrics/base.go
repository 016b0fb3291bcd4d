package metrics

import (
	"net/http"
	"regexp"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newBase returns a registry that reports on the Go runtime and the process.
func newBase() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			// How long goroutines wait for a processor says best that there are too few.
			collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("^/sched/latencies:")},
		)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// Service returns a registry for a service that has no [Registry]: with the Go runtime, the
// process, its build, and the lines of its log that were lost, which lost says; nil is none.
func Service(b Build, lost func() uint64) *prometheus.Registry {
	r := newBase()
	r.MustRegister(b.Collector(), Lost(lost))
	return r
}

// Handler answers scrapes, in the form that the scraper asks for: Prometheus' text, OpenMetrics, or
// protocol buffers, which alone have native histograms.
func Handler(r prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// A Build is which program runs.
type Build struct{ Service, Version, Commit string }

// Collector reports the build, as a metric that is always 1.
func (b Build) Collector() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gateway_build_info",
		Help: "1 for the build that runs.",
		ConstLabels: prometheus.Labels{
			"service": b.Service, "version": b.Version, "commit": b.Commit,
			"goversion": runtime.Version(),
		},
	}, func() float64 { return 1 })
}

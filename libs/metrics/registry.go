package metrics

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Registry holds all metrics of one process. All its methods may be called at the same time; those
// that return a pointer are for building plans, not for the hot path.
type Registry struct {
	prometheus *prometheus.Registry
	reloads    *prometheus.CounterVec
	dropped    atomic.Pointer[func() uint64]
	digest     atomic.Pointer[string]
	certs      atomic.Pointer[[]Certificate]

	mu        sync.Mutex
	plan      uint64                  // guarded by mu; counts plans
	routes    map[[3]string]*Route    // guarded by mu; by listener, route, cluster
	upstreams map[[2]string]*Upstream // guarded by mu; by cluster, endpoint
	listeners map[string]*Listener    // guarded by mu
	sessions  map[string]*Sessions    // guarded by mu; by listener
	sticky    map[string]*Sticky      // guarded by mu; by cluster
	mirrors   map[[2]string]*Mirror   // guarded by mu; by route, cluster
}

// New returns a registry that also reports on the Go runtime and the process.
func New() *Registry {
	r := &Registry{
		prometheus: prometheus.NewRegistry(),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gateway_reloads_total", Help: "Configuration reloads, by result and reason.",
		}, []string{"result", "reason"}),
		routes:    make(map[[3]string]*Route),
		upstreams: make(map[[2]string]*Upstream),
		listeners: make(map[string]*Listener),
		sessions:  make(map[string]*Sessions),
		sticky:    make(map[string]*Sticky),
		mirrors:   make(map[[2]string]*Mirror),
	}
	r.prometheus.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		r.reloads,
		collector{r},
		sessionCollector{r},
		stickyCollector{r},
		mirrorCollector{r},
	)
	return r
}

// Route returns the counters of a route on a listener to a cluster, always the same for the same
// three names. What no route matches is counted under a name of the caller's choice that no route
// can have, such as "-".
func (r *Registry) Route(listener, route, cluster string) *Route {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := [3]string{listener, route, cluster}
	m := r.routes[key]
	if m == nil {
		m = &Route{Listener: listener, Name: route, Cluster: cluster}
		r.routes[key] = m
	}
	m.plan = r.plan
	return m
}

// Upstream returns the counters of an endpoint of a cluster, always the same for the same two
// names.
func (r *Registry) Upstream(cluster, endpoint string) *Upstream {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := [2]string{cluster, endpoint}
	m := r.upstreams[key]
	if m == nil {
		m = &Upstream{Cluster: cluster, Endpoint: endpoint}
		r.upstreams[key] = m
	}
	m.plan = r.plan
	return m
}

// Listener returns the counters of a listener, always the same for the same name.
func (r *Registry) Listener(name string) *Listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.listeners[name]
	if m == nil {
		m = &Listener{Name: name}
		r.listeners[name] = m
	}
	m.plan = r.plan
	return m
}

// NextPlan says that the counters asked for from now on are those of another plan.
// What neither that plan nor the one before it asks for is forgotten at the next
// call, so that names that come and go do not fill the memory; until then a
// rollback finds it again. The holder of a forgotten counter may go on counting.
func (r *Registry) NextPlan() {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := func(plan uint64) bool { return plan+1 < r.plan }
	maps.DeleteFunc(r.routes, func(_ [3]string, m *Route) bool { return old(m.plan) })
	maps.DeleteFunc(r.upstreams, func(_ [2]string, m *Upstream) bool { return old(m.plan) })
	maps.DeleteFunc(r.listeners, func(_ string, m *Listener) bool { return old(m.plan) })
	maps.DeleteFunc(r.sessions, func(_ string, m *Sessions) bool { return old(m.plan) })
	maps.DeleteFunc(r.mirrors, func(_ [2]string, m *Mirror) bool { return old(m.plan) })
	maps.DeleteFunc(r.sticky, func(_ string, m *Sticky) bool { return old(m.plan) })
	r.plan++
}

// RouteHits returns how many requests each route has taken.
func (r *Registry) RouteHits() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	hits := make(map[string]uint64, len(r.routes))
	for _, m := range r.routes {
		m.each(func(_, _ string, n uint64) { hits[m.Name] += n })
	}
	return hits
}

// Latency returns how many requests took how long, over all routes: one number for each of Bounds,
// and one for what took longer. It falls when routes are forgotten.
func (r *Registry) Latency() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]uint64, len(bounds)+1)
	for _, m := range r.routes {
		for i := range m.duration.buckets {
			all[i] += m.duration.buckets[i].Load()
		}
	}
	return all
}

// SetDigest publishes the digest of the configuration in force.
func (r *Registry) SetDigest(digest string) { r.digest.Store(&digest) }

// A Certificate is one that a listener may show to clients.
type Certificate struct {
	Listener, File string
	NotAfter       time.Time
}

// SetCertificates publishes when the certificates in force end. No two may have the same listener
// and file.
func (r *Registry) SetCertificates(all []Certificate) { r.certs.Store(&all) }

// CountReload counts a reload. result and reason become labels, so both must come from a fixed set
// of words.
func (r *Registry) CountReload(result, reason string) {
	r.reloads.WithLabelValues(result, reason).Inc()
}

// SetAccessLogDropped tells the registry where to read how many access log lines were dropped.
func (r *Registry) SetAccessLogDropped(read func() uint64) { r.dropped.Store(&read) }

// Register adds a collector of another package.
func (r *Registry) Register(c prometheus.Collector) error { return r.prometheus.Register(c) }

// Handler answers scrapes.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.prometheus, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

package metrics

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Registry holds all metrics of one process. All its methods may be called at the same time; those
// that return a pointer are for building plans, not for the hot path.
type Registry struct {
	prometheus *prometheus.Registry
	reloads    *prometheus.CounterVec
	dropped    atomic.Pointer[func() uint64]
	digest     atomic.Pointer[string]
	certs      atomic.Pointer[[]Certificate]
	used       atomic.Pointer[[]Used]
	limits     Limits
	room       room
	inherited  inherited

	scraping sync.RWMutex        // held for reading by scrapes
	frozen   []*dto.MetricFamily // guarded by scraping; what they are answered with; nil: what is

	mu        sync.Mutex
	plan      uint64                  // guarded by mu; counts plans
	routes    map[[3]string]*Route    // guarded by mu; by listener, route, cluster
	traffic   map[string]*traffic     // guarded by mu; by route
	upstreams map[[2]string]*Upstream // guarded by mu; by cluster, endpoint
	clusters  map[string]*Cluster     // guarded by mu
	listeners map[string]*Listener    // guarded by mu
	sessions  map[string]*Sessions    // guarded by mu; by listener
	sticky    map[string]*Sticky      // guarded by mu; by cluster
	mirrors   map[[2]string]*Mirror   // guarded by mu; by route, cluster
	labelled  Limits                  // guarded by mu; how many have labels of their own
}

// Limits bound how many names become labels. What comes later is counted together, with the label
// other, until some that came before are forgotten.
type Limits struct{ Routes, Clusters, Endpoints int }

// defaultLimits are more than one process serves, and as many as Prometheus can bear.
var defaultLimits = Limits{Routes: 10_000, Clusters: 10_000, Endpoints: 10_000}

// maxInLanes is how many counters may be kept in lanes. One of a route takes up to 4 KB a lane.
const maxInLanes = 512

// New returns a registry that also reports on the Go runtime and the process.
func New() *Registry { return NewWithin(defaultLimits) }

// NewWithin is New with other limits.
func NewWithin(limits Limits) *Registry {
	r := &Registry{
		prometheus: newBase(),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gateway_reloads_total", Help: "Configuration reloads, by result and reason.",
		}, []string{"result", "reason"}),
		limits:    limits,
		routes:    make(map[[3]string]*Route),
		traffic:   make(map[string]*traffic),
		upstreams: make(map[[2]string]*Upstream),
		clusters:  make(map[string]*Cluster),
		listeners: make(map[string]*Listener),
		sessions:  make(map[string]*Sessions),
		sticky:    make(map[string]*Sticky),
		mirrors:   make(map[[2]string]*Mirror),
	}
	r.room.left.Store(maxInLanes)
	r.prometheus.MustRegister(
		r.reloads,
		collector{r},
		routeCollector{r},
		failedCollector{r},
		usedCollector{r},
		upstreamCollector{r},
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
		m = &Route{
			Listener: listener, Name: route, Cluster: cluster, room: &r.room,
			traffic: r.trafficOf(route),
		}
		r.routes[key] = m
	}
	m.plan = r.plan
	return m
}

// trafficOf is what is counted of a route, whatever its listener and cluster; mu is held.
func (r *Registry) trafficOf(route string) *traffic {
	t := r.traffic[route]
	if t == nil {
		own := take(&r.labelled.Routes, r.limits.Routes)
		t = &traffic{name: route, own: own, room: &r.room, born: time.Now()}
		r.traffic[route] = t
	}
	return t
}

// take takes one of what there are so many of.
func take(taken *int, most int) bool {
	if *taken >= most {
		return false
	}
	*taken++
	return true
}

// give gives back what take has taken.
func give(taken *int, had bool) {
	if had {
		*taken--
	}
}

// Upstream returns the counters of an endpoint of a cluster, always the same for the same two
// names.
func (r *Registry) Upstream(cluster, endpoint string) *Upstream {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := [2]string{cluster, endpoint}
	m := r.upstreams[key]
	if m == nil {
		m = newUpstream(cluster, endpoint, take(&r.labelled.Endpoints, r.limits.Endpoints),
			&r.room)
		r.upstreams[key] = m
	}
	m.plan = r.plan
	return m
}

// Cluster returns the counters of a cluster, always the same for the same name.
func (r *Registry) Cluster(name string) *Cluster {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.clusters[name]
	if m == nil {
		m = &Cluster{
			Name: name, own: take(&r.labelled.Clusters, r.limits.Clusters), room: &r.room,
			queue: newHistogram(durations, &r.room),
		}
		r.clusters[name] = m
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
		m = &Listener{Name: name, secured: newHistogram(durations, &r.room)}
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
	forget(r.routes, old, func(m *Route) (uint64, func()) { return m.plan, m.leave })
	forget(r.upstreams, old, func(m *Upstream) (uint64, func()) {
		return m.plan, func() {
			m.leave()
			give(&r.labelled.Endpoints, m.own)
		}
	})
	forget(r.clusters, old, func(m *Cluster) (uint64, func()) {
		return m.plan, func() {
			m.queue.counts.leave(&r.room)
			give(&r.labelled.Clusters, m.own)
		}
	})
	forget(r.listeners, old, func(m *Listener) (uint64, func()) {
		return m.plan, func() { m.secured.counts.leave(&r.room) }
	})
	maps.DeleteFunc(r.sessions, func(_ string, m *Sessions) bool { return old(m.plan) })
	maps.DeleteFunc(r.mirrors, func(_ [2]string, m *Mirror) bool { return old(m.plan) })
	maps.DeleteFunc(r.sticky, func(_ string, m *Sticky) bool { return old(m.plan) })
	r.forgetTraffic()
	r.plan++
}

// forget forgets what old says of the plan that asked for it last.
func forget[K comparable, M any](
	all map[K]M, old func(plan uint64) bool, of func(M) (plan uint64, leave func()),
) {
	maps.DeleteFunc(all, func(_ K, m M) bool {
		plan, leave := of(m)
		if !old(plan) {
			return false
		}
		leave()
		return true
	})
}

// forgetTraffic forgets the routes that are on no listener any more; mu is held.
func (r *Registry) forgetTraffic() {
	used := make(map[*traffic]bool, len(r.traffic))
	for _, m := range r.routes {
		used[m.traffic] = true
	}
	maps.DeleteFunc(r.traffic, func(_ string, t *traffic) bool {
		if used[t] {
			return false
		}
		t.counts.leave(&r.room)
		give(&r.labelled.Routes, t.own)
		return true
	})
}

// RouteHits returns how many requests each route has taken in this process.
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
	sum := newSnapshot(durations, time.Time{})
	for _, t := range r.traffic {
		t.counts.each(func(m *measures) { sum.add(&m.took) })
	}
	return sum.classic()
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
func (r *Registry) Handler() http.Handler { return Handler(r) }

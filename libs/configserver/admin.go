package configserver

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Handler is the admin endpoints: /healthz, /readyz, /metrics, /status. With a token all but the first two want it.
func (s *Server) Handler(token string) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{s})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Ready(); err != nil {
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	guarded := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				answer(w, http.StatusUnauthorized, map[string]string{"error": "the token of the admin endpoints is wanted"})
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	mux.Handle("GET /metrics", guarded(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	mux.Handle("GET /status", guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out, _ := s.Snapshotted(true)
		data, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(out)
		if err != nil {
			answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		head(w, http.StatusOK)
		_, _ = w.Write(data)
	})))
	return mux
}

func head(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
}

func answer(w http.ResponseWriter, code int, body map[string]string) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // a map of texts has no way to fail
	}
	head(w, code)
	_, _ = w.Write(data)
}

// collector shows what there is at the moment somebody asks.
type collector struct{ s *Server }

func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.machine.State()
	connected, gone := 0, 0
	for _, n := range s.machine.Nodes() {
		if n.Connected {
			connected++
		} else {
			gone++
		}
	}
	metric := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		metrics.Const(ch, kind, "gateway_configsync_"+name, help, value, labels...)
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	const nodes = "Nodes of the fleet that are known."
	metric(prometheus.GaugeValue, "nodes", nodes, float64(connected), "state", "connected")
	metric(prometheus.GaugeValue, "nodes", nodes, float64(gone), "state", "gone")
	metric(prometheus.GaugeValue, "streams", "Nodes that are connected to this replica.", float64(len(s.streams)))
	metric(prometheus.GaugeValue, "leader", "Whether this replica drives rollouts.", truth(s.leads))
	metric(prometheus.GaugeValue, "ready", "Whether the store can be used.", truth(s.loaded && s.trouble == nil))
	metric(prometheus.GaugeValue, "good_revision", "The last good revision.", float64(state.Good))
	metric(prometheus.GaugeValue, "waiting_revisions", "Revisions that wait for their turn.", float64(len(state.Waiting)))
	step, returning := 0, false
	if run := state.Run; run != nil {
		step, returning = run.Step, run.Returning > 0
	}
	metric(prometheus.GaugeValue, "rollout_running", "Whether a rollout runs.", truth(state.Run != nil))
	metric(prometheus.GaugeValue, "rollout_step", "Its step, from 1.", float64(step))
	metric(prometheus.GaugeValue, "rollout_reverting", "Whether it is being taken back.", truth(returning))
	metric(prometheus.CounterValue, "published_total", "Configurations published here.", float64(s.counts.published))
	metric(prometheus.CounterValue, "refused_total", "Configurations refused here since they have problems.", float64(s.counts.refused))
	metric(prometheus.CounterValue, "records_total", "Entries of the journal that were read.", float64(s.counts.records))
	metric(prometheus.CounterValue, "returns_total", "Rollouts that were taken back.", float64(s.counts.returns))
	metric(prometheus.CounterValue, "reports_total", "What nodes connected here made of assignments.", float64(s.counts.acks), "result", "applied")
	metric(prometheus.CounterValue, "reports_total", "What nodes connected here made of assignments.", float64(s.counts.nacks), "result", "refused")
}

package configserver

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Admin is the admin API: /healthz, /readyz, /metrics, and /status, which is the message
// StatusResponse as JSON. It is guarded as that of any service: with a token, all but the first two
// want it.
func (s *Server) Admin(token string) *admin.Server {
	build := metrics.Build{
		Service: "configsync", Version: s.options.Version, Commit: s.options.Commit,
	}
	registry := metrics.Service(build, s.options.Lost)
	registry.MustRegister(collector{s})
	return admin.New(admin.Options{
		Version: s.options.Version, Started: s.now(), Log: s.log, Token: token,
		Metrics:  metrics.Handler(registry),
		Snapshot: s.readiness, Views: []admin.View{{Path: "/status", Serve: s.serveStatus}},
	})
}

// readiness is what /readyz tells.
func (s *Server) readiness() admin.Snapshot {
	if err := s.Ready(); err != nil {
		return admin.Snapshot{State: admin.Starting, Reason: err.Error()}
	}
	return admin.Snapshot{State: admin.Ready}
}

func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request) {
	out, _ := s.Snapshotted(true)
	data, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(out)
	if err != nil {
		s.log.WithError(err).Error("the status can't be written")
		admin.Fail(w, gwerr.Internal, "the status can't be written; the log says why")
		return
	}
	w.Header().Set("Content-Type", gwerr.ContentType)
	_, _ = w.Write(data) // a client that went away needs nothing
}

// collector shows what there is at the moment of a scrape.
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
	metric(prometheus.GaugeValue, "streams", "Nodes that are connected to this replica.",
		float64(len(s.streams)))
	metric(prometheus.GaugeValue, "leader", "Whether this replica drives rollouts.", truth(s.leads))
	metric(prometheus.GaugeValue, "ready", "Whether the store can be used.",
		truth(s.loaded && s.trouble == nil))
	metric(prometheus.GaugeValue, "good_revision", "The last good revision.", float64(state.Good))
	metric(prometheus.GaugeValue, "waiting_revisions", "Revisions that wait for their turn.",
		float64(len(state.Waiting)))
	if s.options.Entrance != nil {
		const help = "What clients began beyond what one may have open at once."
		away := s.options.Entrance.turned()
		metric(prometheus.CounterValue, "turned_away_total", help, float64(away.connections),
			"what", "connection")
		metric(prometheus.CounterValue, "turned_away_total", help, float64(away.streams), "what",
			"stream")
	}
	step, returning, began, bake := 0, false, 0.0, time.Duration(0)
	if run := state.Run; run != nil {
		step, returning = run.Step, run.Returning > 0
		began = float64(run.StepSince.UnixMilli()) / 1000
		if steps := state.Find(run.Revision).Spec.Steps; step > 0 {
			bake = steps[min(step, len(steps))-1].Bake
		}
	}
	metric(prometheus.GaugeValue, "rollout_running", "Whether a rollout runs.",
		truth(state.Run != nil))
	metric(prometheus.GaugeValue, "rollout_step", "Its step, from 1.", float64(step))
	metric(prometheus.GaugeValue, "rollout_step_start_timestamp_seconds",
		"When its step began, in seconds since 1970; 0 without a rollout.", began)
	metric(prometheus.GaugeValue, "rollout_step_bake_seconds",
		"How long the step is looked at once all its nodes run it.", bake.Seconds())
	metric(prometheus.GaugeValue, "rollout_reverting", "Whether it is being taken back.",
		truth(returning))
	metric(prometheus.CounterValue, "published_total", "Configurations published here.",
		float64(s.counts.published))
	metric(prometheus.CounterValue, "refused_total",
		"Configurations refused here since they have problems.", float64(s.counts.refused))
	metric(prometheus.CounterValue, "records_total", "Entries of the journal that were read.",
		float64(s.counts.records))
	metric(prometheus.CounterValue, "returns_total", "Rollouts that were taken back.",
		float64(s.counts.returns))
	metric(prometheus.CounterValue, "reports_total",
		"What nodes connected here made of assignments.", float64(s.counts.acks), "result",
		"applied")
	metric(prometheus.CounterValue, "reports_total",
		"What nodes connected here made of assignments.", float64(s.counts.nacks), "result",
		"refused")
}

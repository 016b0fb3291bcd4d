package mirror

import (
	"context"
	"io"
	"testing"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/differ"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A scene is a pool with one target, whose endpoint a test serves.
type scene struct {
	*Pool
	target *Target
}

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Request-Id: theirs\r\n\r\n{\"a\": 1.0}"

// newScene makes a scene; change changes the mirror of the configuration.
func newScene(t *testing.T, serve func(*testkit.Conn), change func(*config.Mirror)) *scene {
	t.Helper()
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("web", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{
		config.NewCluster("app", "127.0.0.1:1"),
		config.NewCluster("shadow", testkit.NewUpstream(t, serve).Addr()),
	}
	r := config.NewRoute("r", "app")
	m := config.Mirror{
		Cluster: "shadow", Share: 1, MaxBodyBytes: 1000, MaxActive: 50,
		Timeout: config.DefaultMirrorTimeout,
		Compare: &config.Compare{Status: true, Body: config.BodyJSON, MaxBodyBytes: 1000},
	}
	if change != nil {
		change(&m)
	}
	r.Mirror = []config.Mirror{m}
	d.Routes = []config.Route{r}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	registry := metrics.New()
	set := cluster.NewSet(p, cluster.Options{
		Metrics: registry, Health: health.NewRegistry(), Requests: true,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = set.Run(ctx)
	}()
	log := logrus.New()
	log.SetOutput(io.Discard)
	s := &scene{NewPool(log, nil), &Target{
		Config: &p.Routes[0].Mirrors[0].Mirror, Route: "r", Cluster: set.At(1),
		Metrics: registry.Mirror("r", "shadow"), Rules: differ.New(m.Compare),
	}}
	s.SetMemory(1 << 20)
	t.Cleanup(func() {
		s.End()
		cancel()
		<-done
		if n := s.used.Load(); n != 0 {
			t.Errorf("%d bytes are still taken", n)
		}
		if n := s.target.Metrics.Active.Load(); n != 0 {
			t.Errorf("%d copies are still under way", n)
		}
	})
	return s
}

// begin begins a copy.
func (s *scene) begin() *Copy {
	return s.Begin(s.target, s.target.Cluster.Pick(), &Head{
		Text:   []byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
		Method: http1.MethodPost, Chunked: true,
	})
}

// response is the head of an endpoint's response.
func response(t *testing.T) *http1.ResponseHead {
	t.Helper()
	h := new(http1.ResponseHead)
	h.Reset(http1.Limits{})
	if _, err := h.Parse([]byte("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	return h
}

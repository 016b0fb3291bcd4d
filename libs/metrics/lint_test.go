package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// Names, units and help texts are as Prometheus' own linter wants them.
func TestTheLinterFindsNothing(t *testing.T) {
	r := metrics.New()
	m := r.Route("l", "r", "c")
	m.Begin()
	m.Observe(metrics.Request{Method: []byte("GET"), Status: 404, Code: gwerr.NoRoute})
	u := r.Upstream("c", "e")
	u.Responded(200, time.Second, nil)
	u.Connected(time.Second)
	u.Secured(time.Second)
	u.Tried(metrics.ConnectFailed)
	c := r.Cluster("c")
	c.Waited(time.Second)
	c.Refused(metrics.QueueFull)
	c.Retried(metrics.RetryStale)
	l := r.Listener("l")
	l.Secured(time.Second)
	l.HandshakeFailed(metrics.HandshakeAlert)
	r.Sessions("l", []string{"closed"}).Ended(0, time.Second)
	r.Sticky("c")
	r.Mirror("r", "c").Compares.Store(true)
	r.SetDigest("abc")
	r.SetCertificates([]metrics.Certificate{{Listener: "l", File: "f"}})
	r.CountReload("applied", "")
	build := metrics.Build{Service: "edge", Version: "1", Commit: "abc"}
	if err := r.Register(build.Collector()); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(strings.NewReader(strings.Join(scrape(t, r), "\n"))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

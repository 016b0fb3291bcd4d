package l7

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

var noDeadline time.Time

// serveUpstream lets handle have every connection to a new address.
func serveUpstream(t testing.TB, handle func(net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(deadline))
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

// startEngine runs an engine with one listener and returns the address of that.
func startEngine(t testing.TB, doc *config.Document, access *accesslog.Writer) (*Engine, string) {
	t.Helper()
	p, err := plan.Build(doc)
	if err != nil {
		t.Fatal(err)
	}
	return startPlan(t, p, access)
}

func startPlan(t testing.TB, p *plan.Plan, access *accesslog.Writer) (*Engine, string) {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	m := metrics.New()
	clusters := cluster.NewSet(p, cluster.Options{
		Metrics: m, Health: health.NewRegistry(), Requests: true,
	})
	entrance := door.New(door.Options{Log: log, Watch: clusters.Watch(), MaxConnections: 1000})
	e := New(p, Options{Log: log, Metrics: m, Access: access, Clusters: clusters, Door: entrance})
	ctx, cancel := context.WithCancel(context.Background())
	l, err := e.Listen(ctx, p, 0)
	if err != nil {
		t.Fatal(err)
	}
	var serving, running sync.WaitGroup
	accepting, stop := context.WithCancel(ctx)
	serving.Go(func() { _ = l.Serve(accepting) })
	running.Go(func() { _ = clusters.Run(ctx) })
	running.Go(func() { _ = e.Run(ctx) })
	t.Cleanup(func() {
		stop()
		serving.Wait()
		now, cancelNow := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancelNow()
		entrance.Drain(now)
		cancel()
		running.Wait()
	})
	return e, l.Addr().String()
}

// document routes everything to one upstream.
func document(upstream string) *config.Document {
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("c", upstream)}
	d.Routes = []config.Route{config.NewRoute("r", "c")}
	return d
}

// connect dials the engine.
func connect(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

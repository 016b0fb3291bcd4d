package errors_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// overTheLimit asks for a cluster whose one connection is busy.
func overTheLimit(t *testing.T, g *gateways, method string) *testkit.Response {
	busy := testkit.Dial(t, g.Addr("public"))
	edgetest.Must(t, busy.Send("GET /slow"+toA+"\r\n"))
	testkit.Eventually(t, "the one connection is busy", func() bool {
		for _, c := range g.Status(t).Clusters {
			if c.Name == "narrow" {
				return c.Connections == 1
			}
		}
		return false
	})
	c := testkit.Dial(t, g.Addr("public"))
	r := c.Exchange(t, method, method+" /slow"+toA+"\r\n")
	g.explained(t, forced{code: gwerr.Overloaded}, r.Fields.Get("X-Request-Id"), method)
	after(t, c, r)
	busy.Close()
	testkit.Eventually(t, "the connection is free", func() bool {
		for _, c := range g.Status(t).Clusters {
			if c.Name == "narrow" {
				return c.Connections == 0
			}
		}
		return false
	})
	return r
}

// overTheRate asks once more than a route takes.
func overTheRate(t *testing.T, g *gateways, method string) *testkit.Response {
	c := testkit.Dial(t, g.Addr("public"))
	c.Exchange(t, method, method+" /rated"+toA+"\r\n")
	r := c.Exchange(t, method, method+" /rated"+toA+"\r\n")
	g.explained(t, forced{code: gwerr.RateLimited}, r.Fields.Get("X-Request-Id"), method)
	after(t, c, r)
	return r
}

// withoutToken asks an admin API that wants a token.
func withoutToken(t *testing.T, _ *gateways, method string) *testkit.Response {
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := edgetest.StartReloadable(t,
		strings.Replace(edgetest.Marked(up.Addr(), "0"), `admin: {address: "127.0.0.1:0"}`,
			`admin: {address: "127.0.0.1:0", token: "a-token-that-is-long-enough"}`, 1))
	return testkit.Dial(t, e.Addr("admin")).Exchange(t, method,
		method+" /status HTTP/1.1\r\nHost: "+e.Addr("admin")+"\r\n\r\n")
}

// fromAnotherHost asks as a page does whose name was resolved to loopback.
func fromAnotherHost(t *testing.T, g *gateways, method string) *testkit.Response {
	return testkit.Dial(t, g.Addr("admin")).Exchange(t, method,
		method+" /status HTTP/1.1\r\nHost: evil.test\r\n\r\n")
}

// whileDraining asks for a reload of a gateway that ends.
func whileDraining(t *testing.T, _ *gateways, _ string) *testkit.Response {
	up := testkit.NewUpstream(t, edgetest.Echoing)
	e := edgetest.StartReloadable(t, edgetest.Marked(up.Addr(), "0"))
	edgetest.OpenEcho(t, e.Addr("public")) // which keeps it
	if status, _, _, err := e.Ask("POST", "/drain"); err != nil || status != 202 {
		t.Fatalf("POST /drain: %d, %v", status, err)
	}
	testkit.Eventually(t, "it drains", func() bool { return e.Status(t).State == admin.Draining })
	return testkit.Dial(t, e.Addr("admin")).Exchange(t, "POST",
		"POST /reload HTTP/1.1\r\nHost: "+e.Addr("admin")+"\r\n\r\n")
}

// startBroken runs an engine, as the edge does, with a plan that no configuration leads to.
func startBroken(
	t *testing.T, code gwerr.Code, method string, spoil func(*config.Document),
	damage func(*plan.Plan),
) *testkit.Response {
	t.Helper()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	d := config.New()
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0")}
	d.Clusters = []config.Cluster{config.NewCluster("up", up.Addr())}
	d.Routes = []config.Route{config.NewRoute("all", "up")}
	spoil(d)
	p, err := plan.Build(d)
	edgetest.Must(t, err)
	damage(p)
	log := logrus.New()
	log.SetOutput(io.Discard)
	m := metrics.New()
	clusters := cluster.NewSet(p, cluster.Options{
		Metrics: m, Health: health.NewRegistry(), Requests: true,
	})
	entrance := door.New(door.Options{Log: log, Watch: clusters.Watch(), MaxConnections: 10})
	e := l7.New(p, l7.Options{Log: log, Metrics: m, Clusters: clusters, Door: entrance})
	ctx, cancel := context.WithCancel(t.Context())
	l, err := e.Listen(ctx, p, 0)
	edgetest.Must(t, err)
	done := make(chan error, 2)
	accepting, stop := context.WithCancel(ctx)
	go func() { done <- l.Serve(accepting) }()
	go func() { done <- clusters.Run(ctx) }()
	defer func() {
		stop()
		drain, now := context.WithTimeout(context.Background(), time.Second)
		defer now()
		<-done
		entrance.Drain(drain)
		cancel()
		<-done
	}()
	c := testkit.Dial(t, l.Addr().String())
	defer c.Close()
	r := c.Exchange(t, method, method+" /"+toA+"\r\n")
	testkit.Eventually(t, "the engine knows why", func() bool {
		f, ok := e.Why(r.Fields.Get("X-Request-Id"))
		return ok && f.Code == code && f.Status == code.Status() && f.Method == method &&
			f.Message != ""
	})
	return r
}

// withADefect runs an engine that panics: a route that leads nowhere.
func withADefect(t *testing.T, _ *gateways, method string) *testkit.Response {
	return startBroken(t, gwerr.Internal, method, func(*config.Document) {}, func(p *plan.Plan) {
		p.Routes[0].Targets = nil
	})
}

// withoutWeights runs an engine whose one endpoint gets nothing, which validation lets nobody
// write.
func withoutWeights(t *testing.T, _ *gateways, method string) *testkit.Response {
	return startBroken(t, gwerr.NoHealthyEndpoint, method, func(d *config.Document) {
		d.Clusters[0].Endpoints[0].Weight = 0
	}, func(*plan.Plan) {})
}

// plainWhereTLSIsWanted is an endpoint that does not speak the TLS that the cluster asks for.
func plainWhereTLSIsWanted(t *testing.T, g *gateways, method string) *testkit.Response {
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Send("220 mail.test ESMTP\r\n") })
	e := edgetest.StartReloadable(t,
		strings.Replace(edgetest.Marked(up.Addr(), "0"), "protocol: http1,",
			"protocol: http1, security: {mode: tls},", 1))
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, method, method+" /"+toA+"\r\n")
	after := *g
	after.Reloadable = e
	after.explained(t, forced{code: gwerr.UpstreamTLS}, r.Fields.Get("X-Request-Id"), method)
	return r
}

// onAnothersConnection asks for a host on a TLS connection that was made for another, with another
// certificate.
func onAnothersConnection(t *testing.T, g *gateways, method string) *testkit.Response {
	up, authority, dir := testkit.NewUpstream(t, testkit.Answer(edgetest.OK)),
		testkit.NewAuthority(t), t.TempDir()
	var pairs []string
	for _, name := range []string{"a.test", "b.test"} {
		cert, key := authority.Leaf(t, nil, name).Write(t, dir, name)
		pairs = append(pairs, fmt.Sprintf("{cert: %q, key: %q}", cert, key))
	}
	e := edgetest.StartReloadableIn(t, dir,
		strings.Replace(edgetest.Marked(up.Addr(), "0"), "protocol: http}",
			"protocol: http, tls: {certificates: ["+strings.Join(pairs, ", ")+"]}}", 1))
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: testkit.Deadline}, "tcp", e.Addr("public"),
		&tls.Config{RootCAs: authority.Pool(), ServerName: "b.test"})
	edgetest.Must(t, err)
	defer conn.Close()
	edgetest.Must(t, conn.SetDeadline(time.Now().Add(testkit.Deadline)))
	_, err = io.WriteString(conn, method+" /"+toA+"\r\n")
	edgetest.Must(t, err)
	r, err := testkit.ReadResponse(bufio.NewReader(conn), method)
	edgetest.Must(t, err)
	after := *g
	after.Reloadable = e
	after.explained(t, forced{code: gwerr.Misdirected}, r.Fields.Get("X-Request-Id"), method)
	return r
}

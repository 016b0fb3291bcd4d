package health_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	grpchealth "google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// verdictTime is how long a verdict may take at an interval of 200ms: three checks, the
// last one's timeout, the next judgement, and a slow machine.
const verdictTime = 3*200*time.Millisecond + 100*time.Millisecond + 500*time.Millisecond +
	2*time.Second

// lastEndpoint is the last endpoint of the first cluster, as /status has it.
func lastEndpoint(t *testing.T, e *testkit.Process) admin.Endpoint {
	t.Helper()
	all := edgetest.Status(t, e).Clusters[0].Endpoints
	return all[len(all)-1]
}

func isDown(ep admin.Endpoint) bool { return ep.EffectiveWeight < 0.1*float64(ep.Weight) }

// Nobody asks for anything, and still the endpoint that says it is unwell loses its
// weight. A reload asks nothing anew, and when it is well it gets its weight back.
func TestAnEndpointThatFailsItsChecksLosesItsWeight(t *testing.T) {
	t.Parallel()
	var sick atomic.Bool
	good := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	bad := testkit.NewUpstream(t, func(c *testkit.Conn) {
		req, err := c.Request()
		if err != nil {
			return
		}
		answer := edgetest.OK
		if sick.Load() && req.Target == "/healthz?deep=1" {
			answer = edgetest.Unavailable
		}
		_ = c.Send(answer)
		_ = c.Drain()
	})
	config := func(extra string) string {
		return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [{address: "%s", weight: 3}, {address: "%s", weight: 3}]
    health: {passive: {window: 2s}, active: {path: "/healthz?deep=1", interval: 200ms, timeout: 200ms}}
routes: [{name: r, cluster: up}%s]
admin: {address: "127.0.0.1:0"}
`, good.Addr(), bad.Addr(), extra)
	}
	e := testkit.StartEdge(t, config(""))
	labels := fmt.Sprintf(`{cluster="up",endpoint=%q}`, bad.Addr())
	testkit.Eventually(t, "the checks pass", func() bool {
		ep := lastEndpoint(t, e)
		return strings.Contains(ep.Reason, "last active check") &&
			strings.HasSuffix(ep.Reason, "HTTP 200") && ep.EffectiveWeight == 3
	})
	sick.Store(true)
	took := testkit.Within(t, verdictTime, "the weight goes down", func() bool {
		return isDown(lastEndpoint(t, e))
	})
	t.Logf("down after %v", took)
	ep := lastEndpoint(t, e)
	if !strings.Contains(ep.Reason, "active checks fail") ||
		!strings.HasSuffix(ep.Reason, "HTTP 503, expected 200-399") {
		t.Errorf("reason: %s", ep.Reason)
	}
	m := e.Metrics(t)
	failed := 0.0
	for _, result := range []string{"answer", "timeout"} { // of a busy machine some are late
		failed += m[fmt.Sprintf(`gateway_active_checks_total{cluster="up",endpoint=%q,result=%q}`,
			bad.Addr(), result)]
	}
	if m["gateway_active_check_passed"+labels] != 0 || failed < 3 {
		t.Errorf("the metrics tell of %v failed checks", failed)
	}
	if log := e.Stderr(); !strings.Contains(log, "fails its active checks") ||
		!strings.Contains(log, bad.Addr()) {
		t.Error("the log does not tell of it")
	}

	if err := testkit.Replace(e.Config(),
		config(", {name: s, cluster: up, path_prefix: /s}")); err != nil {
		t.Fatal(err)
	}
	var receipt admin.Receipt
	if e.Decode(t, "POST", "/reload", &receipt); receipt.NewDigest == receipt.OldDigest {
		t.Fatalf("receipt: %+v", receipt)
	}
	if ep := lastEndpoint(t, e); !isDown(ep) || !strings.Contains(ep.Reason, "HTTP 503") {
		t.Errorf("after a reload: %+v", ep)
	}

	sick.Store(false)
	// Two good checks, then a doubling a second: see docs/health.md.
	testkit.Within(t, time.Minute, "the whole weight is back", func() bool {
		return lastEndpoint(t, e).EffectiveWeight == 3
	})
	if m := e.Metrics(t); m["gateway_active_check_passed"+labels] != 1 {
		t.Error("the metrics do not tell of good checks")
	}
	testkit.Eventually(t, "the log tells of it", func() bool {
		return strings.Contains(e.Stderr(), "passes its active checks again")
	})
}

// A gRPC server says itself whether it serves, over the mTLS of its cluster.
func TestAGRPCServerThatDoesNotServeLosesItsWeight(t *testing.T) {
	t.Parallel()
	dir, authority := t.TempDir(), testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "users.internal")
	cert, key := leaf.Write(t, dir, "gateway")
	ca, _ := testkit.Leaf{Cert: authority.PEM}.Write(t, dir, "ca")
	servers := make([]*grpchealth.Server, 2)
	addresses := make([]string, 2)
	for i := range servers {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		servers[i], addresses[i] = grpchealth.NewServer(), ln.Addr().String()
		servers[i].SetServingStatus("users.v1.Users", grpc_health_v1.HealthCheckResponse_SERVING)
		srv := grpc.NewServer(grpc.Creds(credentials.NewTLS(mutual(authority, leaf.TLS(t)))))
		grpc_health_v1.RegisterHealthServer(srv, servers[i])
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = srv.Serve(ln) // it ends with the test
		}()
		t.Cleanup(func() {
			srv.Stop()
			<-done
		})
	}
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - name: up
    endpoints: [{address: "%s"}, {address: "%s"}]
    security: {mode: mtls, ca: "%s", cert: "%s", key: "%s", server_name: "users.internal"}
    health: {active: {type: grpc, service: users.v1.Users, interval: 200ms, timeout: 200ms}}
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, addresses[0], addresses[1], ca, cert, key))
	testkit.Eventually(t, "it serves", func() bool {
		return strings.HasSuffix(lastEndpoint(t, e).Reason, "ago: serving")
	})
	servers[1].SetServingStatus("users.v1.Users", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	testkit.Within(t, verdictTime, "the weight goes down", func() bool {
		return isDown(lastEndpoint(t, e))
	})
	if ep := lastEndpoint(t, e); !strings.HasSuffix(ep.Reason, "ago: not serving") {
		t.Errorf("reason: %s", ep.Reason)
	}
	servers[1].SetServingStatus("users.v1.Users", grpc_health_v1.HealthCheckResponse_SERVING)
	testkit.Within(t, time.Minute, "the whole weight is back", func() bool {
		return lastEndpoint(t, e).EffectiveWeight == 1
	})
}

// mutual is the TLS of a server that wants a certificate of the authority.
func mutual(a *testkit.Authority, leaf tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{leaf},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.Pool(), NextProtos: []string{"h2"},
	}
}

// A check that waits for an answer does not keep the edge from ending.
func TestTheEdgeEndsWhileChecksAreMade(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{}, 100)
	var endpoints []string
	var silent []*testkit.Upstream
	for range 60 { // so that one of them is asked within a second
		up := testkit.NewUpstream(t, func(c *testkit.Conn) {
			if _, err := c.Request(); err == nil {
				begun <- struct{}{}
			}
			_ = c.Drain()
		})
		silent = append(silent, up)
		endpoints = append(endpoints, fmt.Sprintf("{address: %q}", up.Addr()))
	}
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [%s], health: {active: {interval: 60s, timeout: 60s}}}]
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, strings.Join(endpoints, ", ")))
	select {
	case <-begun:
	case <-time.After(20 * time.Second):
		t.Fatal("no check in 20 s")
	}
	if code := e.Stop(t, 5*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, up := range silent {
		for _, c := range up.Conns() {
			testkit.Eventually(t, "the checks' connections are closed", c.Ended)
		}
	}
}

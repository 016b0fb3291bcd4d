package probe_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// serveGRPC runs a gRPC server until the test ends; service is its health service, nil
// for none.
func serveGRPC(
	t testing.TB, service grpc_health_v1.HealthServer, options ...grpc.ServerOption,
) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(options...)
	if service != nil {
		grpc_health_v1.RegisterHealthServer(srv, service)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln) // it ends with the test
	}()
	t.Cleanup(func() {
		srv.Stop()
		<-done
	})
	return ln.Addr().String()
}

func TestAGRPCServerIsAskedForItsHealth(t *testing.T) {
	t.Parallel()
	service := health.NewServer()
	address := serveGRPC(t, service)
	service.SetServingStatus("users.v1.Users", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	service.SetServingStatus("orders.v1.Orders", grpc_health_v1.HealthCheckResponse_UNKNOWN)
	for _, c := range []struct {
		service string
		want    probe.Kind
		reason  string
	}{
		{"", probe.Passed, "serving"},
		{"users.v1.Users", probe.Answer, "not serving"},
		{"orders.v1.Orders", probe.Answer, "neither serving nor not: UNKNOWN"},
		{"nobody.v1.Knows", probe.Answer, `it has no service "nobody.v1.Knows"`},
	} {
		tg := target(config.CheckGRPC, address)
		tg.Check.Service = c.service
		if r := ask(t, tg, c.want, c.reason); r.Reason != c.reason {
			t.Errorf("%q: %q", c.service, r.Reason)
		}
	}
	ask(t, target(config.CheckGRPC, serveGRPC(t, nil)), probe.Answer,
		"it has no grpc.health.v1.Health")
}

func TestGRPCGoesOverTheClustersTLS(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1").TLS(t)
	strict := credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: authority.Pool(), NextProtos: []string{"h2"},
	})
	address := serveGRPC(t, health.NewServer(), grpc.Creds(strict))
	tg := target(config.CheckGRPC, address)
	tg.TLS = &tls.Config{RootCAs: authority.Pool(), Certificates: []tls.Certificate{leaf}}
	ask(t, tg, probe.Passed, "serving")
	tg.TLS = &tls.Config{RootCAs: authority.Pool()}
	ask(t, tg, probe.TLS, "certificate")
	tg.TLS = nil
	if r := probe.Ask(t.Context(), tg); r.Kind == probe.Passed {
		t.Error("plain text to a server of TLS passed")
	}
}

// says is a health service that answers as it is told.
type says struct {
	grpc_health_v1.UnimplementedHealthServer
	check func(context.Context) error
}

func (s says) Check(
	ctx context.Context, _ *grpc_health_v1.HealthCheckRequest,
) (*grpc_health_v1.HealthCheckResponse, error) {
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING},
		s.check(ctx)
}

func TestAGRPCCallThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	address := serveGRPC(t, says{check: func(ctx context.Context) error {
		md, _ := metadata.FromIncomingContext(ctx)
		if a := md[":authority"]; len(a) != 1 || a[0] != "users.internal" {
			return status.Errorf(codes.InvalidArgument, "authority %q", a)
		}
		return nil
	}})
	tg := target(config.CheckGRPC, address)
	ask(t, tg, probe.Answer, "gRPC InvalidArgument: authority")
	tg.Check.Host = "users.internal"
	ask(t, tg, probe.Passed, "serving")

	tg = target(config.CheckGRPC, serveGRPC(t, says{check: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}))
	tg.Check.Timeout = 200 * time.Millisecond
	ask(t, tg, probe.Timeout, "no answer within 200ms")

	closing := testkit.NewUpstream(t, func(*testkit.Conn) {})
	ask(t, target(config.CheckGRPC, closing.Addr()), probe.Reset,
		"the connection ended before the answer")

	silent := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	tg = target(config.CheckGRPC, silent.Addr())
	tg.Check.Timeout = 200 * time.Millisecond
	ask(t, tg, probe.Timeout, "no answer within 200ms")

	other := serve(t, nil, http1, func(http.ResponseWriter, *http.Request) {})
	ask(t, target(config.CheckGRPC, other), probe.Reset, "")
	web := serve(t, nil, http2ClearText, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	})
	if r := probe.Ask(t.Context(), target(config.CheckGRPC, web)); r.Kind == probe.Passed {
		t.Errorf("%+v", r)
	}
}

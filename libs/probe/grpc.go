package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// askGRPC asks the health service of a gRPC server.
func (t *Target) askGRPC(ctx context.Context, conn net.Conn) (Kind, string) {
	take := once(conn)
	client, err := grpc.NewClient("passthrough:///"+t.Address,
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return take() }),
		grpc.WithTransportCredentials(&made{secured: t.TLS != nil}),
		grpc.WithAuthority(t.host()), grpc.WithUserAgent(userAgent),
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(), grpc.WithDisableHealthCheck(),
		grpc.WithNoProxy(),
		grpc.WithMaxHeaderListSize(mostHead),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostBody)))
	if err != nil {
		return Answer, plain(err.Error()) // nothing was asked; validation lets none through
	}
	defer client.Close()
	answer, err := grpc_health_v1.NewHealthClient(client).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{Service: t.Check.Service})
	if err != nil {
		return t.refused(ctx, err)
	}
	switch answer.Status {
	case grpc_health_v1.HealthCheckResponse_SERVING:
		return Passed, "serving"
	case grpc_health_v1.HealthCheckResponse_NOT_SERVING:
		return Answer, "not serving"
	case grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN:
		return Answer, t.unknown()
	}
	return Answer, plain(fmt.Sprintf("neither serving nor not: %v", answer.Status))
}

func (t *Target) unknown() string {
	if t.Check.Service == "" {
		return "it knows nothing of the server as a whole"
	}
	return plain(fmt.Sprintf("it has no service %q", t.Check.Service))
}

// refused says what a call failed at.
func (t *Target) refused(ctx context.Context, err error) (Kind, string) {
	s := status.Convert(err)
	switch code := s.Code(); {
	case late(ctx, err), code == codes.DeadlineExceeded: // grpc keeps a timer of its own
		return Timeout, fmt.Sprintf("no answer within %s", t.Check.Timeout)
	case code == codes.NotFound:
		return Answer, t.unknown()
	case code == codes.Unimplemented:
		return Answer, "it has no grpc.health.v1.Health"
	case code == codes.Unavailable:
		// Of the connection, or said by a proxy: grpc has one code for both.
		text := s.Message()
		if _, cause, ok := strings.Cut(text, `desc = "`); ok {
			text = strings.TrimSuffix(cause, `"`)
		}
		if ended(text) {
			return Reset, "the connection ended before the answer"
		}
		return Reset, plain("what came is no answer: " + text)
	default:
		return Answer, plain(fmt.Sprintf("gRPC %v: %s", code, s.Message()))
	}
}

// made are the credentials of a connection that is secured already, if it is to be.
type made struct{ secured bool }

// ClientHandshake does nothing.
func (m *made) ClientHandshake(
	_ context.Context, _ string, conn net.Conn,
) (net.Conn, credentials.AuthInfo, error) {
	return conn, m, nil
}

// ServerHandshake is for servers.
func (m *made) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("these credentials are a client's")
}

// AuthType names the credentials.
func (m *made) AuthType() string { return m.Info().SecurityProtocol }

// Info tells grpc what scheme to send.
func (m *made) Info() credentials.ProtocolInfo {
	if m.secured {
		return credentials.ProtocolInfo{SecurityProtocol: "tls"}
	}
	return credentials.ProtocolInfo{SecurityProtocol: "insecure"}
}

// Clone returns a copy.
func (m *made) Clone() credentials.TransportCredentials { return &made{m.secured} }

// OverrideServerName is of no use: the name was verified before.
func (m *made) OverrideServerName(string) error { return nil }

package grpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// callSize is the longest message that both ends take, so that it is the gateway that refuses a
// longer one.
const callSize = 64 << 20

// plainBytes are messages that are what they are: a *[]byte.
type plainBytes struct{}

func (plainBytes) Name() string { return "bytes" }

func (plainBytes) Marshal(v any) ([]byte, error) {
	if b, ok := v.(*[]byte); ok {
		return *b, nil
	}
	return nil, errors.New("not bytes")
}

func (plainBytes) Unmarshal(b []byte, v any) error {
	p, ok := v.(*[]byte)
	if !ok {
		return errors.New("not bytes")
	}
	*p = append([]byte(nil), b...)
	return nil
}

var _ encoding.Codec = plainBytes{}

// calls are the methods of a server, by their names.
type calls map[string]func(grpc.ServerStream) error

// serveCalls is a gRPC server behind a port, over TLS if protocol is h2.
func serveCalls(t testing.TB, authority *testkit.Authority, protocol string, methods calls) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options := []grpc.ServerOption{
		grpc.ForceServerCodec(plainBytes{}), grpc.MaxRecvMsgSize(callSize),
		grpc.MaxSendMsgSize(callSize),
		grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
			name, _ := grpc.MethodFromServerStream(s)
			if do := methods[name]; do != nil {
				return do(s)
			}
			return grpcstatus.Error(grpccodes.Unimplemented, "the server has no "+name)
		}),
	}
	if protocol == "h2" {
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, testkit.EndpointName).TLS(t)},
		})))
	}
	s := grpc.NewServer(options...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() { s.Stop(); <-done })
	return ln.Addr().String()
}

// dialCalls is a client of a listener of f.
func dialCalls(t testing.TB, f *testkit.Front, listener string) *grpc.ClientConn {
	t.Helper()
	secure := insecure.NewCredentials()
	if listener == "tls" {
		secure = credentials.NewTLS(f.TLS())
	}
	c, err := grpc.NewClient("passthrough:///"+f.Addr(listener),
		grpc.WithTransportCredentials(secure), grpc.WithDisableRetry(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(plainBytes{}),
			grpc.MaxCallRecvMsgSize(callSize), grpc.MaxCallSendMsgSize(callSize)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// An outcome is how a unary call ended.
type outcome struct {
	body            []byte
	header, trailer metadata.MD
	status          *grpcstatus.Status
}

// code is the gateway's code of the error, "" unless the gateway made it.
func (o outcome) code() string {
	if v := append(o.trailer.Get("x-gateway-code"), o.header.Get("x-gateway-code")...); len(v) > 0 {
		return v[0]
	}
	return ""
}

func call(ctx context.Context, c *grpc.ClientConn, method string, body []byte) outcome {
	var o outcome
	err := c.Invoke(ctx, method, &body, &o.body, grpc.Header(&o.header), grpc.Trailer(&o.trailer))
	o.status = grpcstatus.Convert(err)
	return o
}

// streamTo opens a stream both ways.
func streamTo(
	ctx context.Context, t testing.TB, c *grpc.ClientConn, method string,
) grpc.ClientStream {
	t.Helper()
	s, err := c.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pingPong sends a message and wants it back.
func pingPong(t testing.TB, s grpc.ClientStream, text string) {
	t.Helper()
	sent, got := []byte(text), []byte(nil)
	if err := s.SendMsg(&sent); err != nil {
		t.Fatalf("send: %v", err)
	}
	if err := s.RecvMsg(&got); err != nil || string(got) != text {
		t.Fatalf("got %.80q, %v, want %.80q", got, err, text)
	}
}

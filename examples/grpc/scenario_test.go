// Package grpc_test does what this folder's README does, step by step, so that the README stays
// true.
package grpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/talk"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// text is messages that are what they say: a *string.
type text struct{}

func (text) Name() string { return "text" }

func (text) Marshal(v any) ([]byte, error) {
	if s, ok := v.(*string); ok {
		return []byte(*s), nil
	}
	return nil, errors.New("not a text")
}

func (text) Unmarshal(b []byte, v any) error {
	s, ok := v.(*string)
	if !ok {
		return errors.New("not a text")
	}
	*s = string(b)
	return nil
}

// start runs the server, the edge, and a client.
func start(t *testing.T) (*exampletest.Edge, *grpc.ClientConn) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: talk.Calls(), Protocols: new(http.Protocols)}
	s.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	edge := exampletest.Start(t, map[string]string{"127.0.0.1:9000": ln.Addr().String()})
	c, err := grpc.NewClient("passthrough:///"+edge.Addr("public"),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDisableRetry(), grpc.WithDefaultCallOptions(grpc.ForceCodec(text{})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return edge, c
}

func call(
	ctx context.Context, c *grpc.ClientConn, method, message string,
) (answer, code string, err error) {
	var trailer metadata.MD
	err = c.Invoke(ctx, method, &message, &answer, grpc.Trailer(&trailer))
	if v := trailer.Get("x-gateway-code"); len(v) > 0 {
		code = v[0]
	}
	return answer, code, err
}

func TestCallsDeadlinesAndErrors(t *testing.T) {
	edge, c := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	t.Run("a call goes through", func(t *testing.T) {
		if answer, _, err := call(ctx, c, "/echo.Echo/Say", "hello"); answer != "hello" ||
			err != nil {
			t.Errorf("got %q, %v", answer, err)
		}
	})

	t.Run("the route's deadline counts, not the client's minute", func(t *testing.T) {
		from := time.Now()
		_, code, err := call(ctx, c, "/echo.Echo/Wait", "")
		if took := time.Since(from); status.Code(err) != codes.DeadlineExceeded ||
			code != "GW_UPSTREAM_TIMEOUT" || took < 1900*time.Millisecond || took > 30*time.Second {
			t.Errorf("after %v: %v, %q", took, err, code)
		}
	})

	t.Run("an error of the gateway is a status", func(t *testing.T) {
		if _, code, err := call(ctx, c, "/other.Service/Do",
			""); status.Code(err) != codes.Unimplemented || code != "GW_NO_ROUTE" {
			t.Errorf("no route: %v, %q", err, code)
		}
		if _, code, err := call(ctx, c, "/echo.Echo/Say",
			string(make([]byte, 1<<20+1))); status.Code(err) != codes.ResourceExhausted ||
			code != "GW_BODY_TOO_LARGE" {
			t.Errorf("a message over the limit: %v, %q", err, code)
		}
	})

	t.Run("the server is asked how it is", func(t *testing.T) {
		testkit.Eventually(t, "/status says that it serves", func() bool {
			reason := edge.Status(t).Clusters[0].Endpoints[0].Reason
			return strings.Contains(reason, "last active check") &&
				strings.HasSuffix(reason, ": serving")
		})
	})
}

func TestAStreamGoesOnWhenTheConfigurationChanges(t *testing.T) {
	edge, c := start(t)
	edge.Edit(t, "timeouts: {grpc: 2s}", "timeouts: {grpc: 1m}") // long enough for a slow machine
	if r := edge.Reload(t); r.Result != "applied" && r.Result != "unchanged" {
		t.Fatalf("the receipt is %+v", r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s, err := c.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true},
		"/echo.Echo/Say")
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{"before", "after"} {
		var answer string
		if err := s.SendMsg(&message); err != nil {
			t.Fatal(err)
		}
		if err := s.RecvMsg(&answer); err != nil || answer != message {
			t.Fatalf("%q is answered %q, %v", message, answer, err)
		}
		// the route is another's now
		edge.Edit(t, "path_prefix: /echo.Echo", "path_prefix: /other.Echo")
		edge.Reload(t)
		edge.Edit(t, "path_prefix: /other.Echo", "path_prefix: /echo.Echo")
		edge.Reload(t)
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var answer string
	if err := s.RecvMsg(&answer); err != io.EOF {
		t.Errorf("the stream ends with %v", err)
	}
}

package grpc_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// everyWay runs a test with a client in clear text and one over TLS, before an endpoint of each
// kind.
func everyWay(
	t *testing.T, o testkit.Cluster, methods calls,
	do func(*testing.T, *testkit.Front, *grpc.ClientConn),
) {
	t.Helper()
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"h2c", "h2"} {
		o := o
		o.Protocol = up
		o.Address = serveCalls(t, authority, up, methods)
		f := testkit.StartFront(t, authority, o)
		for _, listener := range []string{"plain", "tls"} {
			t.Run(listener+" to "+up, func(t *testing.T) { do(t, f, dialCalls(t, f, listener)) })
		}
	}
}

// echoCalls sends every message back.
func echoCalls(s grpc.ServerStream) error {
	for {
		var b []byte
		if err := s.RecvMsg(&b); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if err := s.SendMsg(&b); err != nil {
			return err
		}
	}
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Metadata goes both ways as it is, binary values and several of a name included, in the header and
// in the trailer.
func TestGRPCMetadataGoesBothWays(t *testing.T) {
	t.Parallel()
	binary := string([]byte{0, 1, 0xff, '\n', ',', ' ', 0x80})
	everyWay(t, testkit.Cluster{}, calls{"/test/Mirror": func(s grpc.ServerStream) error {
		in, _ := metadata.FromIncomingContext(s.Context())
		out := metadata.MD{}
		for name, values := range in {
			if strings.HasPrefix(name, "my-") {
				out["seen-"+name] = values
			}
		}
		if err := s.SetHeader(out); err != nil {
			return err
		}
		s.SetTrailer(metadata.Join(out,
			metadata.Pairs("last", "1", "last", "2", "last-bin", binary)))
		return echoCalls(s)
	}}, func(t *testing.T, _ *testkit.Front, c *grpc.ClientConn) {
		ctx := metadata.AppendToOutgoingContext(within(t, testkit.Deadline), "my-text", "a b",
			"my-text", "c", "my-data-bin", binary, "my-data-bin", "")
		o := call(ctx, c, "/test/Mirror", []byte("hello"))
		if o.status.Code() != grpccodes.OK || string(o.body) != "hello" {
			t.Fatalf("%v %q", o.status, o.body)
		}
		for where, md := range map[string]metadata.MD{"header": o.header, "trailer": o.trailer} {
			if v := md.Get("seen-my-text"); !slices.Equal(v, []string{"a b", "c"}) {
				t.Errorf("the text in the %s is %q", where, v)
			}
			if v := md.Get("seen-my-data-bin"); !slices.Equal(v, []string{binary, ""}) {
				t.Errorf("the data in the %s are %q", where, v)
			}
		}
		if v := o.trailer.Get("last"); !slices.Equal(v, []string{"1", "2"}) ||
			o.trailer.Get("last-bin")[0] != binary {
			t.Errorf("the trailer is %v", o.trailer)
		}
	})
}

// What an endpoint says of a failed call is passed on word for word, before a message and after
// some.
func TestGRPCStatusOfTheEndpointIsPassedOn(t *testing.T) {
	t.Parallel()
	said := grpcstatus.New(grpccodes.FailedPrecondition, "\t\nZürich ☺ 😈 100%\r\n")
	everyWay(t, testkit.Cluster{}, calls{
		"/test/Refuse": func(s grpc.ServerStream) error {
			s.SetTrailer(metadata.Pairs("details-bin", "\x00\xfe"))
			return said.Err()
		},
		"/test/GiveUp": func(s grpc.ServerStream) error {
			for range 3 {
				if err := s.SendMsg(&[]byte{'x'}); err != nil {
					return err
				}
			}
			return said.Err()
		},
	}, func(t *testing.T, _ *testkit.Front, c *grpc.ClientConn) {
		o := call(within(t, testkit.Deadline), c, "/test/Refuse", nil)
		if o.status.Code() != said.Code() || o.status.Message() != said.Message() ||
			o.trailer.Get("details-bin")[0] != "\x00\xfe" || o.code() != "" {
			t.Errorf("at once: %v, trailer %v", o.status, o.trailer)
		}
		s := streamTo(within(t, testkit.Deadline), t, c, "/test/GiveUp")
		var got []byte
		n := 0
		err := s.RecvMsg(&got)
		for ; err == nil; err = s.RecvMsg(&got) {
			n++
		}
		if st := grpcstatus.Convert(err); n != 3 || st.Code() != said.Code() ||
			st.Message() != said.Message() {
			t.Errorf("after %d messages: %v", n, err)
		}
		if o := call(within(t, testkit.Deadline), c, "/test/Missing",
			nil); o.status.Code() != grpccodes.Unimplemented || o.code() != "" {
			t.Errorf("a method that the endpoint does not have: %v, %q", o.status, o.code())
		}
	})
}

// A message of 4 MB is as good as any, and a stream may be longer than max_body_bytes, which bounds
// each message.
func TestGRPCMessagesAreLarge(t *testing.T) {
	t.Parallel()
	everyWay(t, testkit.Cluster{Route: ", max_body_bytes: 5000000"}, calls{"/test/Echo": echoCalls},
		func(t *testing.T, _ *testkit.Front, c *grpc.ClientConn) {
			large := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
			if o := call(within(t, 30*time.Second), c, "/test/Echo",
				large); o.status.Code() != grpccodes.OK || !bytes.Equal(o.body, large) {
				t.Errorf("4 MiB there and back: %v, %d bytes", o.status, len(o.body))
			}
			s := streamTo(within(t, 30*time.Second), t, c, "/test/Echo")
			for range 8 {
				pingPong(t, s, string(large[:1<<20]))
			}
			o := call(within(t, 30*time.Second), c, "/test/Echo", make([]byte, 5_000_001))
			if o.status.Code() != grpccodes.ResourceExhausted || o.code() != "GW_BODY_TOO_LARGE" {
				t.Errorf("a message over the limit: %v, %q", o.status, o.code())
			}
		})
}

// A deadline is the client's or the route's, whichever is sooner; the endpoint is told of it, and
// the gateway keeps it.
func TestGRPCDeadlineIsTheShorterOfTwo(t *testing.T) {
	t.Parallel()
	const route = 600 * time.Millisecond
	told, gone := make(chan time.Duration, 1), make(chan struct{}, 1)
	everyWay(t, testkit.Cluster{Route: ", timeouts: {grpc: 600ms}"}, calls{
		"/test/Sleep": func(s grpc.ServerStream) error {
			at, ok := s.Context().Deadline()
			if !ok {
				at = time.Now().Add(time.Hour)
			}
			told <- time.Until(at)
			// The endpoint keeps no deadline of its own here: it ends when the gateway resets the
			// stream, or by the very same one.
			<-s.Context().Done()
			gone <- struct{}{}
			return grpcstatus.Error(grpccodes.Aborted, "the endpoint ended")
		},
	}, func(t *testing.T, _ *testkit.Front, c *grpc.ClientConn) {
		for _, limit := range []time.Duration{0, time.Minute, 200 * time.Millisecond} {
			ctx, cancel := context.WithCancel(t.Context())
			want := route
			if limit > 0 {
				ctx, cancel = context.WithTimeout(t.Context(), limit)
				want = min(route, limit)
			}
			start := time.Now()
			o := call(ctx, c, "/test/Sleep", nil)
			took := time.Since(start)
			cancel()
			if d := <-told; d > want || d <= 0 {
				t.Errorf("client %v: the endpoint is told of %v, want at most %v", limit, d, want)
			}
			<-gone
			// The endpoint, the gateway and the client may each be the first to notice.
			if o.status.Code() != grpccodes.DeadlineExceeded &&
				o.status.Code() != grpccodes.Aborted || took < want-50*time.Millisecond {
				t.Errorf("client %v: after %v: %v", limit, took, o.status)
			}
		}
	})
}

// An endpoint that has no notion of deadlines is left when the call's is over.
func TestGRPCDeadlineHoldsForAnEndpointThatIgnoresIt(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	left := make(chan struct{}, 1)
	address := edgetest.Serve(t, authority, "h2c", stuckEndpoint(left))
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: address, Protocol: "h2c", Route: ", timeouts: {grpc: 300ms}",
	})
	c := dialCalls(t, f, "plain")
	for _, method := range []string{"/test/Silent", "/test/Begun"} {
		o := call(within(t, testkit.Deadline), c, method, nil)
		if o.status.Code() != grpccodes.DeadlineExceeded || o.code() != "GW_UPSTREAM_TIMEOUT" {
			t.Errorf("%s: %v, %q, trailer %v", method, o.status, o.code(), o.trailer)
		}
		select {
		case <-left:
		case <-time.After(testkit.Deadline):
			t.Errorf("%s: the endpoint is not told that the call is over", method)
		}
	}
}

// A client that cancels a call cancels it at the endpoint; a call that the endpoint ends, ends at
// the client.
func TestGRPCCancellationGoesBothWays(t *testing.T) {
	t.Parallel()
	gone := make(chan error, 1)
	everyWay(t, testkit.Cluster{}, calls{
		"/test/Wait": func(s grpc.ServerStream) error {
			var b []byte
			if err := s.RecvMsg(&b); err != nil {
				return err
			}
			if err := s.SendMsg(&b); err != nil {
				return err
			}
			<-s.Context().Done()
			gone <- s.Context().Err()
			return nil
		},
		"/test/Leave": func(s grpc.ServerStream) error {
			var b []byte
			if err := s.RecvMsg(&b); err != nil {
				return err
			}
			if err := s.SendMsg(&b); err != nil {
				return err
			}
			// while the client still may send
			return grpcstatus.Error(grpccodes.Canceled, "the endpoint has had enough")
		},
	}, func(t *testing.T, f *testkit.Front, c *grpc.ClientConn) {
		ctx, cancel := context.WithCancel(within(t, testkit.Deadline))
		defer cancel()
		s := streamTo(ctx, t, c, "/test/Wait")
		pingPong(t, s, "begun")
		cancel()
		select {
		case err := <-gone:
			if err != context.Canceled {
				t.Errorf("the endpoint's call ended with %v", err)
			}
		case <-time.After(testkit.Deadline):
			t.Error("the endpoint's call goes on")
		}
		s = streamTo(within(t, testkit.Deadline), t, c, "/test/Leave")
		pingPong(t, s, "begun")
		var b []byte
		if err := s.RecvMsg(&b); grpcstatus.Code(err) != grpccodes.Canceled ||
			grpcstatus.Convert(err).Message() != "the endpoint has had enough" {
			t.Errorf("the client's call ended with %v", err)
		}
		testkit.Eventually(t, "no call is left", func() bool {
			return f.Metrics(t)[`gateway_active_requests{route="all"}`] == 0
		})
	})
}

// A stream may be silent for longer than bodies may: only its deadline ends it.
func TestGRPCStreamMayPause(t *testing.T) {
	t.Parallel()
	everyWay(t,
		testkit.Cluster{
			Listener: ", timeouts: {body_idle: 300ms}", More: ", timeouts: {response: 300ms}",
		}, calls{"/test/Echo": echoCalls},
		func(t *testing.T, _ *testkit.Front, c *grpc.ClientConn) {
			s := streamTo(within(t, 30*time.Second), t, c, "/test/Echo")
			quiet := time.After(1500 * time.Millisecond) // it is silence that is tested
			<-quiet
			pingPong(t, s, "first")
			<-time.After(1500 * time.Millisecond)
			pingPong(t, s, "second")
			if err := s.CloseSend(); err != nil {
				t.Fatal(err)
			}
			var b []byte
			if err := s.RecvMsg(&b); err != io.EOF {
				t.Errorf("the end is %v", err)
			}
		})
}

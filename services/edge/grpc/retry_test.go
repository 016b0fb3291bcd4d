package grpc_test

import (
	"testing"

	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A server that says that it did nothing is passed over where the route allows that,
// and only there; one that says anything else has had its say.
func TestGRPCCallIsRetriedWhereTheServerDidNothing(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	away := func(code grpccodes.Code) func(grpc.ServerStream) error {
		return func(grpc.ServerStream) error { return grpcstatus.Error(code, "not here") }
	}
	refusing := serveCalls(t, authority, "h2c", calls{
		"/t.T/Unavailable": away(grpccodes.Unavailable),
		"/t.T/Exhausted":   away(grpccodes.ResourceExhausted),
		"/t.T/Internal":    away(grpccodes.Internal),
	})
	serving := serveCalls(t, authority, "h2c", calls{
		"/t.T/Unavailable": echoCalls, "/t.T/Exhausted": echoCalls, "/t.T/Internal": echoCalls,
	})
	for name, tc := range map[string]struct {
		route   string
		retried []string
	}{
		"asked for": {
			`, retry: {attempts: 2, on: [connect, unavailable, resource-exhausted], budget: 100%}`,
			[]string{"Unavailable", "Exhausted"},
		},
		"one":     {`, retry: {attempts: 2, on: [unavailable]}`, []string{"Unavailable"}},
		"default": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			// No health, or the one that refuses would not be asked for long.
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: refusing, Second: serving, Protocol: "h2c", Route: tc.route,
				More: `, health: {passive: {floor: 100%}}`,
			})
			c := dialCalls(t, f, "h2c")
			ctx := within(t, testkit.Deadline)
			for _, method := range []string{"Unavailable", "Exhausted", "Internal"} {
				failed := 0
				for range 10 {
					if o := call(ctx, c, "/t.T/"+method,
						[]byte("hello")); o.status.Code() != grpccodes.OK {
						failed++
					}
				}
				want := 5
				for _, m := range tc.retried {
					if m == method {
						want = 0
					}
				}
				if failed != want {
					t.Errorf("%s: %d of 10 calls failed, want %d", method, failed, want)
				}
			}
		})
	}
}

// A server may say that it did nothing before the client has said anything: the stream goes to
// another server, and what the client says then goes there.
func TestAStreamIsRetriedBeforeItsFirstMessage(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	asked := make(chan struct{}, 1)
	refusing := serveCalls(t, authority, "h2c", calls{
		"/t.T/Open": func(grpc.ServerStream) error {
			asked <- struct{}{}
			return grpcstatus.Error(grpccodes.Unavailable, "not here")
		},
	})
	served := make(chan struct{}, 1)
	serving := serveCalls(t, authority, "h2c", calls{
		"/t.T/Open": func(s grpc.ServerStream) error {
			served <- struct{}{}
			return echoCalls(s)
		},
	})
	for _, listener := range []string{"h2c", "tls"} {
		t.Run(listener, func(t *testing.T) {
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: refusing, Second: serving, Protocol: "h2c",
				Route: `, retry: {attempts: 2, on: [unavailable], budget: 100%}`,
				More:  `, health: {passive: {floor: 100%}}`,
			})
			c := dialCalls(t, f, listener)
			ctx := within(t, testkit.Deadline)
			for range 2 { // the endpoints take turns
				s := streamTo(ctx, t, c, "/t.T/Open")
				select {
				case <-served:
				case <-ctx.Done():
					t.Fatal("no other server was asked")
				}
				pingPong(t, s, "hello")
				if err := s.CloseSend(); err != nil {
					t.Fatal(err)
				}
			}
			if len(asked) != 1 {
				t.Error("the server that refuses was not asked")
			}
			<-asked
		})
	}
}

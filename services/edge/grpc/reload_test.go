package grpc_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A stream that began before 50 reloads goes on, with the plan that it began with, and its
// endpoint's connection.
func TestGRPCStreamLivesThroughReloads(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: serveCalls(t, authority, "h2c", calls{"/test/Echo": echoCalls}), Protocol: "h2c",
	})
	overTLS, plain := dialCalls(t, f, "tls"), dialCalls(t, f, "plain")
	long := streamTo(within(t, 2*time.Minute), t, overTLS, "/test/Echo")
	other := streamTo(within(t, 2*time.Minute), t, plain, "/test/Echo")
	pingPong(t, long, "before")
	route := ""
	for n := range 50 {
		next := fmt.Sprintf("{name: another, path_prefix: /v%d, cluster: up}, ", n)
		edgetest.Edit(t, f, "routes: ["+route, "routes: ["+next)
		route = next
		pingPong(t, long, fmt.Sprintf("after %d reloads", n+1))
		pingPong(t, other, fmt.Sprintf("after %d reloads, in clear text", n+1))
		if o := call(within(t, testkit.Deadline), overTLS, "/test/Echo",
			[]byte("new")); string(o.body) != "new" {
			t.Errorf("a new call after %d reloads: %v", n+1, o.status)
		}
	}
	for _, s := range []interface {
		CloseSend() error
		RecvMsg(any) error
	}{long, other} {
		var b []byte
		if err := s.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if err := s.RecvMsg(&b); err != io.EOF {
			t.Errorf("the stream ends with %v", err)
		}
	}
	if n := f.Metrics(t)[`gateway_active_connections{listener="tls"}`]; n != 1 {
		t.Errorf("%v connections of one client", n)
	}
}

package h2_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// page is what the endpoint answers everything with. It is longer than a few bytes, for h2spec
// looks how a window is used up.
const page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\r\n" +
	"hello, here are some bytes for the windows\n\n"

func TestH2specPassesAllCasesThroughTheEdge(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(page))
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{Address: up.Addr()})
	for listener, secure := range map[string]bool{"h2c": false, "tls": true} {
		t.Run(listener, func(t *testing.T) {
			t.Parallel()
			testkit.H2Spec(t, f.Addr(listener), secure)
		})
	}
}

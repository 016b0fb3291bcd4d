package main_test

import (
	"net"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Many sessions to a name ask for it once.
func TestANameIsAskedForOnceForManySessions(t *testing.T) {
	const sessions = 30
	up := testkit.NewUpstream(t, echo)
	_, port, err := net.SplitHostPort(up.Addr())
	if err != nil {
		t.Fatal(err)
	}
	e := testkit.StartRelay(t, config("localhost:"+port, ""))
	for range sessions {
		c := dial(t, e)
		says(t, c, "hello")
		c.Close()
	}
	// An answer holds for 5 s, and a busy machine may need longer than that.
	if n := e.Metrics(t)[`gateway_dns_lookups_total{result="ok"}`]; n < 1 || n > sessions/3 {
		t.Errorf("%v lookups for %d sessions", n, sessions)
	}
}

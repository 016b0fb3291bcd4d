package websocket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// openTunnel starts an edge before an upstream that switches protocols and then behaves as told.
func openTunnel(t *testing.T, after func(*testkit.Conn)) (*testkit.Client, *testkit.Upstream) {
	t.Helper()
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil && c.Send(edgetest.UpgradeAnswer) == nil {
			after(c)
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", edgetest.UpgradeRequest); r.Status != 101 {
		t.Fatalf("the upgrade is answered %d", r.Status)
	}
	return c, up
}

// A half-close goes through a tunnel as a half-close: the other direction lives on.
func TestTunnelPassesTheClientsHalfCloseOn(t *testing.T) {
	t.Parallel()
	c, _ := openTunnel(t, func(u *testkit.Conn) {
		_ = u.Drain() // until the client's half-close arrives
		_ = u.Send("goodbye")
	})
	if err := c.Send("hello"); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Rest(); got != "goodbye" || err != nil {
		t.Errorf("after the half-close came %q, %v", got, err)
	}
}

func TestTunnelPassesTheUpstreamsHalfCloseOn(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	c, _ := openTunnel(t, func(u *testkit.Conn) {
		_ = u.Send("goodbye")
		_ = u.CloseWrite()
		_ = u.Drain()
		received <- u.Received()
	})
	if got, err := c.Rest(); got != "goodbye" || err != nil {
		t.Fatalf("came %q, %v", got, err)
	}
	if err := c.Send("last words"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	select {
	case got := <-received:
		if !strings.HasSuffix(got, "last words") {
			t.Errorf("the upstream got %q", got)
		}
	case <-time.After(testkit.Deadline):
		t.Error("the upstream's end stays open")
	}
}

func TestTunnelPassesAResetOn(t *testing.T) {
	t.Parallel()
	c, up := openTunnel(t, func(u *testkit.Conn) { _ = u.Drain() })
	c.Reset()
	testkit.Within(t, edgetest.AbortDeadline, "the upstream's end is closed", up.Conn(t, 0).Ended)
}

func TestTunnelEndsWhenTheUpstreamResets(t *testing.T) {
	t.Parallel()
	c, _ := openTunnel(t, func(u *testkit.Conn) { u.Reset() })
	if _, err := c.Rest(); err != nil {
		t.Errorf("the client's end stays open: %v", err)
	}
}

// Requests have timeouts that no tunnel has: it may be silent for longer than all of them.
func TestSilentTunnelOutlivesTheTimeoutsOfRequests(t *testing.T) {
	t.Parallel()
	c, _ := openTunnel(t, func(u *testkit.Conn) {
		buf := make([]byte, 16)
		n, _ := u.Reader().Read(buf)
		_ = u.Send(string(buf[:n]))
		_ = u.Drain()
	})
	c.SetTimeout(edgetest.BodyIdleTimeout + edgetest.ResponseTimeout)
	if got, err := c.Bytes(1); !testkit.IsTimeout(err) {
		t.Fatalf("the silent tunnel ended: %q, %v", got, err)
	}
	if err := c.Send("still here"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Bytes(10); got != "still here" {
		t.Errorf("came %q, %v", got, err)
	}
}

func TestTunnelCarriesMegabytesBothWays(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	c, up := openTunnel(t, func(u *testkit.Conn) {
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for range size >> 16 {
				if u.Send(edgetest.BodyOf(1<<16)) != nil {
					return
				}
			}
			_ = u.CloseWrite()
		}()
		_ = u.Drain()
		<-sent
	})
	go func() {
		for range size >> 16 {
			if c.Send(edgetest.BodyOf(1<<16)) != nil {
				return
			}
		}
		_ = c.CloseWrite()
	}()
	if got, err := c.Rest(); len(got) != size || err != nil {
		t.Errorf("%d bytes came, want %d (%v)", len(got), size, err)
	}
	u := up.Conn(t, 0)
	testkit.Eventually(t, "the upstream has all bytes", func() bool { return u.Ended() })
	if n := u.Total(); n < size {
		t.Errorf("%d bytes reached the upstream, want %d and the head", n, size)
	}
}

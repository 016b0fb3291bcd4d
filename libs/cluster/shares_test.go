package cluster

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func stay() bool { return false }

// take claims connections for a client and makes them, until it gets no more.
func take(
	t *testing.T, c *Cluster, client netip.Addr, most int,
) (conns []*upstream.Conn, claims int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(conns) < most {
		claimed, err := c.Claim(client, time.Millisecond, stay)
		if err != nil {
			return conns, claims
		}
		conn, err := c.Pick().Dial(ctx)
		if claimed {
			claims++
		}
		if err != nil {
			t.Errorf("after %d connections: %v", len(conns), err)
			return conns, claims
		}
		conns = append(conns, conn)
	}
	return conns, claims
}

// However many connections one address asks for, some are left for others; and the more
// addresses there are, the less each has.
func TestNoClientHoldsAllConnections(t *testing.T) {
	for _, limit := range []int{4, 10, 64, 300} {
		d := document(listen(t))
		d.Clusters[0].Limits.MaxConnections = limit
		c := newSet(t, d).At(0)
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		held, claims := take(t, c, one, limit)
		if n := len(held); n < limit/2 || n > limit-limit/8-1 {
			t.Errorf("of %d, one client holds %d", limit, n)
		}
		others, _ := take(t, c, two, limit/8+1)
		if len(others) == 0 {
			t.Errorf("of %d, nothing is left for a second client", limit)
		}
		for range claims {
			c.Yield(one)
		}
		for _, conn := range held {
			conn.Discard()
		}
		more, _ := take(t, c, two, limit/2)
		if len(more) < limit/4 {
			t.Errorf("of %d, a client alone gets %d more", limit, len(more))
		}
		for _, conn := range append(more, others...) {
			conn.Discard()
		}
	}
}

// A request over its client's share waits until others are done, and no longer than it may.
func TestARequestOverItsShareWaits(t *testing.T) {
	d := document(listen(t))
	d.Clusters[0].Limits.MaxConnections = 8
	d.Clusters[0].Limits.MaxPending = 1
	c := newSet(t, d).At(0)
	one := netip.MustParseAddr("192.0.2.1")
	held, claims := take(t, c, one, 8)
	if claims == 0 {
		t.Fatal("nothing was counted")
	}
	asked := make(chan struct{}, 1)
	got := make(chan error, 1)
	go func() {
		_, err := c.Claim(one, 10*time.Second, func() bool {
			select {
			case asked <- struct{}{}:
			default:
			}
			return false
		})
		got <- err
	}()
	<-asked // it waits
	if _, err := c.Claim(one, 10*time.Second, stay); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("one more than may wait: %v", err)
	}
	c.Yield(one)
	held[0].Discard()
	if err := <-got; err != nil {
		t.Errorf("when others are done: %v", err)
	}
	more, _ := take(t, c, one, 8)
	held = append(held, more...)
	_, err := c.Claim(one, 0, func() bool { return true })
	if !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("for nobody: %v", err)
	}
	for _, conn := range held[1:] {
		conn.Discard()
	}
}

func TestWhatCountsAsOneClient(t *testing.T) {
	for a, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
		"2001:db8:1:2::1": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
	} {
		if got := network(netip.MustParseAddr(a)); got != netip.MustParseAddr(want) {
			t.Errorf("%s counts as %s, want %s", a, got, want)
		}
	}
	if network(netip.Addr{}).IsValid() {
		t.Error("no address became one")
	}
}

package upstream_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestAbortResetsAndMakesRoom(t *testing.T) {
	address, accepted := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1}, netx.NewWatch())
	e := c.Endpoint(address)
	conn := dial(t, e)
	if _, err := conn.Write([]byte("half of it")); err != nil {
		t.Fatal(err)
	}
	conn.Abort()
	peer := <-accepted
	if err := peer.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(peer); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the endpoint sees %v, want a reset", err)
	}
	if c.Open() != 0 || e.Conns() != 0 {
		t.Errorf("%d connections of the cluster, %d of the endpoint", c.Open(), e.Conns())
	}
	dial(t, e).Discard()
}

// The endpoint accepts and says nothing; the cluster would wait for ever.
func TestTheContextEndsAHandshake(t *testing.T) {
	address, accepted := listen(t)
	c := upstream.NewCluster(upstream.Options{TLS: &tls.Config{}}, netx.NewWatch())
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := c.Endpoint(address).Dial(ctx)
		failed <- err
	}()
	if _, err := (<-accepted).Read(make([]byte, 1)); err != nil { // the handshake has begun
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-failed:
		if insecure := (*upstream.TLSError)(nil); !errors.As(err, &insecure) {
			t.Errorf("got %v, want a TLSError", err)
		}
	case <-time.After(deadline):
		t.Fatal("it hangs")
	}
	if c.Open() != 0 {
		t.Errorf("%d connections are left", c.Open())
	}
}

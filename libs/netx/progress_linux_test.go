//go:build !portable

package netx_test

import (
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A peer that reads 2 KiB a second is slow and not gone, though its socket can be written to
// again only when much more has been taken. One that stops is cut.
func TestASlowReaderIsNoneThatStops(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells how much the peer has taken")
	}
	w := netx.NewWatch()
	s, peer := pair(t, w)
	if err := peer.SetReadBuffer(8 << 10); err != nil {
		t.Fatal(err)
	}
	s.WriteTimeout = 30 * time.Second
	ended := make(chan error, 1)
	go func() {
		_, err := s.Write(make([]byte, 64<<20))
		ended <- err
	}()
	if err := peer.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	at := time.Duration(w.Now())
	for range 12 {
		if _, err := io.ReadFull(peer, make([]byte, 20<<10)); err != nil {
			t.Fatal(err)
		}
		at += 10 * time.Second
		w.Tick(at)
		select {
		case err := <-ended:
			t.Fatalf("a slow reader is cut after %v: %v", at, err)
		default:
		}
	}
	err := ticking(t, w, func() error { return <-ended })
	if err != netx.ErrTimeout {
		t.Errorf("one that has stopped: %v", err)
	}
}

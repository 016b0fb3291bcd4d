//go:build !portable

package netx_test

import (
	"io"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// With package net alone Exchange writes all, as Write does.
func TestExchangeTellsHowMuchAFullBufferTook(t *testing.T) {
	s, peer := pair(t, netx.NewWatch())
	out := make([]byte, 64<<20)
	r := exchange(t, s, out, make([]byte, 10))
	if r.err != nil || r.sent == 0 || r.sent >= len(out) {
		t.Fatalf("got %+v, want a part sent", r)
	}
	go func() {
		_, _ = s.Write(out[r.sent:])
		_ = s.CloseWrite()
	}()
	if n, err := io.Copy(io.Discard, peer); n != int64(len(out)) || err != nil {
		t.Errorf("%d bytes came, %v", n, err)
	}
}

package netx_test

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The first address that can be reached is taken: after one that refuses at once, and after
// one that says nothing once it has had its time.
func TestDialAny(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	good := netip.MustParseAddrPort(ln.Addr().String())
	refuses := netip.AddrPortFrom(netip.MustParseAddr("127.9.9.9"), good.Port())
	silent := netip.MustParseAddrPort(testkit.Hanging(t))
	until := func() time.Time { return time.Now().Add(10 * time.Second) }
	for name, to := range map[string][]netip.AddrPort{
		"one":                  {good},
		"the first":            {good, refuses, silent},
		"behind one that says": {refuses, refuses, good},
		"behind a silent one":  {silent, good},
		"behind both":          {silent, refuses, good},
	} {
		conn, err := netx.DialAny(t.Context(), to, until())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if conn.RemoteAddr().String() != good.String() {
			t.Errorf("%s: connected to %v", name, conn.RemoteAddr())
		}
		conn.Close()
	}
	_, err = netx.DialAny(t.Context(), []netip.AddrPort{refuses, refuses}, until())
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("with none that can be reached: %v", err)
	}
	soon := time.Now().Add(300 * time.Millisecond)
	if _, err = netx.DialAny(t.Context(), []netip.AddrPort{silent, silent}, soon); err == nil {
		t.Error("silence is a connection")
	}
}

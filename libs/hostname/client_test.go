package hostname_test

import (
	"net/netip"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

func TestClientsWithoutAnAddressAreInARangeOfTheirOwn(t *testing.T) {
	none := netip.Addr{}
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	unix := []netip.Prefix{everybody[0], {}}
	for _, x := range []struct {
		ranges []netip.Prefix
		a      string // "": none
		want   bool
	}{
		{everybody, "", false}, {unix, "", true}, {nil, "", false},
		{everybody, "10.0.0.1", true}, {everybody, "fe80::1%eth0", true},
		{unix, "::ffff:10.0.0.1", true}, {unix, "fd00::1", false},
		{[]netip.Prefix{{}}, "10.0.0.1", false},
	} {
		a := none
		if x.a != "" {
			a = netip.MustParseAddr(x.a)
		}
		if got := hostname.Within(x.ranges, a); got != x.want {
			t.Errorf("%q in %v: %v", x.a, x.ranges, got)
		}
	}
	if hostname.ClientText(none) != "unix:" || hostname.RangeText(netip.Prefix{}) != "unix:" ||
		string(hostname.AppendClient(nil, netip.AddrPort{})) != "unix:" {
		t.Error("it is shown as something else than unix:")
	}
	if got := string(hostname.AppendClient(nil, netip.MustParseAddrPort("[::1]:2"))); got !=
		"[::1]:2" {
		t.Errorf("an address is shown as %s", got)
	}
}

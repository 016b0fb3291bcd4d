package hostname

import "net/netip"

// UnixClient stands for the clients of unix sockets, which have no address: in ranges of addresses
// and where an address is shown. As values they are the addresses and the range that are not valid.
const UnixClient = "unix:"

// Within says whether one of the ranges has a client's address, which may have a zone, or be IPv4
// written as IPv6. The zero range is that of the clients without an address.
func Within(ranges []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("") // no range has an address with a zone
	for i := range ranges {
		if ranges[i].Contains(a) || !a.IsValid() && ranges[i] == (netip.Prefix{}) {
			return true
		}
	}
	return false
}

// ClientText is a client's address as it is shown.
func ClientText(a netip.Addr) string {
	if !a.IsValid() {
		return UnixClient
	}
	return a.String()
}

// AppendClient appends a client's address and port as they are shown.
func AppendClient(dst []byte, a netip.AddrPort) []byte {
	if !a.Addr().IsValid() {
		return append(dst, UnixClient...)
	}
	return a.AppendTo(dst)
}

// RangeText is a range of clients as it is written.
func RangeText(p netip.Prefix) string {
	if !p.IsValid() {
		return UnixClient
	}
	return p.String()
}

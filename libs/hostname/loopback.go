package hostname

import (
	"net/netip"
	"strings"
)

// Loopback says whether a host, as it stands in an address, is this machine alone: an IP address
// of loopback, or localhost (RFC 6761 section 6.3).
func Loopback(host string) bool {
	if Localhost(host) {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.IsLoopback()
}

// Localhost says whether a host is the name localhost, in any case, and with or without the dot
// of the root.
func Localhost(host string) bool {
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

package netx

import (
	"context"
	"net"
	"net/netip"
)

// Listen binds a TCP address, host:port; ListenLocal is for unix sockets. What it listens on is
// what the address says: an IPv4 address is IPv4 only, 0.0.0.0 included, for which package net
// would listen on IPv6 as well. [::] and an empty host are every address of both families, or of
// the one that the system has.
func Listen(ctx context.Context, lc *net.ListenConfig, address string) (net.Listener, error) {
	l, err := lc.Listen(ctx, network(address), address)
	return l, translated(err)
}

// network is the network of package net for an address to listen on.
func network(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "tcp" // which Listen says more about
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().Is4() {
		return "tcp4"
	}
	return "tcp"
}

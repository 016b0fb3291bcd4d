package gossip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// resolve returns the addresses of a host and port, of which the host may be a name.
func resolve(ctx context.Context, address string) ([]netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), uint16(n))}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	all := make([]netip.AddrPort, 0, len(ips))
	for _, ip := range ips {
		all = append(all, netip.AddrPortFrom(ip.Unmap(), uint16(n)))
	}
	return all, nil
}

// lookUp finds the address of a host and port.
type lookUp func(ctx context.Context, address string) (netip.AddrPort, error)

// one is the first address of a host and port; an IPv4 one if it has any.
func one(ctx context.Context, address string) (netip.AddrPort, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && host == "" {
		address = net.JoinHostPort("0.0.0.0", port)
	}
	all, err := resolve(ctx, address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for _, a := range all {
		if a.Addr().Is4() {
			return a, nil
		}
	}
	if len(all) == 0 {
		return netip.AddrPort{}, fmt.Errorf("%s has no address", address)
	}
	return all[0], nil
}

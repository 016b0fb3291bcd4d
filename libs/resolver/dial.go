package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// Dial connects to host:port, by any of the addresses that a name has, or to unix:PATH, until ctx
// ends or a time, if there is one, has come. The error is a *net.OpError, or that of ctx. A nil
// Resolver remembers nothing.
func (r *Resolver) Dial(
	ctx context.Context, address string, until time.Time,
) (netx.Conn, error) {
	if _, local := netx.LocalPath(address); local {
		return netx.Dial(ctx, address, until)
	}
	if _, err := netip.ParseAddrPort(address); r == nil || err == nil {
		return netx.Dial(ctx, address, until)
	}
	return r.dialName(ctx, address, until)
}

// dialName is Dial to what is not an IP with a port. It is apart, since those that dial an IP,
// which most do, have no use for the stack that it takes.
func (r *Resolver) dialName(
	ctx context.Context, address string, until time.Time,
) (netx.Conn, error) {
	name, service, err := net.SplitHostPort(address)
	port, e := strconv.ParseUint(service, 10, 16)
	if err != nil || e != nil || isIP(name) {
		return netx.Dial(ctx, address, until) // which says what is wrong with it, if something is
	}
	if !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	addrs, err := r.Addresses(ctx, name)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &net.DNSError{Err: "DNS does not answer", Name: name, IsTimeout: true}
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	to := make([]netip.AddrPort, len(addrs))
	for i, a := range addrs {
		to[i] = netip.AddrPortFrom(a, uint16(port))
	}
	conn, err := netx.DialAny(ctx, to, until)
	if err != nil && ctx.Err() == nil {
		r.doubt(name)
	}
	return conn, err
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

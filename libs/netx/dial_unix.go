//go:build unix && !linux

package netx

import (
	"context"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// dialIP is for Linux, where a second connect tells what became of the first.
func dialIP(context.Context, netip.AddrPort, time.Time) (conn Conn, err error, known bool) {
	return nil, nil, false
}

// keepAlive turns keep-alives on, at the pace of the system.
func keepAlive(fd int, _, _ time.Duration, _ int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1) // the value is ours
}

//go:build unix && !linux

package netx

import (
	"context"
	"net"
	"time"
)

// dialLocal connects to a unix socket.
func dialLocal(ctx context.Context, path string, until time.Time) (Conn, error) {
	d := net.Dialer{Deadline: until}
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return localConn{c.(*net.UnixConn)}, nil
}

// peerOf is for Linux, which says which process listens.
func peerOf(net.Conn) string { return "" }

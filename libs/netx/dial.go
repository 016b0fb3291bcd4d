package netx

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// A Conn is a connection that a Sock can be made of: a net.TCPConn, or one that Dial or Accept
// has made.
type Conn interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// Dial connects to host:port, or to unix:PATH, until ctx ends or a time, if there is one, has come;
// small messages are sent at once. The error is a *net.OpError. To the address of an IP it takes
// half the system calls that net.Dialer does. It sets no keep-alives: see Sock.KeepAlive. It takes
// no descriptor of the reserve, as if there were none: the error is syscall.EMFILE then, see
// Exhausted.
func Dial(ctx context.Context, address string, until time.Time) (Conn, error) {
	if path, ok := LocalPath(address); ok {
		return dialLocal(ctx, path, until)
	}
	if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Zone() == "" {
		if conn, err, known := dialIP(ctx, to, until); known {
			return conn, err
		}
	}
	return dialName(ctx, address, until)
}

// dialName is Dial by net.Dialer. It is apart, since the stack that it takes would else be taken,
// and kept for as long as the connection lasts, by those who dial an IP too.
func dialName(ctx context.Context, address string, until time.Time) (Conn, error) {
	d := net.Dialer{
		KeepAlive: -1, Deadline: until,
		Control: func(_, _ string, raw syscall.RawConn) (err error) {
			return errors.Join(raw.Control(func(fd uintptr) {
				if Allowed().reserved(int(fd)) {
					err = syscall.EMFILE
				}
			}), err)
		},
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, translated(err)
	}
	return conn.(*net.TCPConn), nil
}

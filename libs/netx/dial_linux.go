//go:build !portable

package netx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dialIP connects to an IP address. On Linux a second connect on a socket tells what
// became of the first, and where the other end is near that is known at once: then
// nobody waits, and nothing is needed to end the waiting.
func dialIP(
	ctx context.Context, to netip.AddrPort, until time.Time,
) (conn Conn, err error, known bool) {
	remote := net.TCPAddrFromAddrPort(to)
	fail := func(err error) (Conn, error, bool) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: remote, Err: err}, true
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	family, address, size := rawAddress(to)
	fd, _, e := syscall.RawSyscall(syscall.SYS_SOCKET, uintptr(family),
		syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
	if e != 0 {
		return fail(os.NewSyscallError("socket", e))
	}
	if Allowed().reserved(int(fd)) {
		_ = syscall.Close(int(fd)) // it is of no use
		return fail(os.NewSyscallError("socket", syscall.EMFILE))
	}
	connect := func() syscall.Errno {
		for {
			_, _, e := syscall.RawSyscall(syscall.SYS_CONNECT, fd,
				uintptr(unsafe.Pointer(&address)), size)
			switch e {
			case syscall.EINTR:
			case syscall.EISCONN:
				return 0
			default:
				return e
			}
		}
	}
	// The socket is new, so this cannot fail; if it did, the connection would only be slower.
	_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	e = connect()
	if e == syscall.EINPROGRESS {
		e = connect()
	}
	if e != 0 && e != syscall.EALREADY {
		_ = syscall.Close(int(fd)) // it is of no use
		return fail(os.NewSyscallError("connect", e))
	}
	c, err := newFileConn(fd, remote)
	if err != nil {
		return fail(err)
	}
	f := c.File
	if e != 0 {
		if err = c.await(ctx, until, connect); err != nil {
			_ = f.Close() // it is of no use
			return fail(err)
		}
	}
	if ephemeral().has(to.Port()) && c.LocalAddr().String() == remote.String() {
		// The system chose the very port that was asked for, and the socket met itself.
		_ = f.Close() // it is of no use
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	return c, nil, true
}

func rawAddress(to netip.AddrPort) (family int, address unix.RawSockaddrInet6, size uintptr) {
	port := func(p *uint16) {
		b := (*[2]byte)(unsafe.Pointer(p))
		b[0], b[1] = byte(to.Port()>>8), byte(to.Port())
	}
	if ip := to.Addr().Unmap(); ip.Is4() {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&address))
		v4.Family, v4.Addr = unix.AF_INET, ip.As4()
		port(&v4.Port)
		return unix.AF_INET, address, unix.SizeofSockaddrInet4
	}
	address.Family, address.Addr = unix.AF_INET6, to.Addr().As16()
	port(&address.Port)
	return unix.AF_INET6, address, unix.SizeofSockaddrInet6
}

// ports are those that the system gives to connections.
type ports struct{ first, last uint16 }

func (p ports) has(port uint16) bool { return p.first <= port && port <= p.last }

// ephemeral reads them once.
var ephemeral = sync.OnceValue(func() ports {
	p := ports{1024, 65535}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if first, last, ok := twoNumbers(string(b)); ok && first <= last {
			p = ports{first, last}
		}
	}
	return p
})

func twoNumbers(s string) (first, last uint16, ok bool) {
	n, err := fmt.Sscan(s, &first, &last)
	return first, last, n == 2 && err == nil
}

// A fileConn is a connection that only the poller knows of.
type fileConn struct {
	*os.File
	raw    syscall.RawConn
	remote net.Addr
}

// newFileConn takes over a descriptor.
func newFileConn(fd uintptr, remote net.Addr) (*fileConn, error) {
	f := os.NewFile(fd, remote.Network())
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close() // it is of no use
		return nil, err
	}
	return &fileConn{File: f, raw: raw, remote: remote}, nil
}

// await waits for a connect that is underway.
func (c *fileConn) await(ctx context.Context, until time.Time, connect func() syscall.Errno) error {
	if deadline, ok := ctx.Deadline(); ok && (until.IsZero() || deadline.Before(until)) {
		until = deadline
	}
	if err := c.SetWriteDeadline(until); err != nil {
		return err
	}
	// fails only on a closed file
	stop := context.AfterFunc(ctx, func() { _ = c.SetWriteDeadline(longAgo) })
	var e syscall.Errno
	err := c.raw.Write(func(uintptr) bool {
		e = connect()
		return e != syscall.EALREADY
	})
	switch {
	case !stop():
		return ctx.Err() // the deadline may still be about to be set
	case errors.Is(err, os.ErrDeadlineExceeded):
		return context.DeadlineExceeded
	case err != nil:
		return err
	case e != 0:
		return os.NewSyscallError("connect", e)
	}
	return c.SetDeadline(time.Time{})
}

// CloseWrite ends our stream.
func (c *fileConn) CloseWrite() error {
	var e syscall.Errno
	if err := c.raw.Control(func(fd uintptr) {
		_, _, e = syscall.RawSyscall(syscall.SYS_SHUTDOWN, fd, syscall.SHUT_WR, 0)
	}); err != nil {
		return err
	}
	if e != 0 {
		return os.NewSyscallError("shutdown", e)
	}
	return nil
}

// SetLinger is that of net.TCPConn.
func (c *fileConn) SetLinger(seconds int) error {
	l := unix.Linger{Onoff: 1, Linger: int32(seconds)}
	if seconds < 0 {
		l = unix.Linger{}
	}
	var err error
	return errors.Join(c.raw.Control(func(fd uintptr) {
		err = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &l)
	}), err)
}

// RemoteAddr is what was connected to.
func (c *fileConn) RemoteAddr() net.Addr { return c.remote }

// LocalAddr is this side's address.
func (c *fileConn) LocalAddr() net.Addr {
	if _, ok := c.remote.(localAddr); ok {
		return localAddr(LocalScheme) // the side that connects has no name
	}
	a := &net.TCPAddr{}
	_ = c.raw.Control(func(fd uintptr) { // of a closed socket nothing is known any more
		sa, err := unix.Getsockname(int(fd))
		if err != nil {
			return
		}
		switch sa := sa.(type) {
		case *unix.SockaddrInet4:
			a.IP, a.Port = sa.Addr[:], sa.Port
		case *unix.SockaddrInet6:
			a.IP, a.Port = sa.Addr[:], sa.Port
		}
	})
	return a
}

func keepAlive(fd int, idle, interval time.Duration, count int) {
	for _, o := range [...]struct{ level, option, value int }{
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(idle / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(interval / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, count},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	} {
		_ = unix.SetsockoptInt(fd, o.level, o.option, o.value) // the values are ours
	}
}

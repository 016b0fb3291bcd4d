//go:build !portable

package netx

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dialLocal connects to a unix socket. The system connects at once, or says why not.
func dialLocal(ctx context.Context, path string, until time.Time) (Conn, error) {
	remote := localAddr(LocalScheme + path)
	fail := func(err error) (Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "unix", Addr: remote, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	var address unix.RawSockaddrUnix
	if len(path) == 0 || len(path) >= len(address.Path) {
		return fail(os.NewSyscallError("connect", syscall.ENAMETOOLONG))
	}
	address.Family = unix.AF_UNIX
	for i := range len(path) {
		address.Path[i] = int8(path[i])
	}
	size := unsafe.Offsetof(address.Path) + uintptr(len(path))
	if path[0] == '@' {
		address.Path[0] = 0 // the abstract namespace
	} else {
		size++ // with the zero at the end
	}
	fd, _, e := syscall.RawSyscall(syscall.SYS_SOCKET, unix.AF_UNIX,
		syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if e != 0 {
		return fail(os.NewSyscallError("socket", e))
	}
	if Allowed().reserved(int(fd)) {
		_ = syscall.Close(int(fd)) // it is of no use
		return fail(os.NewSyscallError("socket", syscall.EMFILE))
	}
	for rest := firstRest; ; rest = min(2*rest, longestRest) {
		_, _, e = syscall.RawSyscall(syscall.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&address)),
			size)
		if e == syscall.EINTR {
			continue
		}
		if e != syscall.EAGAIN {
			break
		}
		if err := pause(ctx, until, rest); err != nil {
			_ = syscall.Close(int(fd)) // it is of no use
			return fail(err)
		}
	}
	if e != 0 {
		_ = syscall.Close(int(fd)) // it is of no use
		return fail(os.NewSyscallError("connect", e))
	}
	c, err := newFileConn(fd, remote)
	if err != nil {
		return fail(err)
	}
	return c, nil
}

// peerOf says in words which process is at the other end of a unix socket: the one that listens.
func peerOf(c net.Conn) string {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return ""
	}
	var cred *unix.Ucred
	_ = raw.Control(func(fd uintptr) { // fails only on a closed socket
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil || cred == nil || cred.Pid <= 0 {
		return ""
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cred.Pid))
	if err != nil {
		return fmt.Sprintf("process %d", cred.Pid)
	}
	return fmt.Sprintf("process %d (%s)", cred.Pid, strings.TrimSpace(string(name)))
}

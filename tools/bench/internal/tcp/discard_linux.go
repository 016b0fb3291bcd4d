package tcp

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// discarder returns what throws away up to a MiB that has come, and says how much that was.
func discarder(c net.Conn) (func() (int, error), error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	room := make([]byte, mebibyte)
	return func() (n int, err error) {
		var failed error
		err = raw.Read(func(fd uintptr) bool {
			n, _, failed = syscall.Recvfrom(int(fd), room, syscall.MSG_TRUNC)
			return failed != syscall.EAGAIN && failed != syscall.EINTR
		})
		return n, errors.Join(err, os.NewSyscallError("recv", failed))
	}, nil
}

//go:build unix

package systemd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// monotonic is the clock that systemd compares with (CLOCK_MONOTONIC).
func monotonic() (time.Duration, error) {
	var now unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return time.Duration(now.Nano()), err
}

// closeOnExec keeps a descriptor from the children of the process.
func closeOnExec(fd int) { unix.CloseOnExec(fd) }

// accepts says whether a file is a socket that listens. File.Fd would make the socket block, also
// in another process that has it.
func accepts(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	listening := 0
	_ = raw.Control(func(fd uintptr) { // fails only on a closed file
		listening, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	})
	return err == nil && listening != 0
}

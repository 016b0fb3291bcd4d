//go:build unix

package systemd

import (
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

// accepts says whether a descriptor is a socket that listens.
func accepts(fd int) bool {
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	return err == nil && listening != 0
}

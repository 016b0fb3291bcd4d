package l4

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listenConfig sets on a listening socket what the connections it accepts shall have; that
// saves the calls for each of them.
func listenConfig() net.ListenConfig {
	return net.ListenConfig{KeepAlive: -1, Control: inherit}
}

func inherit(_, _ string, raw syscall.RawConn) error {
	var err error
	set := func(fd, level, option, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, option, value)
		}
	}
	failed := raw.Control(func(fd uintptr) {
		set(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		set(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepIdle/time.Second))
		set(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepInterval/time.Second))
		set(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepCount)
	})
	return errors.Join(failed, err)
}

//go:build unix && !linux

package l4

import "golang.org/x/sys/unix"

// optionKeepIdle is what Darwin calls the time before the first probe.
const optionKeepIdle = unix.TCP_KEEPALIVE

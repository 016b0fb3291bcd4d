package l4

import "golang.org/x/sys/unix"

const optionKeepIdle = unix.TCP_KEEPIDLE

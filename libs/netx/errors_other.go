//go:build !windows

package netx

import "syscall"

// translate is for Windows, whose sockets have numbers of their own for errors.
func translate(e syscall.Errno) syscall.Errno { return e }

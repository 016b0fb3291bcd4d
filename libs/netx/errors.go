package netx

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// Is reports whether an error of package net, or one that wraps such, is what the systems of the
// Unix kind call e: [syscall.ECONNREFUSED] and its like. Windows has numbers of its own for them,
// which [errors.Is] does not know.
func Is(err error, e syscall.Errno) bool {
	if errors.Is(err, e) {
		return true
	}
	var number syscall.Errno
	return errors.As(err, &number) && translate(number) == e
}

// translated is an error of package net in which Is holds by errors.Is too.
func translated(err error) error {
	var op *net.OpError
	var number syscall.Errno
	if !errors.As(err, &op) || !errors.As(op.Err, &number) || translate(number) == number {
		return err
	}
	out := *op
	out.Err = translate(number)
	var call *os.SyscallError
	if errors.As(op.Err, &call) {
		out.Err = os.NewSyscallError(call.Syscall, out.Err)
	}
	return &out
}

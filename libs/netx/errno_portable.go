//go:build !linux || portable

package netx

import (
	"errors"
	"syscall"
)

// errnoOf is the number in an error of a connection, without the words around it, as system calls
// give it on Linux; err where it has none.
func errnoOf(err error) error {
	if err == nil {
		return nil // without the memory that the rest takes
	}
	return inErrno(err)
}

func inErrno(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return translate(number)
	}
	return err
}

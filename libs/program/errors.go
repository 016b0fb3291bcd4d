package program

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// What an error of [Service.Run] may be besides a failure; both end with [ExitUsage].
var (
	// ErrUsage is an error that other flags help against.
	ErrUsage = errors.New("wrong usage")
	// ErrConfig is an error of the configuration: it cannot be found, read or used.
	ErrConfig = errors.New("invalid configuration")
)

// marked is an error as itself, which is also one of those.
type marked struct {
	error
	as error
}

func (m marked) Is(target error) bool { return target == m.as }
func (m marked) Unwrap() error        { return m.error }

// Wrong makes an error that is ErrUsage.
func Wrong(format string, args ...any) error {
	return marked{fmt.Errorf(format, args...), ErrUsage}
}

// Bare returns what an error of the network or of a file says without addresses and paths, for
// where these are the values of secrets: the number of the system's error, or a few words.
func Bare(err error) error {
	var number syscall.Errno
	var name *net.DNSError
	switch {
	case errors.As(err, &number):
		return number
	case errors.As(err, &name):
		return errors.New("its name can't be resolved")
	}
	return errors.New("it is of no use")
}

// Invalid returns err as an error that is ErrConfig too.
func Invalid(err error) error { return marked{err, ErrConfig} }

// Plain is what an error says, in one line.
func Plain(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

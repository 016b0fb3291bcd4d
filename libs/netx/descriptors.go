package netx

import "syscall"

// Descriptors are the file descriptors that a process may have open.
type Descriptors struct {
	Limit int // in all
	// Reserve are those of them that carry no traffic. They are for what a process needs to be
	// looked after: its admin API, checks of endpoints, files of certificates and logs.
	Reserve int
}

// Clients is how many clients may be connected: each may need one descriptor more, for its
// endpoint.
func (d Descriptors) Clients() int { return max((d.Limit-d.Reserve)/2, 1) }

// A Place is where the descriptor of a connection lies.
type Place uint8

// The places.
const (
	Free     Place = iota // it may carry traffic
	Reserved              // it may be used for as long as it takes to say so
	Last                  // it is to be closed at once
)

// Exhausted reports whether an error says that this process, or this machine, has no more of
// something: descriptors, memory, ports.
func Exhausted(err error) bool {
	for _, e := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL,
	} {
		if Is(err, e) {
			return true
		}
	}
	return false
}

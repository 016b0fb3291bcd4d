package netx

import "syscall"

// A Sock that waits needs neither of these: they are made for the first read or write that is
// longer than a system call, and given up when the socket is parked.

// inward is what the reading goroutine keeps from one try to the next.
type inward struct {
	readFn func(uintptr) bool
	xfn    func(uintptr) bool // of an Exchange
	buf    []byte
	n      int
	errno  syscall.Errno
	err    error // the layer's
	xout   []byte
	xstate exchangeState
	xsent  int
}

// outward is what the writing goroutine keeps.
type outward struct {
	writeFn func(uintptr) bool
	buf     []byte
	n       int
	errno   syscall.Errno
	iov     [2]syscall.Iovec
}

// inward is the reading goroutine's.
func (s *Sock) inward() *inward {
	if s.in == nil {
		s.in = &inward{readFn: s.tryRead, xfn: s.tryExchange}
	}
	return s.in
}

// outward is the writing goroutine's.
func (s *Sock) outward() *outward {
	if s.out == nil {
		s.out = &outward{writeFn: s.tryWrite}
	}
	return s.out
}

//go:build !portable

package netx

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// longAgo makes the runtime poller wake the goroutines that wait on a socket.
var longAgo = time.Unix(1, 0)

// system is what a Sock has of Linux: the descriptor, on which system calls are made that return at
// once, and the runtime poller, which says when to make them again.
type system struct {
	raw   syscall.RawConn
	fd    int  // valid until Close, which only the owner calls
	local bool // a unix socket

	// Owned by the reading goroutine.
	readFn  func(uintptr) bool
	rbuf    []byte
	rn      int
	rerrno  syscall.Errno
	rerr    error // the layer's
	xfn     func(uintptr) bool
	xout    []byte
	xstate  exchangeState
	xsent   int
	writeFn func(uintptr) bool // owned by the writing goroutine, as are the next four
	wbuf    []byte
	wn      int
	werrno  syscall.Errno
	queued  int // bytes that the peer has not taken, as of the last look and what came then
	iov     [2]syscall.Iovec
}

// take takes the descriptor of a new Sock.
func (s *Sock) take() error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	s.raw = raw
	_, tcp := s.conn.RemoteAddr().(*net.TCPAddr)
	s.local = !tcp
	s.readFn, s.xfn, s.writeFn = s.tryRead, s.tryExchange, s.tryWrite
	return raw.Control(func(fd uintptr) { s.fd = int(fd) })
}

// rest undoes wake, for an owner that has seen it.
func (s *Sock) rest() {
	// fails only on a closed socket, which the next call reports
	_ = s.conn.SetDeadline(time.Time{})
}

// wake makes the owner look again: at its deadline, its interrupt, its socket.
func (s *Sock) wake() { _ = s.conn.SetDeadline(longAgo) }

// woken turns the poller's error into ours. nil means a false alarm (the
// deadline moved while the watch fired, or the watch wants the socket read):
// wait again.
func (s *Sock) woken(err error, deadline *atomic.Int64) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if s.interrupted.Load() {
		return ErrInterrupted
	}
	if d := deadline.Load(); d != 0 && d <= s.watch.Now() {
		return ErrTimeout
	}
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	// SetDeadline has just removed the deadline that an Interrupt may have set a moment ago.
	if s.interrupted.Load() {
		return ErrInterrupted
	}
	return nil
}

func (s *Sock) readRaw(p []byte) (int, error) {
	s.rbuf = p
	for {
		err := s.raw.Read(s.readFn)
		if err == nil {
			s.rbuf = nil
			return readResult(s.rn, s.rerrno)
		}
		if err = s.woken(err, &s.rd); err != nil {
			s.rbuf = nil
			return 0, err
		}
	}
}

func (s *Sock) tryRead(fd uintptr) bool {
	s.rn, s.rerrno = recv(int(fd), s.rbuf)
	return s.rerrno != syscall.EAGAIN
}

func readResult(n int, e syscall.Errno) (int, error) {
	switch {
	case e != 0:
		return 0, e
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (s *Sock) tryReadRaw(p []byte) (int, error) { return readResult(recv(s.fd, p)) }

func (s *Sock) tryPeekRaw(p []byte) (int, error) { return readResult(peek(s.fd, p)) }

// dropped is how many bytes a Drop throws away at the most.
const dropped = 1 << 20

func (s *Sock) dropRaw() (n int, err error) {
	for {
		waited := s.raw.Read(func(fd uintptr) bool {
			var errno syscall.Errno
			if s.local {
				n, errno = dropLocal(int(fd))
			} else {
				n, errno = drop(int(fd), dropped)
			}
			n, err = readResult(n, errno)
			return errno != syscall.EAGAIN
		})
		if waited == nil {
			return n, err
		}
		if waited = s.woken(waited, &s.rd); waited != nil {
			return 0, waited
		}
	}
}

// dropLocal throws away what there is on a unix socket, of which the system does not take bytes
// without giving them to somebody.
func dropLocal(fd int) (int, syscall.Errno) {
	var p [4 << 10]byte
	return recv(fd, p[:])
}

func (s *Sock) awaitRaw(step func(fd uintptr) (done bool)) error {
	for {
		err := s.raw.Read(step)
		if err == nil {
			return nil
		}
		if err = s.woken(err, &s.rd); err != nil {
			return err
		}
	}
}

func (s *Sock) closeRaw() error { return s.conn.Close() }

// KeepAlive sets on a connection that vanished peers are found: after idle of silence
// one probe each interval, and after count of them the connection is reset. It may be
// called while others use the socket, and does nothing once it is closed.
func (s *Sock) KeepAlive(idle, interval time.Duration, count int) {
	// fails only on a closed socket
	_ = s.raw.Control(func(fd uintptr) { keepAlive(int(fd), idle, interval, count) })
}

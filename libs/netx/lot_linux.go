package netx

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A lot is where sockets are parked: one goroutine waits for all of them, with an epoll instance
// of its own. That one is watched by the runtime's poller like any socket, so no thread waits.
//
// A descriptor stays in the instance until it is closed; it tells of something once, and then
// not until it is armed again. So a busy connection costs the lot nothing.
type lot struct {
	file *os.File
	raw  syscall.RawConn
	fd   int

	mu     sync.Mutex
	places []place // guarded by mu; by descriptor
	turn   uint32  // guarded by mu
	closed bool    // guarded by mu
}

// A place is what is known of a descriptor.
type place struct {
	sock *Sock // that was parked last; nil: none, or it is closed
	// turn tells an event of this time from one of an earlier time, or of an earlier socket.
	turn uint32
}

// parkedEvents are what rouses a socket: bytes, or the end of the stream. Errors and a reset
// always do.
const parkedEvents = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT

// newLot makes a lot; run has to be called.
func newLot() (*lot, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd) // nothing is in it
		return nil, fmt.Errorf("setting up an epoll instance: %w", err)
	}
	l := &lot{file: os.NewFile(uintptr(fd), "epoll"), fd: fd}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, fmt.Errorf("setting up an epoll instance: %w", err)
	}
	return l, nil
}

// arm has the lot tell of the socket once, at once if there is something already.
func (l *lot) arm(s *Sock) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if s.fd >= len(l.places) {
		l.places = append(l.places, make([]place, max(s.fd+1, 2*len(l.places))-len(l.places))...)
	}
	l.turn++
	l.places[s.fd] = place{s, l.turn}
	e := unix.EpollEvent{Events: parkedEvents, Fd: int32(s.fd), Pad: int32(l.turn)}
	op := unix.EPOLL_CTL_ADD
	if s.park.registered {
		op = unix.EPOLL_CTL_MOD
	}
	if epollCtl(l.fd, op, s.fd, &e) != 0 {
		l.places[s.fd] = place{} // out of kernel memory, or of watches
		return false
	}
	s.park.registered = true
	return true
}

// forget is for a socket that is about to be closed: its descriptor may be another one's soon.
func (l *lot) forget(s *Sock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.fd < len(l.places) && l.places[s.fd].sock == s {
		l.places[s.fd] = place{}
	}
}

// run rouses sockets until close is called.
func (l *lot) run() {
	events := make([]unix.EpollEvent, 128)
	ready := make([]*Sock, 0, len(events))
	_ = l.raw.Read(func(uintptr) (done bool) { // it ends with close
		for {
			n, e := epollLook(l.fd, events)
			if e == syscall.EINTR {
				continue
			}
			if e != 0 {
				return true // no socket is parked in an instance that is closed
			}
			ready = l.sort(events[:n], ready[:0])
			for i, s := range ready {
				s.rouse()
				ready[i] = nil
			}
			if n < len(events) {
				return false // what comes from now on makes the instance readable again
			}
		}
	})
}

// These calls do not wait, so the scheduler need not know of them: see recv.

// epollLook takes the events that are there.
func epollLook(fd int, events []unix.EpollEvent) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	return int(n), e
}

func epollCtl(fd, op, of int, event *unix.EpollEvent) syscall.Errno {
	_, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(fd), uintptr(op), uintptr(of),
		uintptr(unsafe.Pointer(event)), 0, 0)
	return e
}

// sort appends the sockets that events are about, without those that were closed or armed again
// since.
func (l *lot) sort(events []unix.EpollEvent, ready []*Sock) []*Sock {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		e := &events[i]
		if p := l.places[e.Fd]; p.sock != nil && p.turn == uint32(e.Pad) {
			ready = append(ready, p.sock)
		}
	}
	return ready
}

// close ends run. Sockets that are parked go on in goroutines.
func (l *lot) close() {
	_ = l.file.Close() // nothing is written to it
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, p := range l.places {
		if p.sock != nil {
			p.sock.rouse()
		}
	}
}

package netx

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LimitUnsent bounds what the kernel keeps for a peer that does not read: a write
// waits once n bytes have not been sent yet. Without it a slow reader of a large
// body holds megabytes. Where the system cannot, nothing changes.
func (s *Sock) LimitUnsent(n int) {
	_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
}

// unsent is how many bytes the peer's kernel has not taken yet; 0 if that cannot be told.
func unsent(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// The sockets are non-blocking, so these calls return at once and can skip the
// scheduler's bookkeeping around blocking system calls (RawSyscall): with one
// core that bookkeeping can hand the processor to another thread in the middle
// of a request. recvfrom and sendto take a shorter way through the kernel than
// read and write.

func recv(fd int, p []byte) (int, syscall.Errno) { return recvFlags(fd, p, 0) }

// peek reads without taking.
func peek(fd int, p []byte) (int, syscall.Errno) { return recvFlags(fd, p, syscall.MSG_PEEK) }

// drop throws up to n bytes away that have come, without copying them anywhere.
func drop(fd, n int) (int, syscall.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), 0, uintptr(n),
			syscall.MSG_TRUNC, 0, 0)
		if e != syscall.EINTR {
			return int(n), e
		}
	}
}

func recvFlags(fd int, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		if e != syscall.EINTR {
			return int(n), e
		}
	}
}

func send(fd int, p []byte) (int, syscall.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0,
			0)
		if e != syscall.EINTR {
			return int(n), e
		}
	}
}

// send2 sends two pieces as one, so that they leave in as few segments.
func (s *Sock) send2(a, b []byte) (int, syscall.Errno) {
	iov := &s.outward().iov
	iov[0].Base, iov[1].Base = unsafe.SliceData(a), unsafe.SliceData(b)
	iov[0].SetLen(len(a))
	iov[1].SetLen(len(b))
	defer func() { iov[0].Base, iov[1].Base = nil, nil }()
	for {
		// SIGPIPE on a socket is not fatal: the runtime takes it.
		n, _, e := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(s.fd),
			uintptr(unsafe.Pointer(&iov[0])), 2)
		if e != syscall.EINTR {
			return int(n), e
		}
	}
}

// closeWrite sends the end of our stream. Near by the other side gets it within the
// call, which so may last for long enough that the scheduler would give the processor
// to another thread.
func closeWrite(s *Sock) error {
	if _, _, e := syscall.RawSyscall(syscall.SYS_SHUTDOWN, uintptr(s.fd), syscall.SHUT_WR,
		0); e != 0 {
		return e
	}
	return nil
}

//go:build unix && !linux

package netx

import "syscall"

// LimitUnsent bounds what the kernel keeps for a peer that does not read, where
// it can; here it does nothing.
func (s *Sock) LimitUnsent(int) {}

// unsent is how many bytes the peer's kernel has not taken yet; 0 says that it cannot be told.
func unsent(int) int { return 0 }

// Elsewhere the runtime ignores SIGPIPE on sockets (it asks for a write error
// instead), so plain read and write do.

func recv(fd int, p []byte) (int, syscall.Errno) {
	return retry(func() (int, error) { return syscall.Read(fd, p) })
}

// peek reads without taking.
func peek(fd int, p []byte) (int, syscall.Errno) {
	return retry(func() (int, error) {
		n, _, err := syscall.Recvfrom(fd, p, syscall.MSG_PEEK)
		return n, err
	})
}

// drop throws up to n bytes away that have come.
func drop(fd, n int) (int, syscall.Errno) {
	var p [4 << 10]byte
	return recv(fd, p[:min(n, len(p))])
}

func send(fd int, p []byte) (int, syscall.Errno) {
	return retry(func() (int, error) { return syscall.Write(fd, p) })
}

func retry(call func() (int, error)) (int, syscall.Errno) {
	for {
		n, err := call()
		if err == nil {
			return n, 0
		}
		errno, ok := err.(syscall.Errno)
		if !ok {
			return n, syscall.EIO
		}
		if errno != syscall.EINTR {
			return n, errno
		}
	}
}

// send2 sends the first piece; the caller sends what is left.
func (s *Sock) send2(a, _ []byte) (int, syscall.Errno) { return send(s.fd, a) }

func closeWrite(s *Sock) error { return s.conn.CloseWrite() }

//go:build !portable

package netx

import "syscall"

func (s *Sock) writeRaw(p []byte) (int, error) {
	n, e := send(s.fd, p)
	if e == 0 && n == len(p) {
		return n, nil
	}
	if e != 0 && e != syscall.EAGAIN {
		return 0, e
	}
	s.wn = 0
	if e == 0 {
		s.wn = n
	}
	s.wbuf = p
	s.await()
	defer func() {
		s.wbuf = nil
		s.wd.Store(0)
	}()
	for {
		err := s.raw.Write(s.writeFn)
		if err == nil {
			if s.werrno != 0 {
				return s.wn, s.werrno
			}
			return s.wn, nil
		}
		if err = s.woken(err, &s.wd); err != nil && (err != ErrTimeout || !s.advanced()) {
			return s.wn, err
		}
	}
}

func (s *Sock) write2Raw(a, b []byte) error {
	n, e := s.send2(a, b)
	if e != 0 && e != syscall.EAGAIN {
		return e
	}
	if e != 0 {
		n = 0
	}
	if n < len(a) {
		if _, err := s.writeRaw(a[n:]); err != nil {
			return err
		}
		n = len(a)
	}
	if b = b[n-len(a):]; len(b) == 0 {
		return nil
	}
	_, err := s.writeRaw(b)
	return err
}

func (s *Sock) tryWrite(fd uintptr) bool {
	for s.wn < len(s.wbuf) {
		n, e := send(int(fd), s.wbuf[s.wn:])
		s.werrno = e
		if e == syscall.EAGAIN {
			return false
		}
		if e != 0 {
			return true
		}
		s.wn += n
		s.queued += n
		// The limit is on the time between two writes, never on the whole.
		s.wd.Store(s.watch.at(s.WriteTimeout))
	}
	return true
}

// tryWriteRaw writes what the system takes at once.
func (s *Sock) tryWriteRaw(p []byte) (int, error) {
	n, e := send(s.fd, p)
	if e != 0 {
		return 0, e
	}
	return n, nil
}

// WriteAtOnce writes what the system takes of p without waiting, to a connection that no Sock was
// made of.
func WriteAtOnce(c Conn, p []byte) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var e syscall.Errno
	err = raw.Write(func(fd uintptr) bool {
		_, e = send(int(fd), p)
		return true
	})
	if err == nil && e != 0 {
		return e
	}
	return err
}

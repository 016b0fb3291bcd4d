package netx

import "syscall"

type exchangeState uint8

const (
	xCheck exchangeState = iota // prove the idle connection sound, then write
	xWait                       // everything was written: wait for the answer
)

// Exchange writes out to an idle connection and waits for the first bytes of
// the answer, which it reads into in.
//
// Before a byte is written the socket is read once: it must be empty and open,
// or the result is ErrStale, with nothing sent. That read takes the place of
// the one that would find nothing right after the write, so the check is free.
//
// sent < len(out) with a nil error means that the socket's send buffer is full:
// the caller goes on with Write, then Read.
func (s *Sock) Exchange(out, in []byte) (sent, got int, err error) {
	x := s.inward()
	x.xout, x.buf, x.xsent, x.n, x.errno, x.err = out, in, 0, 0, 0, nil
	x.xstate = xCheck
	for {
		err := s.raw.Read(x.xfn)
		if err == nil {
			break
		}
		if err = s.woken(err, &s.rd); err != nil {
			x.xout, x.buf = nil, nil
			return x.xsent, 0, err
		}
	}
	x.xout, x.buf = nil, nil
	if x.xstate == xCheck {
		switch {
		case x.err != nil:
			return x.xsent, 0, x.err
		case x.errno == 0:
			return 0, 0, ErrStale
		case x.errno == syscall.EAGAIN:
			return x.xsent, 0, nil // written in part
		}
		return x.xsent, 0, x.errno
	}
	if s.layer != nil {
		return x.xsent, x.n, x.err
	}
	got, err = readResult(x.n, x.errno)
	return x.xsent, got, err
}

func (s *Sock) tryExchange(fd uintptr) bool {
	if s.layer != nil {
		return s.tryExchangeLayer()
	}
	x := s.in
	if x.xstate == xCheck {
		_, e := recv(int(fd), x.buf)
		if e != syscall.EAGAIN {
			x.errno = 0 // closed, failed or talking out of turn: all stale
			return true
		}
		n, e := send(int(fd), x.xout)
		if e == syscall.EAGAIN {
			n, e = 0, 0
		}
		if e != 0 {
			x.errno = e
			return true
		}
		x.xsent = n
		if n < len(x.xout) {
			x.errno = syscall.EAGAIN
			return true
		}
		// The poller's readiness was reset before this turn began and the
		// socket was empty a moment ago, so the answer's arrival cannot be
		// missed: wait without asking.
		x.xstate = xWait
		return false
	}
	x.n, x.errno = recv(int(fd), x.buf)
	return x.errno != syscall.EAGAIN
}

// tryExchangeLayer is tryExchange through a layer. What a layer keeps to itself
// (session tickets) is read by the check, and is no fault of an idle connection.
func (s *Sock) tryExchangeLayer() bool {
	s.wire.drained = false
	x := s.in
	if x.xstate == xCheck {
		if _, err := s.layerRead(x.buf); err != syscall.EAGAIN {
			return true // stale
		}
		if x.xsent, x.err = s.layer.Write(x.xout); x.err != nil {
			return true
		}
		x.xstate = xWait
		return false // the socket was read empty before the write, so there is no answer yet
	}
	x.n, x.err = s.layerRead(x.buf)
	return x.err != syscall.EAGAIN
}

// Idle reports whether a connection that should be idle is open and has no
// unread bytes. It costs one system call; Exchange has it built in.
func (s *Sock) Idle() bool {
	var b [1]byte
	if s.layer != nil {
		s.wire.drained = false
		_, err := s.layerRead(b[:])
		return err == syscall.EAGAIN
	}
	_, e := recv(s.fd, b[:])
	return e == syscall.EAGAIN
}

// Ended reports whether the peer has closed its sending side, or the connection,
// and everything it sent before has been read. It costs one system call.
func (s *Sock) Ended() bool {
	var b [1]byte
	n, e := peek(s.fd, b[:])
	return n == 0 && e == 0 || e != 0 && e != syscall.EAGAIN
}

// WasReset reports whether the peer has reset the connection, on Linux also where bytes
// are left that came before. It costs one system call.
func (s *Sock) WasReset() bool {
	var p pollSet
	states := p.poll([]*Sock{s})
	return len(states) == 1 && states[0] == peerReset
}

// Finished reports whether the peer has closed its sending side or reset the connection, on
// Linux also where bytes are left that came before. It costs one system call.
func (s *Sock) Finished() bool {
	var p pollSet
	states := p.poll([]*Sock{s})
	return len(states) == 1 && states[0] != peerPresent
}

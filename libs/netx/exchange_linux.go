//go:build !portable

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
	s.xout, s.rbuf, s.xsent, s.rn, s.rerrno, s.rerr = out, in, 0, 0, 0, nil
	s.xstate = xCheck
	for {
		err := s.raw.Read(s.xfn)
		if err == nil {
			break
		}
		if err = s.woken(err, &s.rd); err != nil {
			s.xout, s.rbuf = nil, nil
			return s.xsent, 0, err
		}
	}
	s.xout, s.rbuf = nil, nil
	if s.xstate == xCheck {
		switch {
		case s.rerr != nil:
			return s.xsent, 0, s.rerr
		case s.rerrno == 0:
			return 0, 0, ErrStale
		case s.rerrno == syscall.EAGAIN:
			return s.xsent, 0, nil // written in part
		}
		return s.xsent, 0, s.rerrno
	}
	if s.layer != nil {
		return s.xsent, s.rn, s.rerr
	}
	got, err = readResult(s.rn, s.rerrno)
	return s.xsent, got, err
}

func (s *Sock) tryExchange(fd uintptr) bool {
	if s.layer != nil {
		return s.tryExchangeLayer()
	}
	if s.xstate == xCheck {
		_, e := recv(int(fd), s.rbuf)
		if e != syscall.EAGAIN {
			s.rerrno = 0 // closed, failed or talking out of turn: all stale
			return true
		}
		n, e := send(int(fd), s.xout)
		if e == syscall.EAGAIN {
			n, e = 0, 0
		}
		if e != 0 {
			s.rerrno = e
			return true
		}
		s.xsent = n
		if n < len(s.xout) {
			s.rerrno = syscall.EAGAIN
			return true
		}
		// The poller's readiness was reset before this turn began and the
		// socket was empty a moment ago, so the answer's arrival cannot be
		// missed: wait without asking.
		s.xstate = xWait
		return false
	}
	s.rn, s.rerrno = recv(int(fd), s.rbuf)
	return s.rerrno != syscall.EAGAIN
}

// tryExchangeLayer is tryExchange through a layer. What a layer keeps to itself
// (session tickets) is read by the check, and is no fault of an idle connection.
func (s *Sock) tryExchangeLayer() bool {
	s.wire.drained = false
	if s.xstate == xCheck {
		if _, err := s.layerRead(s.rbuf); err != syscall.EAGAIN {
			return true // stale
		}
		if s.xsent, s.rerr = s.layer.Write(s.xout); s.rerr != nil {
			return true
		}
		s.xstate = xWait
		return false // the socket was read empty before the write, so there is no answer yet
	}
	s.rn, s.rerr = s.layerRead(s.rbuf)
	return s.rerr != syscall.EAGAIN
}

// WasReset reports whether the peer has reset the connection, on Linux also where bytes
// are left that came before. It costs one system call.
func (s *Sock) WasReset() bool {
	var p pollSet
	states := p.poll([]*Sock{s})
	return len(states) == 1 && states[0] == peerReset
}

//go:build !linux || portable

package netx

import (
	"net"
	"syscall"
	"time"
)

// system is what a Sock has where nothing is known of the system but package net: a goroutine that
// reads ahead, so that what has come, and whether the peer is still there, is known without
// waiting.
type system struct {
	ahead ahead
	out   outgoing
}

// take starts reading ahead.
func (s *Sock) take() error {
	s.ahead.init(s.conn)
	go s.ahead.run() // until closeRaw
	return nil
}

// rest undoes wake, for an owner that has seen it.
func (s *Sock) rest() { s.out.rest(s) }

// wake makes the owner look again: at its deadline, its interrupt, its socket.
func (s *Sock) wake() {
	s.ahead.tell()
	s.out.wake(s)
}

// woken says why a read that waits has to end; nil: it has not.
func (s *Sock) woken() error {
	if s.interrupted.Load() {
		return ErrInterrupted
	}
	if d := s.rd.Load(); d != 0 && d <= s.watch.Now() {
		return ErrTimeout
	}
	return nil
}

func (s *Sock) readRaw(p []byte) (int, error) {
	for { // as awaitRaw does it, without the memory that a function takes
		s.ahead.hear()
		if s.interrupted.Load() {
			return 0, ErrInterrupted
		}
		if n, err := s.ahead.read(p); err != syscall.EAGAIN {
			return n, err
		}
		<-s.ahead.news
		if err := s.woken(); err != nil {
			return 0, err
		}
	}
}

func (s *Sock) tryReadRaw(p []byte) (int, error) { return s.ahead.read(p) }

func (s *Sock) tryPeekRaw(p []byte) (int, error) { return s.ahead.peek(p) }

func (s *Sock) dropRaw() (n int, err error) {
	waited := s.awaitRaw(func(uintptr) bool {
		n, err = s.ahead.drop()
		return err != syscall.EAGAIN
	})
	if waited != nil {
		return 0, waited
	}
	return n, err
}

// awaitRaw is Await; step gets no descriptor.
func (s *Sock) awaitRaw(step func(fd uintptr) (done bool)) error {
	for {
		// What was told before step runs is what it sees. An interrupt that was told is looked for
		// after that, or it would be missed.
		s.ahead.hear()
		if s.interrupted.Load() {
			return ErrInterrupted
		}
		if step(0) {
			return nil
		}
		<-s.ahead.news
		if err := s.woken(); err != nil {
			return err
		}
	}
}

// Exchange writes out to an idle connection and waits for the first bytes of
// the answer, which it reads into in.
//
// Before a byte is written the connection must be empty and open, or the result is ErrStale, with
// nothing sent.
//
// Elsewhere sent may be less than len(out) with a nil error; here it is not.
func (s *Sock) Exchange(out, in []byte) (sent, got int, err error) {
	if s.interrupted.Load() {
		return 0, 0, ErrInterrupted
	}
	if s.wire != nil {
		s.wire.drained = false
	}
	if _, err := s.TryRead(in); err != syscall.EAGAIN {
		return 0, 0, ErrStale // closed, failed or talking out of turn
	}
	if sent, err = s.Write(out); err != nil {
		return sent, 0, err
	}
	got, err = s.Read(in)
	return sent, got, err
}

// WasReset reports whether the peer has reset the connection. Once its end was read, only a write
// that fails tells. Where one is underway it may be about to: that is waited for, for a moment.
func (s *Sock) WasReset() bool {
	for waited := time.Duration(0); ; waited += atOnce / 10 {
		switch state := s.ahead.state(); {
		case state == peerReset:
			return true
		case state == peerPresent || waited >= atOnce || !s.out.underway():
			return s.ahead.state() == peerReset
		}
		time.Sleep(atOnce / 10)
	}
}

func (s *Sock) closeWriteRaw() error { return errnoOf(s.conn.CloseWrite()) }

// closeRaw closes the connection, and waits until nobody reads from it.
func (s *Sock) closeRaw() error {
	err := s.conn.Close()
	s.ahead.end()
	return err
}

// KeepAlive sets on a connection that vanished peers are found: after idle of silence
// one probe each interval, and after count of them the connection is reset. It may be
// called while others use the socket, and does nothing once it is closed.
func (s *Sock) KeepAlive(idle, interval time.Duration, count int) {
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		// fails only on a closed socket
		_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Idle: idle, Interval: interval, Count: count,
		})
	}
}

// LimitUnsent bounds what the kernel keeps for a peer that does not read, where
// it can; here it does nothing.
func (s *Sock) LimitUnsent(int) {}

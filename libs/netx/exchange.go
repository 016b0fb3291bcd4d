package netx

import "syscall"

// Idle reports whether a connection that should be idle is open and has no
// unread bytes. It costs one system call; Exchange has it built in.
func (s *Sock) Idle() bool {
	var b [1]byte
	if s.layer != nil {
		s.wire.drained = false
		_, err := s.layerRead(b[:])
		return err == syscall.EAGAIN
	}
	_, err := s.tryReadRaw(b[:])
	return err == syscall.EAGAIN
}

// Ended reports whether the peer has closed its sending side, or the connection,
// and everything it sent before has been read. It costs one system call.
func (s *Sock) Ended() bool {
	var b [1]byte
	_, err := s.tryPeekRaw(b[:])
	return err != nil && err != syscall.EAGAIN
}

// Finished reports whether the peer has closed its sending side or reset the connection, on
// Linux also where bytes are left that came before. It costs one system call.
func (s *Sock) Finished() bool {
	var p pollSet
	states := p.poll([]*Sock{s})
	return len(states) == 1 && states[0] != peerPresent
}

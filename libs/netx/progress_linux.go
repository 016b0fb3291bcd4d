//go:build !portable

package netx

import "time"

// slowest is the rate, in bytes a second, at which a peer that reads is known to read. The kernel
// of a peer makes its window larger in steps: by a segment at the least, which is 64 KiB between
// two processes of one machine, and by a sixteenth of its buffer. One that reads 2 KiB a second
// so shows nothing for up to a minute. Bytes that it took in one step earn it the time that
// they would have taken at this rate, up to patience times what a write may wait.
const (
	slowest  = 1 << 10
	patience = 4
)

// await starts the clock for a write that waits. It is the writing goroutine's.
func (s *Sock) await() {
	s.wd.Store(s.watch.at(s.WriteTimeout))
	s.queued = unsent(s.fd)
}

// advanced reports whether the peer has taken bytes since the clock for a write was started, so
// that the wait may go on; it starts the clock anew then. The kernel says that a socket can be
// written to again when a third of its buffer is free, which is far too late to tell a slow
// reader from one that has stopped.
func (s *Sock) advanced() bool {
	now := unsent(s.fd)
	took := s.queued - now
	s.queued = now
	if took <= 0 || s.WriteTimeout <= 0 {
		return false
	}
	earned := time.Duration(took) * time.Second / slowest
	s.wd.Store(s.watch.at(min(max(s.WriteTimeout, earned), patience*s.WriteTimeout)))
	return true
}

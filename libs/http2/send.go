package http2

import (
	"golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// dataSize is the longest DATA frame that is sent: with its header it fills one
// TLS record.
const dataSize = frameSize - frameHeader

// WriteTrailers writes a trailer section of the stream's Fields, which ends the
// stream.
func (s *flow) WriteTrailers() error {
	return s.writeAlone(0, true)
}

// writeAlone writes a header block behind which no body comes at once.
func (s *flow) writeAlone(status int, end bool) error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if err := s.writeFields(status, end); err != nil {
		return err
	}
	s.conn.flush(s)
	return nil
}

// Window is how many bytes of a body the peer would take now; 0 while others wait for
// their turn.
func (s *flow) Window() int {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if !s.conn.sendq.empty() {
		return 0
	}
	return int(max(min(s.outWindow, s.conn.outWindow), 0))
}

// WriteBody writes bytes of a body. end says that they are the last. Like all
// writing it returns when the bytes are copied, so that the caller may use them
// again, and waits while there is no room for that.
func (s *flow) WriteBody(p []byte, end bool) error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if err := s.writeErr(); err != nil {
		return err
	}
	switch {
	case s.localEnd:
		return ErrEnded
	case len(p) == 0 && !end:
		return nil
	}
	return s.send(p, end)
}

// writeFields writes a header block; status 0 is for none. mu is held, but not
// while waiting for room.
func (s *flow) writeFields(status int, end bool) error {
	c := s.conn
	if err := s.awaitRoom(); err != nil {
		return err
	}
	if s.localEnd {
		return ErrEnded
	}
	c.writeBlock(s.id, c.enc.encode(status, &s.out.list), end)
	s.out.Reset()
	if end {
		c.endLocal(s)
	}
	return nil
}

// awaitRoom waits until a header block may be written. mu is held, but not while
// waiting.
func (s *flow) awaitRoom() error {
	c := s.conn
	if len(c.writer.out) >= dataLimit && s.writeErr() == nil {
		s.writeFrom = c.watch.Now()
		c.dueWithin(s.writeIdle)
		for len(c.writer.out) >= dataLimit && s.writeErr() == nil && !c.ending {
			c.writer.waiters++
			c.writer.room.Wait()
			c.writer.waiters--
		}
		s.writeFrom = 0
	}
	return s.writeErr()
}

// writeErr is why nothing may be written. mu is held.
func (s *flow) writeErr() error {
	switch {
	case s.cause != nil:
		return s.cause
	case s.interrupted:
		return netx.ErrInterrupted
	case s.answered:
		return ErrAnswered
	}
	return nil
}

// writeBlock appends a header block as the frames that it needs.
func (c *link) writeBlock(id uint32, b []byte, end bool) {
	typ, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	for {
		n := min(len(b), frameSize)
		if n == len(b) {
			flags |= http2.FlagHeadersEndHeaders
		}
		c.writer.frame(typ, flags, id, b[:n])
		if b = b[n:]; len(b) == 0 {
			return
		}
		typ, flags = http2.FrameContinuation, 0
	}
}

// send gets p to the peer. mu is held, but not while waiting.
func (s *flow) send(p []byte, end bool) error {
	c := s.conn
	if err := s.writeErr(); err != nil {
		return err
	}
	s.pending, s.pendingEnd = p, end
	// Only a stream that finds no other waiting may go ahead without a turn. An end without
	// data takes no window and no room worth waiting for.
	if len(p) == 0 {
		c.sendFrame(s, 0)
	}
	for s.unsent() && c.sendq.empty() && c.sendFrame(s, c.room(s)) {
	}
	if !s.unsent() {
		c.flush(s)
		return nil
	}
	c.wakeWriter()
	c.enqueue(s)
	s.writeFrom = c.watch.Now()
	c.dueWithin(s.writeIdle)
	for s.unsent() && s.writeErr() == nil {
		s.writable.Wait()
	}
	s.writeFrom = 0
	if !s.unsent() && s.cause == nil && !s.answered {
		return nil
	}
	// Only an interrupt leaves bytes behind: they are the caller's again.
	c.sendq.remove(s)
	s.pending, s.pendingEnd = nil, false
	return s.writeErr()
}

// unsent reports whether there are bytes, or an end, that wait to be sent.
func (s *flow) unsent() bool { return len(s.pending) > 0 || s.pendingEnd }

// room is how many of a stream's bytes can be sent now in one frame.
func (c *link) room(s *flow) int {
	return int(min(int64(len(s.pending)), s.outWindow, c.outWindow, dataSize,
		int64(dataLimit-len(c.writer.out))))
}

// sendFrame appends a DATA frame with n of a stream's bytes; it reports false
// if that would be none. mu is held.
func (c *link) sendFrame(s *flow, n int) bool {
	if n <= 0 && len(s.pending) > 0 {
		return false
	}
	flags := http2.Flags(0)
	if n == len(s.pending) && s.pendingEnd {
		flags = http2.FlagDataEndStream
	}
	c.writer.frame(http2.FrameData, flags, s.id, s.pending[:n])
	s.outWindow -= int64(n)
	c.outWindow -= int64(n)
	// A peer that opens its window byte by byte earns nothing by it.
	if n == len(s.pending) || n >= 1<<10 {
		c.calm.earn(earnSent)
	}
	s.pending = s.pending[n:]
	if flags != 0 {
		s.pendingEnd = false
		c.endLocal(s)
	}
	return true
}

// endLocal notes that this side has sent all. mu is held.
func (c *link) endLocal(s *flow) {
	s.localEnd = true
	if s.remoteEnd {
		c.forget(s)
	}
}

// enqueue gives a stream a turn if it waits for one and its window is open. mu
// is held.
func (c *link) enqueue(s *flow) {
	if s.unsent() && !s.queued && s.outWindow > 0 {
		c.sendq.push(s)
		c.wakeWriter()
	}
}

// takeTurns appends a frame of each stream in turn, while there is room.
// mu is held.
func (c *link) takeTurns() {
	for c.outWindow > 0 && len(c.writer.out) < dataLimit && !c.sendq.empty() {
		s := c.sendq.pop()
		c.sendFrame(s, c.room(s))
		s.writeFrom = c.watch.Now()
		if s.unsent() {
			c.enqueue(s)
		} else {
			s.writable.Signal()
		}
	}
}

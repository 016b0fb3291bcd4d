package http2

import "golang.org/x/net/http2"

// assign decides what a header block is for. mu is held.
func (c *Conn) assign(h http2.FrameHeader) error {
	b := &c.block
	s := c.streams[h.StreamID]
	switch {
	case s != nil:
		b.use = forTrailer
		switch {
		case s.remoteEnd:
			b.fault = errClosedStream
		case !b.endStream:
			b.fault = errTrailerOpen
		}
	case h.StreamID <= c.maxID && c.dropped.has(h.StreamID):
		b.use = forNothing // sent before our reset arrived
	case h.StreamID <= c.maxID && c.closed.has(h.StreamID):
		return errOldStream
	case h.StreamID <= c.maxID:
		return &ConnError{Code: CodeProtocol, Reason: errOldStream.Reason}
	case c.drain == drained && h.StreamID > c.lastAccepted:
		b.use = forNothing // GOAWAY said so
	default:
		c.maxID = h.StreamID
		c.calm.streams++
		b.use = forRequest
		if c.open() >= c.opts.MaxStreams || c.running >= 2*c.opts.MaxStreams {
			b.fault = errRefused
			break
		}
		b.stream = newStream()
		b.head = &b.stream.head
	}
	return nil
}

// endBlock does what a complete header block asks for.
func (c *Conn) endBlock() error {
	b := &c.block
	s := b.stream
	b.stream = nil
	if s != nil {
		// What is wrong with its frame is said, but the log wants to know of its head too.
		if fault := s.req.read(&s.head, b.endStream, c.opts.ExtendedConnect); b.fault == nil {
			b.fault = fault
		}
		s.headTook = b.took
	}
	if s != nil && b.fault != nil && c.opts.AnswerMalformed {
		s.req.Wrong, s.req.TooLarge, s.wrong, b.fault = b.fault, false, b.fault, nil
	}
	if b.use == forRequest && b.fault == errRefused && c.opts.OnRefused != nil {
		c.opts.OnRefused()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = 0
	now := c.watch.Now()
	if b.use == forNothing {
		return c.calm.spend(now, costFrame, "HEADERS frames for streams that were reset")
	}
	if b.fault != nil {
		if s != nil {
			s.release()
		}
		if open := c.streams[b.id]; open != nil && !open.remoteEnd {
			return c.malformed(open, b.fault, b.endStream)
		}
		return c.fault(c.streams[b.id], b.id, b.fault)
	}
	if s != nil && s.wrong != nil {
		if err := c.faulted(); err != nil {
			s.release()
			return err
		}
	}
	if b.head.tooLarge {
		if err := c.calm.spend(now, costTooLarge, "header blocks over the limit"); err != nil {
			return err
		}
	}
	if b.use == forTrailer {
		return c.onTrailer()
	}
	c.calm.earn(earnRequest)
	c.start(s, b.id, b.endStream)
	return nil
}

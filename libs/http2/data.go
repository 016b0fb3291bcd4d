package http2

import "golang.org/x/net/http2"

// data reads a DATA frame into its stream's body. All of the frame counts
// against the windows, padding too (RFC 9113 section 6.9.1).
func (c *Conn) data(h http2.FrameHeader) error {
	if h.StreamID == 0 {
		return errStreamZero
	}
	if h.Length > idleBuffer {
		c.in.grow()
	}
	n, pad := int(h.Length), 0
	if h.Flags.Has(http2.FlagDataPadded) {
		var err error
		if pad, err = c.padding(&n); err != nil {
			return err
		}
		if pad > n {
			return errPadding
		}
		n -= pad
	}
	live, err := c.beginData(h, n)
	if err != nil {
		return err
	}
	for rest := n; rest > 0; {
		p, err := c.in.some(rest)
		if err != nil {
			return err
		}
		rest -= len(p)
		if !live {
			continue
		}
		c.mu.Lock()
		if s := c.streams[h.StreamID]; s != nil && !s.remoteEnd {
			s.body.write(p)
			s.readable.Signal()
		} else {
			live = false // it ended meanwhile
			c.credit(nil, rest+len(p))
		}
		c.mu.Unlock()
	}
	if err := c.in.discard(pad); err != nil {
		return err
	}
	if !live || !h.Flags.Has(http2.FlagDataEndStream) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[h.StreamID]; s != nil && !s.remoteEnd {
		return c.endRemote(s)
	}
	return nil
}

// beginData judges a DATA frame by its header. n is what it has of a body. live
// says that there is a stream to take it; if not, its bytes have been credited.
func (c *Conn) beginData(h http2.FrameHeader, n int) (live bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := int(h.Length)
	if c.inWindow -= all; c.inWindow < 0 {
		return false, errConnWindow
	}
	now := c.watch.Now()
	s := c.streams[h.StreamID]
	if s == nil && h.StreamID > c.maxID {
		return false, errIdleStream
	}
	if s != nil && !s.remoteEnd {
		if s.inWindow -= all; s.inWindow < 0 {
			c.credit(nil, all)
			return false, c.fault(s, h.StreamID, errStreamWindow)
		}
		s.got += int64(n)
		if s.req.ContentLength >= 0 && s.got > s.req.ContentLength {
			c.credit(nil, all)
			return false, c.fault(s, h.StreamID, errLengthMore)
		}
		c.credit(s, all-n)
		if n > 0 {
			c.calm.earn(earnData)
			return true, nil
		}
		if h.Flags.Has(http2.FlagDataEndStream) {
			return true, nil
		}
		return true, c.calm.spend(now, costFrame, "DATA frames without data")
	}
	c.credit(nil, all)
	if s == nil && c.dropped.has(h.StreamID) {
		// Sent before our reset arrived, which can be a window's worth of frames.
		return false, c.calm.spend(now, costIgnored(n), "DATA frames for streams that were reset")
	}
	return false, c.fault(s, h.StreamID, errClosedStream)
}

// endRemote notes that the client has sent all. mu is held.
func (c *Conn) endRemote(s *Stream) error {
	if s.req.ContentLength >= 0 && s.got != s.req.ContentLength {
		return c.fault(s, s.id, errLengthLess)
	}
	s.remoteEnd = true
	s.readable.Signal()
	if s.localEnd {
		c.forget(s)
	}
	return nil
}

// credit lets the client send as many bytes again as have been consumed, once
// they are worth a frame. s is nil if its own window is of no interest. mu is held.
func (c *Conn) credit(s *Stream, n int) {
	if n == 0 || c.ending {
		return
	}
	if s != nil && !s.remoteEnd && s.cause == nil {
		if s.inCredit += n; s.inCredit >= c.opts.StreamWindow/2 {
			c.writeErr(c.framer.WriteWindowUpdate(s.id, uint32(s.inCredit)))
			s.inWindow += s.inCredit
			s.inCredit = 0
			c.wakeWriter()
		}
	}
	if c.inCredit += n; c.inCredit >= c.opts.ConnWindow/4 {
		c.writeErr(c.framer.WriteWindowUpdate(0, uint32(c.inCredit)))
		c.inWindow += c.inCredit
		c.inCredit = 0
		c.wakeWriter()
	}
}

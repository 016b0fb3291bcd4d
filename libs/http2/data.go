package http2

import "golang.org/x/net/http2"

// data takes a DATA frame into its stream's body. All of the frame counts against
// the windows, padding too (RFC 9113 section 6.9.1).
func (c *link) data(h http2.FrameHeader) error {
	if h.StreamID == 0 {
		return errStreamZero
	}
	all, n, pad := int(h.Length), int(h.Length), 0
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
	p := c.in.take(n)
	c.in.take(pad)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inWindow -= all; c.inWindow < 0 {
		return errConnWindow
	}
	s := c.streams[h.StreamID]
	switch {
	case s == nil && c.never(h.StreamID):
		return errIdleStream
	case s == nil:
		c.credit(nil, all)
		return c.side.stray(h.StreamID, n)
	case s.remoteEnd:
		c.credit(nil, all)
		return c.fault(s, h.StreamID, errClosedStream)
	case !s.begun:
		c.credit(nil, all)
		return c.fault(s, h.StreamID, errDataFirst)
	}
	if s.inWindow -= all; s.inWindow < 0 {
		c.credit(nil, all)
		return c.fault(s, h.StreamID, errStreamWindow)
	}
	last := h.Flags.Has(http2.FlagDataEndStream)
	if s.wrong != nil {
		c.credit(nil, all)
		if last {
			return c.endRemote(s)
		}
		return c.calm.spend(c.watch.Now(), costIgnored(n), "DATA frames that nobody reads")
	}
	s.got += int64(n)
	if s.length >= 0 && s.got > s.length {
		c.credit(nil, all)
		return c.malformed(s, errLengthMore, last)
	}
	c.credit(s, all-n)
	switch {
	case n > 0:
		c.calm.earn(earnData)
		c.asks = 0
		c.measure(s, n)
		s.body.write(p)
		s.readable.Signal()
	case !last:
		return c.calm.spend(c.watch.Now(), costFrame, "DATA frames without data")
	}
	if last {
		return c.endRemote(s)
	}
	return nil
}

// endRemote notes that the peer has sent all. mu is held.
func (c *link) endRemote(s *flow) error {
	if s.length >= 0 && s.got != s.length && s.wrong == nil {
		return c.malformed(s, errLengthLess, true)
	}
	s.remoteEnd = true
	s.readable.Signal()
	if s.localEnd {
		c.forget(s)
	}
	return nil
}

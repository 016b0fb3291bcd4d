package http2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/net/http2"
)

var clientPreface = []byte(http2.ClientPreface)

// Prefaced looks whether a connection begins as one of HTTP/2 does with prior knowledge
// (RFC 9113 section 3.4): whether it does, and whether that can be told yet.
func Prefaced(b []byte) (yes, told bool) {
	n := min(len(b), len(clientPreface))
	whole := n == len(clientPreface)
	if !bytes.Equal(b[:n], clientPreface[:n]) {
		return false, true
	}
	return whole, whole
}

// frames does what all frames say that are complete in the buffer. It returns how
// many bytes the next one has, as far as that is known.
func (c *link) frames() (need int, err error) {
	for {
		need = frameHeader
		if b := c.in.bytes(); len(b) >= frameHeader {
			// Of a frame that is too long the Framer wants to see only the header.
			if n := int(b[0])<<16 | int(b[1])<<8 | int(b[2]); n <= frameSize {
				need += n
			}
			if len(b) < need {
				c.partial(http2.FrameType(b[3]))
			}
		}
		if c.in.len() < need {
			c.rest()
			return need, nil
		}
		h, err := c.framer.ReadFrameHeader()
		if err == nil {
			err = c.frame(h)
		}
		if err != nil {
			return need, err
		}
	}
}

// partial starts the clock for a header block whose first frame has begun.
func (c *link) partial(t http2.FrameType) {
	if t != http2.FrameHeaders {
		return
	}
	if c.headAt.IsZero() {
		c.headAt = time.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expectBlock()
}

// rest gives back what a connection without streams does not need.
func (c *link) rest() {
	if c.in.small == nil || c.in.len() > 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.streams) == 0 {
		c.in.shrink()
	}
}

// asConnError gives the Framer's errors our form.
func asConnError(err error) error {
	var conn http2.ConnectionError
	switch {
	case errors.Is(err, http2.ErrFrameTooLarge):
		return errFrameTooLong
	case errors.As(err, &conn):
		return &ConnError{Code: Code(conn), Reason: "a frame is malformed or out of order"}
	}
	return err
}

// readPreface compares byte by byte as they come, so that a client that speaks
// something else is told at once.
func (c *Conn) readPreface() error {
	b := c.in.take(min(len(c.preface), c.in.len()))
	if !bytes.HasPrefix(c.preface, b) {
		return errPreface
	}
	c.preface = c.preface[len(b):]
	return nil
}

// frame takes the rest of a frame, which is in the buffer, and does what it says.
// Its error ends the connection.
func (c *link) frame(h http2.FrameHeader) error {
	if !c.settings && h.Type != http2.FrameSettings {
		return errFirstFrame
	}
	if err := c.backpressure(); err != nil {
		return err
	}
	switch h.Type {
	case http2.FrameData:
		return c.data(h)
	case http2.FrameHeaders:
		return c.headers(h)
	case http2.FrameContinuation:
		return c.continuation(h)
	case http2.FrameWindowUpdate:
		return c.windowUpdate(h)
	case http2.FrameRSTStream:
		return c.rstStream(h)
	case http2.FramePriority:
		return c.priority(h)
	case http2.FramePushPromise:
		return errPush
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
		f, err := c.framer.ReadFrameForHeader(h)
		if err != nil {
			return err
		}
		return c.control(f)
	}
	c.in.take(int(h.Length))
	return c.spend(costFrame, "frames of unknown types")
}

// spend takes from the flood budget.
func (c *link) spend(cost int, what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calm.spend(c.watch.Now(), cost, what)
}

// control does what a frame about the whole connection says.
func (c *link) control(f http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f := f.(type) {
	case *http2.SettingsFrame:
		return c.onSettings(f)
	case *http2.PingFrame:
		return c.onPing(f)
	case *http2.GoAwayFrame:
		return c.side.leaves(f)
	}
	return nil
}

func (c *link) onPing(f *http2.PingFrame) error {
	if !f.IsAck() {
		c.writeErr(c.framer.WritePing(true, f.Data))
		c.wakeWriter()
		return c.calm.spend(c.watch.Now(), costFrame, "PING frames")
	}
	if c.pingsInFlight == 0 {
		return c.calm.spend(c.watch.Now(), costFrame, errPingAck.Reason)
	}
	c.pingsInFlight--
	if f.Data == growPing {
		c.answered()
		return nil
	}
	c.side.pong(f.Data)
	return nil
}

// onSettings adopts the peer's settings, and acknowledges them.
func (c *link) onSettings(f *http2.SettingsFrame) error {
	if !c.settings {
		if f.IsAck() {
			return errFirstFrame
		}
		c.settings, c.blocked = true, 0
		c.dueWithin(c.opts.KeepAlive)
	}
	if f.IsAck() {
		by := c.opts.StreamWindow - c.initialIn
		c.initialIn = c.opts.StreamWindow
		for _, s := range c.streams {
			s.inWindow += by
		}
		return c.calm.spend(c.watch.Now(), costFrame, "SETTINGS frames")
	}
	if err := c.calm.spend(c.watch.Now(), costFrame+f.NumSettings()/costSettings,
		"SETTINGS frames"); err != nil {
		return err
	}
	for i := range f.NumSettings() {
		s := f.Setting(i)
		if err := s.Valid(); err != nil {
			return err
		}
		switch s.ID {
		case http2.SettingInitialWindowSize:
			if err := c.moveWindows(int64(s.Val)); err != nil {
				return err
			}
		case http2.SettingHeaderTableSize:
			c.enc.setMax(s.Val)
		default:
			if err := c.side.setting(s); err != nil {
				return err
			}
		}
	}
	c.side.adopted()
	c.writeErr(c.framer.WriteSettingsAck())
	c.wakeWriter()
	return nil
}

// moveWindows gives every stream the difference to a new initial window
// (RFC 9113 section 6.9.2).
func (c *link) moveWindows(to int64) error {
	by := to - c.initialOut
	c.initialOut = to
	for _, s := range c.streams {
		if s.outWindow += by; s.outWindow > maxWindow {
			return errInitialTop
		}
		c.enqueue(s)
	}
	return nil
}

func (c *link) windowUpdate(h http2.FrameHeader) error {
	if h.Length != 4 {
		return errFrameSize
	}
	by := int64(binary.BigEndian.Uint32(c.in.take(4)) & maxWindow)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.calm.spend(c.watch.Now(), costFrame, "WINDOW_UPDATE frames"); err != nil {
		return err
	}
	if h.StreamID == 0 {
		if by == 0 {
			return errWindowZero
		}
		if c.outWindow += by; c.outWindow > maxWindow {
			return errWindowTop
		}
		if !c.sendq.empty() {
			c.wakeWriter()
		}
		return nil
	}
	s := c.streams[h.StreamID]
	switch {
	case s == nil && c.never(h.StreamID):
		return errIdleStream
	case s == nil:
		return nil // it ended while this was underway
	case by == 0:
		return c.fault(s, h.StreamID, errStreamZeroInc)
	}
	if s.outWindow += by; s.outWindow > maxWindow {
		return c.fault(s, h.StreamID, errStreamTop)
	}
	c.enqueue(s)
	return nil
}

func (c *link) rstStream(h http2.FrameHeader) error {
	switch {
	case h.Length != 4:
		return errFrameSize
	case h.StreamID == 0:
		return errStreamZero
	}
	code := Code(binary.BigEndian.Uint32(c.in.take(4)))
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[h.StreamID]
	if s == nil && c.never(h.StreamID) {
		return errIdleStream
	}
	return c.side.aborted(s, h.StreamID, code)
}

// priority reads a deprecated frame for its errors only (RFC 9113 section 5.3.2).
func (c *link) priority(h http2.FrameHeader) error {
	if h.StreamID == 0 {
		return errStreamZero
	}
	b := c.in.take(int(h.Length))
	if h.Length != 5 {
		return c.faultAt(h.StreamID, &StreamError{Code: CodeFrameSize, Reason: errFrameSize.Reason})
	}
	if binary.BigEndian.Uint32(b)&maxStreamID == h.StreamID {
		return c.faultAt(h.StreamID, errSelfDepend)
	}
	return c.spend(costFrame, "PRIORITY frames")
}

// faultAt is fault for a stream that need not exist.
func (c *link) faultAt(id uint32, err *StreamError) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault(c.streams[id], id, err)
}

// fault resets a stream for what the peer did to it. Its error is the
// connection's: when that happens too often. mu is held.
func (c *link) fault(s *flow, id uint32, err *StreamError) error {
	if s != nil {
		c.reset(s, err.Code, err)
	} else {
		c.writeReset(id, err.Code)
	}
	return c.side.faulted()
}

// malformed takes what is malformed behind the head of a message; last says that the peer
// has sent all. A handler that may answer learns it from ReadBody, any other stream is reset.
// Its error is the connection's. mu is held.
func (c *link) malformed(s *flow, err *StreamError, last bool) error {
	if s.call != nil || !c.opts.AnswerMalformed || s.localEnd || s.cause != nil {
		return c.fault(s, s.id, err)
	}
	s.remoteEnd = last
	if s.wrong != nil {
		return nil // it has been counted
	}
	s.wrong = err
	c.credit(nil, s.body.clear())
	s.readable.Broadcast()
	return c.side.faulted()
}

// backpressure stops reading while a peer does not read what is sent to it,
// so that answers to its frames do not pile up.
func (c *link) backpressure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.writer.out) > controlLimit && !c.ending {
		c.writer.waiters++
		c.writer.room.Wait()
		c.writer.waiters--
	}
	if c.ending {
		return errOrderly // the reason is known already
	}
	return nil
}

package http2

import (
	"encoding/binary"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// maxContinuations bounds the frames of a header block behind the first.
	maxContinuations = 16
	// compressedFactor and bombFactor bound a block, as multiples of the limit of
	// a header list: in its compressed bytes, and in what it decodes to. What is
	// within them can be answered with 431.
	compressedFactor = 2
	bombFactor       = 4
)

// use says what a header block is for.
type use uint8

const (
	forRequest use = iota
	forTrailer
	forNothing // decoded for the table's sake
)

// block is the header block that is being read.
type block struct {
	use       use
	id        uint32
	endStream bool
	stream    *Stream      // of a request
	fault     *StreamError // what the stream is reset with once the block is read
	head      *Head
	bytes     int
	frames    int
	bomb      bool
}

// headers reads a HEADERS frame.
func (c *Conn) headers(h http2.FrameHeader) error {
	n, pad := int(h.Length), 0
	if h.StreamID == 0 {
		return errStreamZero
	}
	if h.StreamID%2 == 0 {
		return errEvenStream
	}
	if h.Flags.Has(http2.FlagHeadersPadded) {
		var err error
		if pad, err = c.padding(&n); err != nil {
			return err
		}
	}
	selfDepends := false
	if h.Flags.Has(http2.FlagHeadersPriority) {
		if n < 5 {
			return errFrameSize
		}
		n -= 5
		selfDepends = binary.BigEndian.Uint32(c.in.take(5))&maxStreamID == h.StreamID
	}
	if pad > n {
		return errPadding
	}
	if err := c.beginBlock(h); err != nil {
		return err
	}
	if selfDepends && c.block.use != forNothing {
		c.block.fault = errSelfDepend
	}
	return c.fragment(n-pad, pad, h.Flags.Has(http2.FlagHeadersEndHeaders))
}

// padding reads the length of a frame's padding.
func (c *Conn) padding(n *int) (int, error) {
	if *n < 1 {
		return 0, errFrameSize
	}
	*n--
	return int(c.in.take(1)[0]), nil
}

// beginBlock decides what a header block is for.
func (c *Conn) beginBlock(h http2.FrameHeader) error {
	b := &c.block
	*b = block{id: h.StreamID, endStream: h.Flags.Has(http2.FlagHeadersEndStream)}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[h.StreamID]
	switch {
	case s != nil:
		b.use, b.head = forTrailer, &c.trailer
		switch {
		case s.remoteEnd:
			b.fault = errClosedStream
		case !b.endStream:
			b.fault = errTrailerOpen
		}
	case h.StreamID <= c.maxID && c.dropped.has(h.StreamID):
		b.use, b.head = forNothing, &c.trailer // sent before our reset arrived
	case h.StreamID <= c.maxID && c.closed.has(h.StreamID):
		return errOldStream
	case h.StreamID <= c.maxID:
		return &ConnError{CodeProtocol, errOldStream.Reason}
	case c.drain == drained && h.StreamID > c.lastAccepted:
		b.use, b.head = forNothing, &c.trailer // GOAWAY said so
	default:
		c.maxID = h.StreamID
		c.calm.streams++
		b.use = forRequest
		if c.open() >= c.opts.MaxStreams || c.running >= 2*c.opts.MaxStreams {
			b.head, b.fault = &c.trailer, errRefused
			break
		}
		b.stream = newStream()
		b.head = &b.stream.head
	}
	b.head.reset()
	c.dec.SetEmitEnabled(true)
	c.expectBlock()
	return nil
}

// expectBlock starts the clock for a header block, unless it runs. mu is held.
func (c *Conn) expectBlock() {
	if c.blocked == 0 {
		c.blocked = c.watch.Now()
		c.dueWithin(c.opts.HeaderTime)
	}
}

func (c *Conn) continuation(h http2.FrameHeader) error {
	if c.block.frames++; c.block.frames > maxContinuations {
		return errBlockFrames
	}
	return c.fragment(int(h.Length), 0, h.Flags.Has(http2.FlagContinuationEndHeaders))
}

// fragment decodes n bytes of a header block.
func (c *Conn) fragment(n, pad int, last bool) error {
	b := &c.block
	if b.bytes += n; b.bytes > compressedFactor*c.opts.HeadBytes {
		return errBlockBytes
	}
	if _, err := c.dec.Write(c.in.take(n)); err != nil {
		return errCompression
	}
	if b.bomb {
		return errBlockBytes
	}
	c.in.take(pad)
	if !last {
		return nil
	}
	if c.dec.Close() != nil {
		return errCompression
	}
	return c.endBlock()
}

// emit takes a field from the decoder.
func (c *Conn) emit(f hpack.HeaderField) {
	b := &c.block
	h := b.head
	h.size += len(f.Name) + len(f.Value) + fieldOverhead
	if h.size > bombFactor*c.opts.HeadBytes {
		b.bomb = true
		c.dec.SetEmitEnabled(false)
		return
	}
	if h.tooLarge || h.size > c.opts.HeadBytes || len(h.fields) >= c.opts.HeadFields {
		h.tooLarge = true
		return
	}
	h.add(f.Name, f.Value, f.Sensitive)
}

// endBlock does what a complete header block asks for.
func (c *Conn) endBlock() error {
	b := &c.block
	s := b.stream
	b.stream = nil
	if b.use == forRequest && b.fault == nil {
		b.fault = s.req.read(&s.head, b.endStream, c.opts.ExtendedConnect)
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
		return c.fault(c.streams[b.id], b.id, b.fault)
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

// onTrailer ends a request body with its trailer section. mu is held.
func (c *Conn) onTrailer() error {
	b := &c.block
	s := c.streams[b.id]
	if s == nil {
		return nil // ended since
	}
	if c.trailer.tooLarge {
		return c.fault(s, b.id, &StreamError{CodeEnhanceYourCalm, "the trailer section is longer than allowed"})
	}
	if err := checkTrailer(&c.trailer); err != nil {
		return c.fault(s, b.id, err)
	}
	s.trailer, c.trailer = c.trailer, s.trailer
	return c.endRemote(s)
}

package http2

import (
	"encoding/binary"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// leastContinuations bounds the frames of a header block behind the first, where
	// frames of full length would not need more.
	leastContinuations = 16
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
	forResponse
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
	took      time.Duration // from its first byte to its last, if they did not come at once
}

// headers reads a HEADERS frame.
func (c *link) headers(h http2.FrameHeader) error {
	n, pad := int(h.Length), 0
	if h.StreamID == 0 {
		return errStreamZero
	}
	if h.StreamID%2 == 0 {
		return errEvenStream // nothing is pushed
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
func (c *link) padding(n *int) (int, error) {
	if *n < 1 {
		return 0, errFrameSize
	}
	*n--
	return int(c.in.take(1)[0]), nil
}

// beginBlock has it decided what a header block is for.
func (c *link) beginBlock(h http2.FrameHeader) error {
	c.block = block{
		id: h.StreamID, endStream: h.Flags.Has(http2.FlagHeadersEndStream), head: &c.trailer,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.side.assign(h); err != nil {
		return err
	}
	c.block.head.reset()
	c.dec.SetEmitEnabled(true)
	c.expectBlock()
	return nil
}

// expectBlock starts the clock for a header block, unless it runs. mu is held.
func (c *link) expectBlock() {
	if c.blocked == 0 {
		c.blocked = c.watch.Now()
		c.dueWithin(c.opts.HeaderTime)
	}
}

func (c *link) continuation(h http2.FrameHeader) error {
	most := max(leastContinuations, compressedFactor*c.opts.HeadBytes/frameSize)
	if c.block.frames++; c.block.frames > most {
		return errBlockFrames
	}
	return c.fragment(int(h.Length), 0, h.Flags.Has(http2.FlagContinuationEndHeaders))
}

// fragment decodes n bytes of a header block.
func (c *link) fragment(n, pad int, last bool) error {
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
		if c.headAt.IsZero() {
			c.headAt = time.Now()
		}
		return nil
	}
	if !c.headAt.IsZero() {
		b.took, c.headAt = time.Since(c.headAt), time.Time{}
	}
	if c.dec.Close() != nil {
		return errCompression
	}
	return c.side.endBlock()
}

// emit takes a field from the decoder.
func (c *link) emit(f hpack.HeaderField) {
	b := &c.block
	h := b.head
	n := len(f.Name) + len(f.Value) + fieldOverhead
	if h.all += n; h.all > bombFactor*c.opts.HeadBytes {
		b.bomb = true
		c.dec.SetEmitEnabled(false)
		return
	}
	switch {
	case f.Name == "cookie" && h.cookies:
		// HTTP/2 lets clients split cookies into many fields (RFC 9113 section 8.2.3). They
		// count as the one that they are everywhere else.
		n = len("; ") + len(f.Value)
	case f.Name == "cookie":
		h.cookies = true
		h.lines++
	case len(f.Name) == 0 || f.Name[0] != ':' || f.Name == ":authority":
		h.lines++ // the other pseudo fields are the first line of HTTP/1.1
	}
	h.size += n
	if h.tooLarge || h.size > c.opts.HeadBytes || h.lines > c.opts.HeadFields {
		h.tooLarge = true
		return
	}
	h.add(f.Name, f.Value, f.Sensitive)
}

// onTrailer ends a body with its trailer section. mu is held.
func (c *link) onTrailer() error {
	b := &c.block
	s := c.streams[b.id]
	if s == nil {
		return nil // ended since
	}
	if c.trailer.tooLarge {
		return c.malformed(s, errTrailerLarge, true)
	}
	if err := checkTrailer(&c.trailer, c.laxValues); err != nil {
		return c.malformed(s, err, true)
	}
	s.trailer, c.trailer = c.trailer, s.trailer
	return c.endRemote(s)
}

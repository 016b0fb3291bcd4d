package http2

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	initialWindow = 65535     // RFC 9113 section 6.9.2
	maxWindow     = 1<<31 - 1 // section 6.9.1
	maxStreamID   = 1<<31 - 1
	// frameSize is the longest frame that is accepted: the least that must be.
	frameSize   = 16 << 10
	frameHeader = 9
)

// link is what both ends of a connection have: frames in and out, header
// compression, windows, deadlines. What they differ in is its side's.
type link struct {
	wire   Wire
	watch  *Watch
	opts   Options
	side   side
	framer *http2.Framer // reads for the reading goroutine, writes under mu

	// laxValues says that field values may have control characters. It does not change.
	laxValues bool

	// The reading goroutine's own.
	in      buffer
	dec     *hpack.Decoder
	block   block
	trailer Head      // what is not a request head is decoded into
	headAt  time.Time // the first byte of a header block that does not come at once

	// due is when the watch has to look at this connection next.
	due  atomic.Int64
	slot int // the watch's, under its mutex

	mu sync.Mutex
	// All below is guarded by mu.
	streams  map[uint32]*flow  // open or half-closed
	running  int               // streams in use: by handlers, or by callers of a client
	maxID    uint32            // the highest stream the client has opened
	closed   ring[[64]uint32]  // streams that the peer has ended, or reset, of late
	dropped  ring[[128]uint32] // those that only this side has reset
	calm     calm
	settings bool  // the peer's first SETTINGS have come
	blocked  int64 // when the header block began that is not complete; 0: none is

	// What may be sent to the peer, and is owed to it.
	outWindow     int64 // of the connection
	initialOut    int64 // of a new stream
	initialIn     int   // what the peer may send in a new stream
	inWindow      int   // what it may still send in all
	window        int   // what it may send at most, once all is consumed
	inCredit      int   // consumed, and not told yet
	grow          growth
	enc           encoder
	sendq         queue
	writer        writer
	peerLeaves    bool // the peer sent GOAWAY
	pingsInFlight int
	asks          int // PINGs sent since HEADERS or DATA came

	// The end.
	err     error // why; valid once ending
	ending  bool  // nothing is read any more, what is queued is written
	broken  bool  // the wire takes nothing any more
	reading bool  // the reading goroutine may wait on the wire
	quiet   sync.Cond
}

// side is what the two ends of a connection do differently. mu is held whenever
// one of its methods is called, except for endBlock.
type side interface {
	// assign decides what a header block is for that begins.
	assign(h http2.FrameHeader) error
	// endBlock does what a complete header block asks for.
	endBlock() error
	// setting adopts a setting that only one of the ends has to know.
	setting(s http2.Setting) error
	// pong takes the answer to a PING that was sent.
	pong(data [8]byte)
	// leaves takes the peer's GOAWAY.
	leaves(f *http2.GoAwayFrame) error
	// aborted takes the peer's RST_STREAM.
	aborted(s *flow, id uint32, code Code) error
	// stray judges a DATA frame with n bytes for a stream that is not open any more.
	stray(id uint32, n int) error
	// adopted is called when the peer's settings are in force.
	adopted()
	// resets is called for a stream that this side is about to reset.
	resets(s *flow)
	// faulted counts a stream that was reset for what the peer did to it.
	faulted() error
	// vacant is called when a stream has ended, or nobody uses it any more.
	vacant()
	// ended is called when the connection begins to end, before its streams do.
	ended()
	// unwritten decides what a failed write means for the connection.
	unwritten(err error)
	// overdue ends what only one of the ends waits for.
	overdue(d *deadlines)
	// lastID is the highest of the peer's streams that were processed, for GOAWAY.
	lastID() uint32
	// widen says by how much of n a stream's window may grow.
	widen(n int) int
}

func (c *link) init(side side, wire Wire, w *Watch, o Options) {
	c.side, c.wire, c.watch, c.opts, c.slot = side, wire, w, o, -1
	c.streams = make(map[uint32]*flow)
	c.quiet.L = &c.mu
	c.writer.init(&c.mu)
	c.enc.init()
	c.outWindow, c.initialOut = initialWindow, initialWindow
	c.window, c.inWindow = c.opts.ConnWindow, c.opts.ConnWindow
	c.grow.stream, c.grow.conn = c.opts.StreamWindow, c.opts.ConnWindow
	// A peer may use the initial window until it has seen ours.
	c.initialIn = max(c.opts.StreamWindow, initialWindow)
	c.calm.init(w.Now())
	c.framer = http2.NewFramer((*output)(c), &c.in)
	c.framer.SetMaxReadFrameSize(frameSize)
}

// run reads, with read, until the connection ends, and returns when nothing uses
// the wire any more. What was read before is in the buffer.
func (c *link) run(read func() (need int, err error)) error {
	c.dec = hpack.NewDecoder(tableSize, c.emit)
	err := asConnError(c.in.pump(c.wire, read))
	c.in.r = c.in.w
	c.in.shrink()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	c.end(err)
	for !c.writer.finished {
		c.quiet.Wait()
	}
	c.writer.release()
	return c.err
}

// Close ends the connection at once. Any goroutine may call it.
func (c *link) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut(ErrGone)
}

// cut ends the connection without writing what is queued. mu is held.
func (c *link) cut(err error) {
	c.broken = true
	c.end(err)
	c.wire.Interrupt()
}

// end begins the end of the connection: every stream is cancelled, what is
// queued is written. mu is held.
func (c *link) end(err error) {
	if c.ending {
		return
	}
	c.ending = true
	var fault *ConnError
	switch {
	case errors.As(err, &fault):
		if !fault.ByPeer {
			c.goAway(c.side.lastID(), fault.Code, fault.Reason)
		}
		c.err = err
	case c.err != nil: // the peer said why
	case err == errOrderly, err == io.EOF && len(c.streams) == 0:
	case err == io.EOF:
		c.err = ErrGone
	default:
		c.err = err
	}
	c.side.ended()
	for _, s := range c.streams {
		c.cancel(s, ErrGone)
	}
	c.writer.room.Broadcast()
	c.wakeWriter()
}

// errOrderly ends a connection that has nothing left to do.
var errOrderly = errors.New("http2: done")

// open is how many streams are open.
func (c *link) open() int { return len(c.streams) }

// never reports whether a stream was never opened: clients open those with odd
// numbers, and nothing is pushed.
func (c *link) never(id uint32) bool { return id > c.maxID || id%2 == 0 }

// ping sends a PING. mu is held.
func (c *link) ping(data [8]byte) {
	c.pingsInFlight++
	c.asks++
	c.writeErr(c.framer.WritePing(false, data))
	c.wakeWriter()
}

// goAway queues GOAWAY. mu is held.
func (c *link) goAway(last uint32, code Code, why string) {
	c.writeErr(c.framer.WriteGoAway(last, code, []byte(why)))
	c.wakeWriter()
}

// reset ends a stream from this side. mu is held.
func (c *link) reset(s *flow, code Code, cause error) {
	c.side.resets(s)
	c.writeReset(s.id, code)
	s.localEnd, s.dropped = true, true
	c.cancel(s, cause)
	c.forget(s)
}

func (c *link) writeReset(id uint32, code Code) {
	c.dropped.add(id)
	c.writeErr(c.framer.WriteRSTStream(id, code))
	c.wakeWriter()
}

// cancel lets nothing more be read or written. mu is held.
func (c *link) cancel(s *flow, cause error) {
	if s.cause != nil {
		return
	}
	if s.call != nil && s.remoteEnd {
		// The response is complete: its reader may go on.
		c.stopWriting(s)
		return
	}
	s.cause = cause
	c.unqueue(s)
	c.credit(nil, s.body.clear())
	s.readable.Broadcast()
	if i := s.canceler; i != nil {
		s.canceler = nil
		i.Interrupt()
	}
}

// stopWriting lets nothing more be written, because the peer has answered already
// and takes no more. mu is held.
func (c *link) stopWriting(s *flow) {
	s.answered = true
	c.unqueue(s)
}

// unqueue takes back what waits to be sent, and wakes the goroutine that waits for that. mu
// is held.
func (c *link) unqueue(s *flow) {
	c.sendq.remove(s)
	s.pending, s.pendingEnd = nil, false
	s.writable.Broadcast()
	if c.writer.waiters > 0 {
		c.writer.room.Broadcast()
	}
}

// forget takes a stream out of those that are open; it may still be in use.
// mu is held.
func (c *link) forget(s *flow) {
	if c.streams[s.id] != s {
		return
	}
	delete(c.streams, s.id)
	if !s.dropped {
		c.closed.add(s.id)
	}
	c.side.vacant()
}

// ring remembers the last stream numbers that were put in.
type ring[A [64]uint32 | [128]uint32] struct {
	ids  A
	next uint8
}

func (r *ring[A]) add(id uint32) {
	r.ids[int(r.next)%len(r.ids)] = id
	r.next++
}

func (r *ring[A]) has(id uint32) bool {
	for i := range len(r.ids) {
		if r.ids[i] == id {
			return true
		}
	}
	return false
}

// remove takes a number out, as often as it is in, and reports whether it was.
func (r *ring[A]) remove(id uint32) (was bool) {
	for i := range len(r.ids) {
		if r.ids[i] == id {
			r.ids[i], was = 0, true // no stream has the number 0
		}
	}
	return was
}

package http2

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

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

// A Handler serves one stream, in a goroutine of the connection's. When it
// returns, what is missing of the response is made up for with a reset.
type Handler func(*Stream)

// A Conn is a connection to a client. Make one with NewConn, serve it once.
type Conn struct {
	wire    Wire
	watch   *Watch
	opts    Options
	handler Handler
	framer  *http2.Framer // reads for the reading goroutine, writes under mu

	// The reading goroutine's own.
	in      buffer
	preface []byte // what of the client preface has not come yet
	dec     *hpack.Decoder
	block   block
	trailer Head

	// due is when the watch has to look at this connection next.
	due  atomic.Int64
	slot int // the watch's, under its mutex

	mu sync.Mutex
	// All below is guarded by mu.
	streams  map[uint32]*Stream // open or half-closed
	running  int                // handlers
	maxID    uint32             // the highest stream the client has opened
	closed   ring[[64]uint32]   // streams that both sides have ended, of late
	dropped  ring[[128]uint32]  // streams that this side has reset, of late
	calm     calm
	settings bool  // the client's first SETTINGS have come
	blocked  int64 // when the header block began that is not complete; 0: none is
	idle     int64 // since when there is no stream

	// What may be sent to the client, and is owed to it.
	outWindow     int64 // of the connection
	initialOut    int64 // of a new stream
	initialIn     int   // what the client may send in a new stream
	inWindow      int   // what it may still send in all
	window        int   // what it may send at most, once all is consumed
	inCredit      int   // consumed, and not told yet
	grow          growth
	enc           encoder
	sendq         queue
	writer        writer
	workers       pool
	drain         drainState
	drainFrom     int64  // when the drain was announced
	lastAccepted  uint32 // streams above it are ignored once drained
	peerLeaves    bool   // the client sent GOAWAY
	pingsInFlight int

	// The end.
	err     error // why; valid once ending
	ending  bool  // nothing is read any more, what is queued is written
	broken  bool  // the wire takes nothing any more
	reading bool  // the reading goroutine may wait on the wire
	quiet   sync.Cond
}

// NewConn makes a connection of a client that is going to speak HTTP/2, whether
// ALPN said so or its preface will. The watch enforces its deadlines.
func NewConn(wire Wire, w *Watch, o Options, h Handler) *Conn {
	c := &Conn{wire: wire, watch: w, opts: o.withDefaults(), handler: h, slot: -1}
	c.streams = make(map[uint32]*Stream)
	c.quiet.L = &c.mu
	c.writer.init(&c.mu)
	c.enc.init()
	c.outWindow, c.initialOut = initialWindow, initialWindow
	c.window, c.inWindow = c.opts.ConnWindow, c.opts.ConnWindow
	c.grow.stream, c.grow.conn = c.opts.StreamWindow, c.opts.ConnWindow
	// A client may use the initial window until it has seen ours.
	c.initialIn = max(c.opts.StreamWindow, initialWindow)
	c.calm.init(w.Now())
	c.idle = w.Now()
	c.framer = http2.NewFramer((*output)(c), &c.in)
	c.framer.SetMaxReadFrameSize(frameSize)
	return c
}

// Serve speaks with the client until the connection ends, and every handler has
// returned. initial is what was read from the wire before. The result is nil if
// the connection came to an orderly end, a *ConnError if the client broke the
// rules, or what the wire failed with.
//
// The wire is left open for the caller to close, who should let the client read
// what was sent before that. It may have been interrupted.
func (c *Conn) Serve(ctx context.Context, initial []byte) error {
	c.in, c.preface = newBuffer(initial), clientPreface
	c.dec = hpack.NewDecoder(tableSize, c.emit)
	c.watch.add(c)
	defer c.watch.remove(c)
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()

	c.mu.Lock()
	c.reading = true
	c.greet()
	c.mu.Unlock()
	err := asConnError(c.in.pump(c.wire, c.read))
	c.in.r = c.in.w
	c.in.shrink()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	c.end(err)
	c.workers.dismiss()
	for c.running > 0 || c.workers.alive > 0 || !c.writer.finished {
		c.quiet.Wait()
	}
	c.writer.release()
	return c.err
}

// Close ends the connection at once. Any goroutine may call it.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
	c.end(ErrGone)
	c.wire.Interrupt()
}

// Active is how many requests are being served.
func (c *Conn) Active() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// end begins the end of the connection: every stream is cancelled, what is
// queued is written. mu is held.
func (c *Conn) end(err error) {
	if c.ending {
		return
	}
	c.ending = true
	var fault *ConnError
	switch {
	case errors.As(err, &fault):
		c.goAway(c.maxID, fault.Code, fault.Reason)
		c.err = err
	case err == errOrderly, err == io.EOF && len(c.streams) == 0:
	case err == io.EOF:
		c.err = ErrGone
	default:
		c.err = err
	}
	for _, s := range c.streams {
		c.cancel(s, ErrGone)
	}
	c.writer.room.Broadcast()
	c.wakeWriter()
}

// errOrderly ends a connection that has nothing left to do.
var errOrderly = errors.New("http2: done")

// open is how many streams the client has open.
func (c *Conn) open() int { return len(c.streams) }

// endIfDone ends a connection that may get no more streams when it has none. mu
// is held.
func (c *Conn) endIfDone() {
	if len(c.streams) > 0 || c.running > 0 {
		return
	}
	c.idle = c.watch.Now()
	c.dueWithin(c.opts.KeepAlive)
	if c.drain == drained || c.peerLeaves {
		c.end(errOrderly)
	}
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

package http2

import (
	"runtime"
	"sync"

	"golang.org/x/net/http2"
)

const (
	// dataLimit is how much may wait for the wire before bodies and heads wait
	// with their writers: two TLS records.
	dataLimit = 2 * frameSize
	// controlLimit is how much may wait before no more frames are read.
	controlLimit = dataLimit + 4<<10
	outBuffer    = controlLimit
)

var outBuffers = sync.Pool{New: func() any { return new([outBuffer]byte) }}

type writerState uint8

const (
	writerGone  writerState = iota // has no goroutine
	writerRests                    // waits for something to write
	writerRuns
)

// writer is the connection's output, and the goroutine that writes it. All is
// guarded by the connection's mu.
type writer struct {
	out      []byte // nil while empty
	state    writerState
	leave    bool // the goroutine is to end, if it rests
	finished bool // nothing will be written any more
	wake     sync.Cond
	room     sync.Cond // signalled when out was taken
	waiters  int       // for room
	writing  bool      // the wire is taking a batch
	// inline is a client's stream whose caller writes itself, since inlineFrom.
	inline     *flow
	inlineFrom int64
	given      uint32 // the highest stream of which the wire may have taken something
}

func (w *writer) init(mu *sync.Mutex) { w.wake.L, w.room.L = mu, mu }

// output gives the Framer a place to write to. mu is held.
type output link

func (o *output) Write(p []byte) (int, error) {
	o.writer.append(p)
	return len(p), nil
}

func (w *writer) append(p []byte) {
	if w.out == nil {
		w.out = outBuffers.Get().(*[outBuffer]byte)[:0]
	}
	w.out = append(w.out, p...)
}

// frame appends a frame.
func (w *writer) frame(t http2.FrameType, flags http2.Flags, id uint32, payload []byte) {
	n := len(payload)
	w.append([]byte{
		byte(n >> 16), byte(n >> 8), byte(n), byte(t), byte(flags), byte(id >> 24), byte(id >> 16),
		byte(id >> 8), byte(id),
	})
	w.out = append(w.out, payload...)
}

func recycle(b []byte) {
	if cap(b) == outBuffer {
		outBuffers.Put((*[outBuffer]byte)(b[:outBuffer]))
	}
}

// release forgets what was not written.
func (w *writer) release() {
	recycle(w.out)
	w.out = nil
}

// writeErr is for what the Framer says of a frame that it is asked to write into
// memory: it refuses only what is our mistake.
func (c *link) writeErr(err error) {
	if err != nil {
		panic("http2: writing a frame: " + err.Error())
	}
}

// wakeWriter has the output written soon. mu is held.
func (c *link) wakeWriter() {
	w := &c.writer
	switch {
	case w.state == writerRuns || w.finished:
	case w.state == writerRests:
		w.state = writerRuns
		w.wake.Signal()
	default:
		w.state = writerRuns
		go c.write()
	}
}

// writable reports whether there is something that can be written. mu is held.
func (c *link) writable() bool {
	return !c.broken && (len(c.writer.out) > 0 || !c.sendq.empty() && c.outWindow > 0)
}

// inlineMax is the most that a caller of a client writes itself: it may be
// interrupted, which a write that waits for the peer is not.
const inlineMax = 4 << 10

// flush has the output written: by the goroutine that calls it for its stream, if that
// is the only stream and no other goroutine writes, since there is nothing to wait for then and no
// goroutine to change to. mu is held, but not while writing.
func (c *link) flush(s *flow) {
	w := &c.writer
	if c.running > 1 || w.state == writerRuns || w.finished || c.ending || !c.writable() ||
		s.call != nil && (len(w.out) > inlineMax || !c.sendq.empty()) {
		c.wakeWriter()
		return
	}
	was := w.state
	w.state = writerRuns
	if s.call != nil {
		w.inline, w.inlineFrom = s, c.watch.Now()
		c.dueWithin(s.writeIdle)
	}
	c.writeBatch()
	w.inline, w.state = nil, was
	if c.ending || c.writable() {
		c.wakeWriter()
	}
}

// writeBatch writes what there is. Its caller has made itself the one that
// writes. mu is held, but not while writing.
func (c *link) writeBatch() {
	w := &c.writer
	c.takeTurns()
	batch := w.out
	w.out, w.given = nil, c.maxID
	if w.waiters > 0 {
		w.room.Broadcast()
	}
	if len(batch) == 0 {
		return
	}
	began := c.watch.Now()
	w.writing = true
	c.mu.Unlock()
	_, err := c.wire.Write(batch)
	recycle(batch)
	c.mu.Lock()
	if w.writing = false; c.watch.Now() != began {
		c.restart()
	}
	if err != nil {
		c.side.unwritten(err)
	}
}

// restart starts the clocks of the streams anew that have waited for the wire. mu is held.
func (c *link) restart() {
	now := c.watch.Now()
	for _, s := range c.streams {
		if s.queued && s.writeFrom != 0 {
			s.writeFrom = now
			c.dueWithin(s.writeIdle)
		}
	}
}

// write is the goroutine that writes the output, until the connection ends or
// the watch sends it away.
func (c *link) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &c.writer
	for {
		if !c.writable() {
			if c.ending {
				break
			}
			w.leave, w.state = false, writerRests
			c.dueWithin(trimAfter)
			for w.state == writerRests && !w.leave {
				w.wake.Wait()
			}
			if w.state == writerRests {
				w.state = writerGone
				return
			}
		}
		if c.running > 1 && !c.ending && len(w.out) < frameSize {
			// Let others that are ready add to this batch.
			c.mu.Unlock()
			runtime.Gosched()
			c.mu.Lock()
		}
		c.writeBatch()
	}
	w.state, w.finished = writerGone, true
	if c.reading {
		c.wire.Interrupt()
	}
	c.quiet.Broadcast()
}

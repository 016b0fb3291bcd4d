package http2

import (
	"sync"
	"time"
)

// A Stream is one request with its response. It belongs to its handler until
// that returns: nothing of it may be used after that.
//
// One goroutine of the handler's may read the body while another writes.
type Stream struct {
	conn *Conn
	id   uint32

	head Head
	req  Request
	out  Fields

	// All below is guarded by the connection's mu.
	opened    int64 // when
	remoteEnd bool  // the client has sent all
	localEnd  bool  // this side has
	headSent  bool
	dropped   bool  // this side has reset it
	cause     error // why nothing more can be read or written; nil: it can
	canceler  Interrupter

	// Receiving.
	trailer   Head
	body      chunks
	got       int64 // bytes of the body
	inWindow  int   // what the client may still send
	window    int   // what it may send at most, once all is consumed
	inCredit  int   // consumed, and not told yet
	readable  sync.Cond
	readFrom  int64 // since when the handler waits for a body; 0: it does not
	readIdle  time.Duration
	readLate  bool // that wait is over
	bodyOff   bool // the handler does not want the rest
	writeIdle time.Duration

	// Sending.
	outWindow  int64
	pending    []byte // the handler's bytes, while it waits for them to be sent
	pendingEnd bool   // they are the last
	writable   sync.Cond
	writeFrom  int64 // since when nothing of them was taken; 0: none wait
	urgency    uint8
	queued     bool
	prev, next *Stream // in the queue
}

// An Interrupter is whatever must be told that a stream was cancelled: the
// socket on which its handler waits. Interrupt must return at once and may not
// call the stream.
type Interrupter interface{ Interrupt() }

var streams = sync.Pool{New: func() any { return new(Stream) }}

func newStream() *Stream { return streams.Get().(*Stream) }

// release gives a stream back that nobody knows any more.
func (s *Stream) release() {
	head, trailer, out := s.head, s.trailer, s.out
	head.reset()
	trailer.reset()
	out.Reset()
	// The conditions are zero again too: nobody waits on them.
	*s = Stream{head: head, trailer: trailer, out: out}
	streams.Put(s)
}

// ID is the stream's number.
func (s *Stream) ID() uint32 { return s.id }

// Request is what the request's head says.
func (s *Stream) Request() *Request { return &s.req }

// Head is the request's head: the pseudo fields, then from Request.First on the
// fields.
func (s *Stream) Head() *Head { return &s.head }

// Fields are those of the next head, interim head or trailer section that is
// written, which takes them out.
func (s *Stream) Fields() *Fields { return &s.out }

// HasBody reports whether the client announced a body: that the head did not
// end the stream. It must be called before the body is read.
func (s *Stream) HasBody() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return !s.remoteEnd || s.got > 0 || s.trailer.Len() > 0
}

// Whole reports whether the whole request body has arrived, and how many bytes
// of it have not been read yet.
func (s *Stream) Whole() (unread int, whole bool) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.body.size, s.remoteEnd
}

// Cause is why nothing more can be read or written, nil while it can.
func (s *Stream) Cause() error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.cause
}

// OnCancel has i interrupted, once, when the client resets the stream, breaks
// the protocol in it, takes nothing of the response for too long, or goes away.
// If that has happened it is at once.
func (s *Stream) OnCancel(i Interrupter) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.cause != nil {
		i.Interrupt()
		return
	}
	s.canceler = i
}

// EndCancel takes OnCancel back. It returns false if the stream was cancelled:
// then the interrupt has happened.
func (s *Stream) EndCancel() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.canceler = nil
	return s.cause == nil
}

// SetIdle changes how long the handler waits for bytes of the request body, and
// for the client to take bytes of the response. 0 is for ever.
func (s *Stream) SetIdle(read, write time.Duration) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.readIdle, s.writeIdle = read, write
}

// Draining reports whether the connection takes no new streams any more.
func (s *Stream) Draining() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.conn.drain != serving
}

// Reset ends the stream from this side, with what was written before.
func (s *Stream) Reset(code Code) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.cause == nil && !(s.localEnd && s.remoteEnd) {
		s.canceler = nil // the handler knows
		s.conn.reset(s, code, ErrEnded)
	}
}

// start gives a stream to a handler. mu is held.
func (c *Conn) start(s *Stream, id uint32, end bool) {
	if c.ending {
		s.release()
		return
	}
	s.conn, s.id, s.opened, s.remoteEnd = c, id, c.watch.Now(), end
	s.urgency = s.req.urgency
	s.readable.L, s.writable.L = &c.mu, &c.mu
	s.window, s.inWindow, s.outWindow = c.opts.StreamWindow, c.initialIn, c.initialOut
	s.readIdle, s.writeIdle = c.opts.BodyIdle, c.opts.BodyIdle
	c.streams[id] = s
	c.running++
	c.workers.serve(c, s)
}

// finish ends what a handler has left. mu is held.
func (c *Conn) finish(s *Stream) {
	s.canceler = nil
	switch {
	case s.cause != nil:
	case !s.localEnd:
		c.reset(s, CodeInternal, errUnfinished)
	case !s.remoteEnd:
		// The rest of the request is not wanted (RFC 9113 section 8.1).
		c.reset(s, CodeNo, ErrEnded)
	}
	c.credit(nil, s.body.clear())
	s.release()
	c.running--
	c.endIfDone()
}

// reset ends a stream from this side. mu is held.
func (c *Conn) reset(s *Stream, code Code, cause error) {
	c.writeReset(s.id, code)
	s.localEnd, s.dropped = true, true
	c.cancel(s, cause)
	c.forget(s)
}

func (c *Conn) writeReset(id uint32, code Code) {
	c.dropped.add(id)
	c.writeErr(c.framer.WriteRSTStream(id, code))
	c.wakeWriter()
}

// cancel lets nothing more be read or written. mu is held.
func (c *Conn) cancel(s *Stream, cause error) {
	if s.cause != nil {
		return
	}
	s.cause = cause
	c.sendq.remove(s)
	s.pending, s.pendingEnd = nil, false
	c.credit(nil, s.body.clear())
	s.readable.Broadcast()
	s.writable.Broadcast()
	if c.writer.waiters > 0 {
		c.writer.room.Broadcast()
	}
	if i := s.canceler; i != nil {
		s.canceler = nil
		i.Interrupt()
	}
}

// forget takes a stream out of those that are open; its handler may still run.
// mu is held.
func (c *Conn) forget(s *Stream) {
	if c.streams[s.id] != s {
		return
	}
	delete(c.streams, s.id)
	if !s.dropped {
		c.closed.add(s.id)
	}
	c.endIfDone()
}

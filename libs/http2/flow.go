package http2

import (
	"sync"
	"time"
)

// flow is a stream as both ends have it: bytes in two directions, each with its
// window, its wait and its end.
type flow struct {
	conn *link
	id   uint32
	out  Fields

	// All below is guarded by the connection's mu.
	opened      int64         // when
	call        *ClientStream // whose flow this is, at a client; else nil
	remoteEnd   bool          // the peer has sent all
	localEnd    bool          // this side has
	dropped     bool          // this side has reset it
	answered    bool          // the peer takes no more, having answered
	unprocessed bool          // the peer said that it did nothing with it
	interrupted bool
	cause       error // why nothing more can be read or written; nil: it can
	// wrong is what is malformed in the request that a client sends: nothing more of it is
	// read, but it may be answered, and is reset behind that.
	wrong    *StreamError
	canceler Interrupter

	// Receiving.
	trailer   Head
	begun     bool // DATA may come: the head before it has
	body      chunks
	got       int64 // bytes of the body
	length    int64 // how many there must be; -1: any number
	inWindow  int   // what the peer may still send
	window    int   // what it may send at most, once all is consumed
	inCredit  int   // consumed, and not told yet
	readable  sync.Cond
	readFrom  int64 // since when a goroutine waits for what comes; 0: none does
	readIdle  time.Duration
	readLate  bool // that wait is over
	bodyOff   bool // its owner does not read the body
	writeIdle time.Duration

	// Sending.
	outWindow  int64
	pending    []byte // the writer's bytes, while it waits for them to be sent
	pendingEnd bool   // they are the last
	writable   sync.Cond
	writeFrom  int64 // since when nothing of them was taken; 0: none wait
	urgency    uint8
	queued     bool
	prev, next *flow // in the queue
}

// An Interrupter is whatever must be told that a stream was cancelled: the
// socket on which its handler waits. Interrupt must return at once and may not
// call the stream.
type Interrupter interface{ Interrupt() }

// join makes s a stream of the connection. mu is held.
func (c *link) join(s *flow, id uint32) {
	s.id, s.opened = id, c.watch.Now()
	s.window, s.inWindow, s.outWindow = c.opts.StreamWindow, c.initialIn, c.initialOut
	c.streams[id] = s
}

// attach makes s belong to the connection, before it is a stream of it.
func (c *link) attach(s *flow) {
	s.conn = c
	s.readable.L, s.writable.L = &c.mu, &c.mu
}

// Fields are those of the next head, interim head or trailer section that is
// written, which takes them out.
func (s *flow) Fields() *Fields { return &s.out }

// Cause is why nothing more can be read or written, nil while it can.
func (s *flow) Cause() error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.cause
}

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
	flow
	server *Conn
	head   Head
	req    Request

	headTook time.Duration
	headOnly bool // the request's head ended it
	headSent bool // guarded by the connection's mu
}

var streams = sync.Pool{New: func() any { return new(Stream) }}

func newStream() *Stream { return streams.Get().(*Stream) }

// release gives a stream back that nobody knows any more.
func (s *Stream) release() {
	head, trailer, out := s.head, s.trailer, s.out
	head.reset()
	trailer.reset()
	out.Reset()
	// The conditions are zero again too: nobody waits on them.
	*s = Stream{flow: flow{trailer: trailer, out: out}, head: head}
	streams.Put(s)
}

// ID is the stream's number.
func (s *Stream) ID() uint32 { return s.id }

// Request is what the request's head says.
func (s *Stream) Request() *Request { return &s.req }

// Head is the request's head: the pseudo fields, then from Request.First on the
// fields.
func (s *Stream) Head() *Head { return &s.head }

// HeadTook is how long the request's head took to come, from its first byte to its last; 0: all of
// it came at once.
func (s *Stream) HeadTook() time.Duration { return s.headTook }

// Broken is what the client did with the stream that it was reset for, nil where nothing was.
func (s *Stream) Broken() *StreamError {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if wrong, ok := s.cause.(*StreamError); ok && !wrong.ByPeer && wrong != errUnfinished {
		return wrong
	}
	return nil
}

// Arrival is what has come of a request behind its head.
type Arrival struct {
	Body    bool // there is one, or will be, maybe of 0 bytes: the head did not end the stream
	Whole   bool // all of it has come
	Unread  int  // bytes
	Trailer bool // has come
}

// Arrived tells what has come. It must be called before the body is read.
func (s *Stream) Arrived() Arrival {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return Arrival{
		Body: !s.headOnly, Whole: s.remoteEnd && s.wrong == nil, Unread: s.body.size,
		Trailer: s.trailer.Len() > 0,
	}
}

// Whole reports whether the whole request body has arrived, and how many bytes
// of it have not been read yet. One that is malformed never is whole, though no more of it comes:
// ReadBody says what is wrong with it.
func (s *Stream) Whole() (unread int, whole bool) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.body.size, s.remoteEnd && s.wrong == nil
}

// AnsweredEarly reports whether the whole response is written, while more of the request
// is to come. When the handler returns, such a stream is reset with NO_ERROR.
func (s *Stream) AnsweredEarly() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.cause == nil && s.wrong == nil && s.localEnd && !s.remoteEnd
}

// OnCancel has i interrupted, once, when the client resets the stream, breaks
// the protocol in it, takes nothing of the response for too long, or goes away, or
// when the connection is told to Leave. If that has happened it is at once.
func (s *Stream) OnCancel(i Interrupter) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.cause != nil || s.server.leaving {
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
	return s.cause == nil && !s.server.leaving
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
	return s.server.drain != serving
}

// Reset ends the stream from this side, with what was written before.
func (s *Stream) Reset(code Code) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.cause == nil && !(s.localEnd && s.remoteEnd) {
		if s.wrong != nil {
			code = s.wrong.Code
		}
		s.canceler = nil // the handler knows
		s.conn.reset(&s.flow, code, ErrEnded)
	}
}

// WriteHead writes the response's head, with the stream's Fields, then body as
// WriteBody does. Passing on what there is of a body already lets it leave
// together with the head. end says that nothing follows.
//
// Like all writing it returns when the bytes are copied, so that the caller may
// use them again, and waits while there is no room for that.
func (s *Stream) WriteHead(status int, body []byte, end bool) error {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.writeFields(status, end && len(body) == 0); err != nil {
		return err
	}
	s.headSent = true
	if len(body) == 0 {
		c.flush(&s.flow)
		return nil
	}
	return s.send(body, end)
}

// WriteInterim writes a 1xx head, with the stream's Fields.
func (s *Stream) WriteInterim(status int) error {
	return s.writeAlone(status, false)
}

// HeadSent reports whether a final head was written.
func (s *Stream) HeadSent() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.headSent
}

// start gives a stream to a handler. mu is held.
func (c *Conn) start(s *Stream, id uint32, end bool) {
	if c.ending {
		s.release()
		return
	}
	s.server, s.headOnly, s.remoteEnd, s.begun = c, end, end, true
	s.urgency, s.length = s.req.urgency, s.req.ContentLength
	if s.wrong != nil {
		s.length = -1 // what comes is thrown away
	}
	s.readIdle, s.writeIdle = c.opts.BodyIdle, c.opts.BodyIdle
	c.attach(&s.flow)
	c.join(&s.flow, id)
	c.running++
	c.fresh = append(c.fresh, s)
}

// finish ends what a handler has left. mu is held.
func (c *Conn) finish(s *Stream) {
	s.canceler = nil
	switch {
	case s.cause != nil:
	case s.wrong != nil && c.streams[s.id] == &s.flow:
		c.reset(&s.flow, s.wrong.Code, s.wrong)
	case s.wrong != nil:
		// Both sides have ended the stream. The client must ignore this then (RFC 9113
		// section 5.1), and one that looks for it knows that the request was malformed.
		c.writeReset(s.id, s.wrong.Code)
	case !s.localEnd:
		c.reset(&s.flow, CodeInternal, errUnfinished)
	case !s.remoteEnd:
		// The rest of the request is not wanted (RFC 9113 section 8.1).
		c.reset(&s.flow, CodeNo, ErrEnded)
	}
	c.credit(nil, s.body.clear())
	s.release()
	c.running--
	c.vacant()
}

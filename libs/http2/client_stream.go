package http2

import (
	"slices"
	"sync"
	"time"
)

// Target is what a request is for. Its parts must have been checked.
type Target struct {
	Method, Scheme, Authority, Path []byte
	// Protocol makes a CONNECT an extended one (RFC 8441), which has Scheme and Path.
	Protocol []byte
}

// size is what the pseudo fields count of a head.
func (t *Target) size() (n int64) {
	for _, f := range [...]struct {
		name  string
		value []byte
	}{
		{":method", t.Method}, {":scheme", t.Scheme}, {":authority", t.Authority},
		{":path", t.Path}, {":protocol", t.Protocol},
	} {
		if len(f.value) > 0 {
			n += int64(len(f.name) + len(f.value) + fieldOverhead)
		}
	}
	return n
}

// A ClientStream is one request with its response. One goroutine may read while
// another writes; Close must be called once when both have done with it.
//
// Its operations end with io.EOF, ErrTimeout, ErrStalled, ErrAnswered, ErrGone,
// ErrHeadTooLarge,
// netx.ErrInterrupted, or a *StreamError: ByPeer says whether the server reset the
// stream, or its response was malformed.
type ClientStream struct {
	flow
	client *Client
	head   *Head // the one read last

	// Guarded by the connection's mu.
	heads    heads
	answers  bool // ReadHead has returned a final head
	bodyless bool // the request's method is HEAD
	tunnel   bool // it is CONNECT
}

var clientStreams = sync.Pool{New: func() any { return new(ClientStream) }}

// Open opens a stream, which counts from now on; the server learns of it with its
// head. nil says that there is no room, or that the connection is going away.
func (c *Client) Open() *ClientStream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room.Load() <= 0 {
		return nil
	}
	if c.nextID+2*uint32(c.reserved) > maxStreamID {
		c.leave()
		c.vacant()
		return nil
	}
	s := clientStreams.Get().(*ClientStream)
	s.client, s.call, s.length = c, s, -1
	c.attach(&s.flow)
	c.running++
	c.reserved++
	c.note()
	return s
}

// WriteHead writes the request's head, with the stream's Fields, then body as
// WriteBody does. end says that nothing follows.
func (s *ClientStream) WriteHead(t Target, body []byte, end bool) error {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.size()+s.out.list.listSize() > c.headMost {
		return ErrHeadTooLarge
	}
	if err := c.enter(s); err != nil {
		return err
	}
	s.bodyless, s.tunnel = string(t.Method) == "HEAD", string(t.Method) == "CONNECT"
	last := end && len(body) == 0
	c.writeBlock(s.id, c.enc.encodeRequest(&t, &s.out.list), last)
	s.out.Reset()
	if last {
		c.endLocal(&s.flow)
	}
	if len(body) == 0 {
		c.flush(&s.flow)
		return nil
	}
	return s.send(body, end)
}

// WriteTrailers ends the request with the stream's Fields.
func (s *ClientStream) WriteTrailers() error {
	c := s.client
	c.mu.Lock()
	fits := s.out.list.listSize() <= c.headMost
	c.mu.Unlock()
	if !fits {
		return ErrHeadTooLarge
	}
	return s.flow.WriteTrailers()
}

// enter makes s the next stream that the server learns of, once there is room for
// its head. mu is held, but not while waiting.
func (c *Client) enter(s *ClientStream) error {
	if s.id != 0 {
		return ErrEnded
	}
	wait := len(c.writer.out) >= dataLimit
	if wait {
		c.entering = append(c.entering, &s.flow)
	}
	err := s.awaitRoom()
	if wait {
		i := slices.Index(c.entering, &s.flow)
		c.entering = slices.Delete(c.entering, i, i+1)
	}
	switch {
	case err != nil:
		return err
	case c.ending, c.broken, c.peerLeaves:
		return ErrGone
	}
	c.maxID = c.nextID
	c.nextID += 2
	c.reserved--
	c.join(&s.flow, c.maxID)
	c.holds.opened++
	c.beat()
	return nil
}

// SetWait bounds each wait for the head or for bytes of the body, and for the
// server to take bytes, the present one included. 0 is for ever.
func (s *ClientStream) SetWait(read, write time.Duration) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.readIdle, s.writeIdle = read, write
	if s.readFrom != 0 || s.writeFrom != 0 {
		s.conn.dueWithin(Interval)
	}
}

// ReadHead waits for the next head: a final one, or an interim one (1xx) before it.
// Head has its fields until the next call. end says that neither a body nor
// trailers follow. After ErrTimeout waiting can go on.
func (s *ClientStream) ReadHead() (status int, end bool, err error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.answers {
		return 0, false, ErrEnded
	}
	for s.heads.len() == 0 || s.cause != nil || s.interrupted {
		if err := s.await(); err != nil {
			return 0, false, err
		}
	}
	s.readLate = false
	r := s.heads.pop()
	s.head, s.answers = &r.head, r.status >= 200
	return r.status, s.answers && s.remoteEnd && s.got == 0 && s.trailer.Len() == 0, nil
}

// Head is the head that ReadHead has read: :status, then the fields.
func (s *ClientStream) Head() *Head { return s.head }

// First is the field of a head that ReadHead has read that follows its pseudo field.
const First = 1

// Interrupt ends the present and every later wait with netx.ErrInterrupted. Any
// goroutine may call it, until Close; see Abandon.
func (s *ClientStream) Interrupt() {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	s.interrupted = true
	s.readable.Broadcast()
	s.writable.Broadcast()
	if c.writer.waiters > 0 {
		c.writer.room.Broadcast()
	}
	if c.writer.inline == &s.flow {
		c.dueWithin(Interval)
	}
}

// Unprocessed reports, after an error, whether the server certainly did nothing
// with the request: it said so, or nothing of it was ever written.
func (s *ClientStream) Unprocessed() bool {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.unprocessed || s.id == 0 || c.writer.finished && s.id > c.writer.given
}

// Failure is why the stream's connection has ended, for a caller that got ErrGone: nil if
// that is not known.
func (s *ClientStream) Failure() error { return s.client.Err() }

// PeerLeaves reports whether the server has said that it leaves (GOAWAY).
func (s *ClientStream) PeerLeaves() bool {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peerLeaves
}

// Close ends the stream: what is not complete is reset. Nothing of it may be used
// after that.
func (s *ClientStream) Close() {
	s.finish()
	s.release()
}

// Abandon is Close for a stream on which another goroutine may still call Interrupt.
func (s *ClientStream) Abandon() { s.finish() }

func (s *ClientStream) finish() {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case s.id == 0:
		c.reserved--
	case c.streams[s.id] == &s.flow:
		code := CodeCancel
		if s.remoteEnd {
			code = CodeNo // it has answered already
		}
		c.reset(&s.flow, code, ErrEnded)
	}
	c.credit(nil, s.body.clear())
	c.extra -= max(s.window-c.opts.StreamWindow, 0)
	c.running--
	c.vacant()
}

// release gives a stream back that nobody knows any more.
func (s *ClientStream) release() {
	s.trailer.reset()
	s.out.Reset()
	s.heads.reset()
	// The conditions are zero again too: nobody waits on them.
	s.flow = flow{trailer: s.trailer, out: s.out}
	s.client, s.head, s.answers, s.bodyless, s.tunnel = nil, nil, false, false, false
	clientStreams.Put(s)
}

package http2

import (
	"io"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// chunkSize is the unit in which bodies wait for their readers. A stream that
// holds a byte holds a chunk.
const chunkSize = 8 << 10

type chunk struct {
	next *chunk
	r, w int
	b    [chunkSize]byte
}

var chunkPool = sync.Pool{New: func() any { return new(chunk) }}

// chunks is a queue of bytes. The stream's window bounds it.
type chunks struct {
	first, last *chunk
	size        int
}

func (q *chunks) write(p []byte) {
	q.size += len(p)
	for len(p) > 0 {
		if q.last == nil || q.last.w == chunkSize {
			k := chunkPool.Get().(*chunk)
			k.next, k.r, k.w = nil, 0, 0
			if q.last == nil {
				q.first = k
			} else {
				q.last.next = k
			}
			q.last = k
		}
		n := copy(q.last.b[q.last.w:], p)
		q.last.w += n
		p = p[n:]
	}
}

func (q *chunks) read(p []byte) (n int) {
	for n < len(p) && q.first != nil {
		k := q.first
		m := copy(p[n:], k.b[k.r:k.w])
		k.r += m
		n += m
		if k.r == k.w {
			q.drop()
		}
	}
	q.size -= n
	return n
}

func (q *chunks) drop() {
	k := q.first
	if q.first = k.next; q.first == nil {
		q.last = nil
	}
	chunkPool.Put(k)
}

// clear throws everything away, and tells how much that was.
func (q *chunks) clear() int {
	for q.first != nil {
		q.drop()
	}
	n := q.size
	q.size = 0
	return n
}

// ReadBody reads what has come of the peer's body, or waits for it; with an empty p it only waits.
// io.EOF says that it is complete: its length is what Content-Length said, if it did. After
// ErrTimeout reading can go on.
func (s *flow) ReadBody(p []byte) (int, error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for s.body.size == 0 || s.interrupted {
		if s.cause == nil && s.bodyOff {
			return 0, ErrEnded
		}
		if s.cause == nil && s.wrong != nil {
			return 0, s.wrong
		}
		if s.cause == nil && s.remoteEnd && !s.interrupted {
			return 0, io.EOF
		}
		if err := s.await(); err != nil {
			return 0, err
		}
	}
	s.readLate = false
	n := s.body.read(p)
	c.credit(s, n)
	return n, nil
}

// Ready reports whether ReadBody would return at once.
func (s *flow) Ready() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.body.size > 0 || s.interrupted || s.cause != nil || s.bodyOff || s.wrong != nil ||
		s.remoteEnd
}

// await waits until something has come from the peer. mu is held, but not while
// waiting.
func (s *flow) await() error {
	switch {
	case s.cause != nil:
		return s.cause
	case s.interrupted:
		return netx.ErrInterrupted
	case s.readLate:
		s.readLate = false
		return ErrTimeout
	}
	s.readFrom = s.conn.watch.Now()
	s.conn.dueWithin(s.readIdle)
	s.readable.Wait()
	s.readFrom = 0
	return nil
}

// StopReading ends the present and every later ReadBody with ErrEnded, until
// ResumeReading; what comes meanwhile waits. Any goroutine of the stream's owner may call it.
func (s *flow) StopReading() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.bodyOff = true
	s.readable.Broadcast()
}

// ResumeReading takes StopReading back.
func (s *flow) ResumeReading() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.bodyOff = false
}

// Trailer is the peer's trailer section. It is complete once ReadBody has
// returned io.EOF.
func (s *flow) Trailer() *Head {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return &s.trailer
}

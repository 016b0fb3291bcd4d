package http2

import (
	"io"
	"sync"
)

// A Wire is the connection under a Conn: a netx.Sock, secured or not. Read and
// Write wait, each in one goroutine. A Write whose peer takes nothing must end
// by itself after a while, as that of a netx.Sock with a WriteTimeout does.
type Wire interface {
	io.Reader
	io.Writer
	// Interrupt ends the present and every later wait with an error. Any
	// goroutine may call it.
	Interrupt()
}

const (
	// idleBuffer is what a connection reads into while nothing large comes.
	idleBuffer = 4 << 10
	// busyBuffer is what it reads bodies into.
	busyBuffer = 32 << 10
)

var busyBuffers = sync.Pool{New: func() any { return new([busyBuffer]byte) }}

// reader is the buffer between the wire and whoever parses frames.
type reader struct {
	wire  Wire
	buf   []byte
	r, w  int
	small []byte // the idle buffer, while a busy one is in use
}

func newReader(wire Wire, initial []byte) reader {
	r := reader{wire: wire, buf: make([]byte, max(idleBuffer, len(initial)))}
	r.w = copy(r.buf, initial)
	return r
}

func (r *reader) buffered() int { return r.w - r.r }

// Read gives the Framer its bytes.
func (r *reader) Read(p []byte) (int, error) {
	if r.r == r.w {
		if err := r.fill(1); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.r:r.w])
	r.r += n
	return n, nil
}

// fill reads until n bytes are there; n is not above the buffer's size.
func (r *reader) fill(n int) error {
	if r.r == r.w {
		r.r, r.w = 0, 0
	}
	if r.r+n > len(r.buf) {
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
	}
	for r.w-r.r < n {
		m, err := r.wire.Read(r.buf[r.w:])
		r.w += m
		if err != nil && r.w-r.r < n {
			return err
		}
	}
	return nil
}

// next takes n bytes, which are valid until the next call.
func (r *reader) next(n int) ([]byte, error) {
	if r.w-r.r < n {
		if err := r.fill(n); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.r : r.r+n]
	r.r += n
	return b, nil
}

// some takes what is there, at least one byte and at most n.
func (r *reader) some(n int) ([]byte, error) {
	if r.r == r.w {
		if err := r.fill(1); err != nil {
			return nil, err
		}
	}
	return r.next(min(n, r.w-r.r))
}

// piece takes n bytes, or a whole buffer of them if they are more.
func (r *reader) piece(n int) ([]byte, error) { return r.next(min(n, len(r.buf))) }

func (r *reader) discard(n int) error {
	for n > 0 {
		b, err := r.some(n)
		if err != nil {
			return err
		}
		n -= len(b)
	}
	return nil
}

// grow changes to a busy buffer.
func (r *reader) grow() {
	if r.small != nil || len(r.buf) >= busyBuffer {
		return
	}
	big := busyBuffers.Get().(*[busyBuffer]byte)[:]
	n := copy(big, r.buf[r.r:r.w])
	r.small, r.buf = r.buf, big
	r.r, r.w = 0, n
}

// shrink gives a busy buffer back, if nothing is in it.
func (r *reader) shrink() {
	if r.small == nil || r.r != r.w {
		return
	}
	busyBuffers.Put((*[busyBuffer]byte)(r.buf))
	r.buf, r.small = r.small, nil
	r.r, r.w = 0, 0
}

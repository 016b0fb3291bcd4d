package http2

import (
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A Wire is the connection under a Conn: a netx.Sock, secured or not; or for
// tests something like it. Read and Write wait, each in one goroutine. A Write
// whose peer takes nothing must end by itself after a while, as that of
// a netx.Sock with a WriteTimeout does.
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
	// busyBuffer is what it reads bodies into. A whole frame fits.
	busyBuffer = 32 << 10
)

var busyBuffers = sync.Pool{New: func() any { return new([busyBuffer]byte) }}

// buffer is what was read from the wire and not parsed yet.
type buffer struct {
	b     []byte
	r, w  int
	small []byte // the idle buffer, while a busy one is in use
}

func newBuffer(initial []byte) buffer {
	b := buffer{b: make([]byte, max(idleBuffer, len(initial)))}
	b.w = copy(b.b, initial)
	return b
}

func (b *buffer) bytes() []byte { return b.b[b.r:b.w] }
func (b *buffer) len() int      { return b.w - b.r }

// Read gives the Framer what it asks for: it is asked only for what is there.
func (b *buffer) Read(p []byte) (int, error) {
	if b.r == b.w {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, b.b[b.r:b.w])
	b.r += n
	return n, nil
}

// take takes n bytes, which must be there. They are valid until space is called.
func (b *buffer) take(n int) []byte {
	p := b.b[b.r : b.r+n]
	b.r += n
	return p
}

// space is room to read into, such that what is there can grow to n bytes.
func (b *buffer) space(n int) []byte {
	switch {
	case b.r == b.w:
		b.r, b.w = 0, 0
	case b.w == len(b.b) || b.r+n > len(b.b):
		b.w = copy(b.b, b.b[b.r:b.w])
		b.r = 0
	}
	if n > len(b.b) {
		b.grow()
	}
	return b.b[b.w:]
}

// grow changes to a busy buffer.
func (b *buffer) grow() {
	big := busyBuffers.Get().(*[busyBuffer]byte)[:]
	b.w = copy(big, b.b[b.r:b.w])
	b.r = 0
	b.small, b.b = b.b, big
}

// shrink gives a busy buffer back, if nothing is in it.
func (b *buffer) shrink() {
	if b.small == nil || b.r != b.w {
		return
	}
	busyBuffers.Put((*[busyBuffer]byte)(b.b))
	b.b, b.small = b.small, nil
	b.r, b.w = 0, 0
}

// farOff is a read deadline that is never reached. Setting it lets the socket's
// watch look for the one thing that pump cannot see: see netx.Sock.Await.
const farOff = 1000 * 24 * time.Hour

// pump reads from the wire and calls use after each read, until one of them
// fails. use returns how many bytes it needs before it can go on.
func (b *buffer) pump(wire Wire, use func() (need int, err error)) error {
	need, err := use() // what came before
	if err != nil {
		return err
	}
	sock, ok := wire.(*netx.Sock)
	if !ok {
		for {
			n, err := wire.Read(b.space(need))
			b.w += n
			if n > 0 {
				if need, err = use(); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
		}
	}
	if e := sock.Await(func(uintptr) bool {
		need, err = b.drain(sock, need, use)
		sock.SetReadDeadline(farOff)
		return err != nil
	}); e != nil {
		return e
	}
	return err
}

// drain reads what a socket has, for one step of Await.
func (b *buffer) drain(sock *netx.Sock, need int, use func() (int, error)) (int, error) {
	for {
		space := b.space(need)
		n, err := sock.TryRead(space)
		if err == syscall.EAGAIN {
			return need, nil
		}
		if err != nil {
			return need, err
		}
		b.w += n
		if need, err = use(); err != nil {
			return need, err
		}
		// A short read has emptied the socket; Await knows if more comes. What
		// a layer gives is short for reasons of its own.
		if n < len(space) && sock.Secured() == nil {
			return need, nil
		}
	}
}

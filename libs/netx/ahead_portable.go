//go:build !linux || portable

package netx

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// What is read ahead at the most: a connection that says little has a small buffer, and one that
// fills it a large one until there is nothing left in that.
const (
	aheadSmall = 4 << 10
	aheadLarge = 32 << 10
)

// larges lends large buffers.
var larges = sync.Pool{New: func() any { return new([aheadLarge]byte) }}

// ahead reads from a connection before anybody asks. It stops when its buffer is full, so that a
// peer that sends faster than its bytes are taken is slowed down as by a socket.
type ahead struct {
	conn net.Conn
	// news has something when there is something to look at that the reader has not seen: bytes,
	// an end, or what wake wants to be seen.
	news chan struct{}
	over chan struct{} // closed when run has returned

	mu       sync.Mutex
	room     sync.Cond         // of mu: something was taken, or the connection is closed
	small    []byte            // guarded by mu; nil until something is read
	large    *[aheadLarge]byte // guarded by mu; nil while the small one does
	buf      []byte            // guarded by mu but for what run reads into, behind to
	from, to int               // guarded by mu; what is unread of buf
	filled   bool              // guarded by mu; the last read left no room
	err      error             // guarded by mu; what comes after the bytes
	reset    bool              // guarded by mu; a write was told that the connection is gone
	closed   bool              // guarded by mu
}

func (a *ahead) init(conn net.Conn) {
	a.conn = conn
	a.news, a.over = make(chan struct{}, 1), make(chan struct{})
	a.room.L = &a.mu
}

// run reads until the connection ends or is closed.
func (a *ahead) run() {
	defer close(a.over)
	for {
		p := a.space()
		if p == nil {
			return
		}
		n, err := a.conn.Read(p)
		a.mu.Lock()
		a.to += n
		a.filled = n == len(p)
		a.err = errnoOf(err)
		closed := a.closed
		a.mu.Unlock()
		a.tell()
		if err != nil || closed {
			return
		}
	}
}

// space waits until there is room, and returns it; nil: the connection is closed.
func (a *ahead) space() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.closed {
		if a.from == a.to {
			a.from, a.to = 0, 0
			a.choose(a.filled)
		} else if len(a.buf)-a.to < len(a.buf)/2 {
			// Something is unread, be it that nobody has come to it or that all of it is needed at
			// once (TryPeek): it moves to the front, or to more room.
			a.move()
		}
		if a.to < len(a.buf) {
			return a.buf[a.to:]
		}
		a.room.Wait()
	}
	return nil
}

// choose takes a buffer for what comes next, while nothing is unread.
func (a *ahead) choose(large bool) {
	switch {
	case large && a.large == nil:
		a.large = larges.Get().(*[aheadLarge]byte)
		a.buf = a.large[:]
	case !large:
		a.release()
		if a.small == nil {
			a.small = make([]byte, aheadSmall)
		}
		a.buf = a.small
	}
}

// move makes room behind what is unread.
func (a *ahead) move() {
	to := a.buf
	if a.large == nil && a.from == 0 {
		a.large = larges.Get().(*[aheadLarge]byte)
		to = a.large[:]
	}
	a.to = copy(to, a.buf[a.from:a.to])
	a.from, a.buf = 0, to
}

// release gives the large buffer back.
func (a *ahead) release() {
	if a.large != nil {
		larges.Put(a.large)
		a.large, a.buf = nil, nil
	}
}

// read takes what is there, without waiting; syscall.EAGAIN says nothing is. Less than len(p) is
// all there is.
func (a *ahead) read(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, err := a.look(p)
	a.took(n)
	return n, err
}

// peek is read that takes nothing.
func (a *ahead) peek(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.look(p)
}

// drop is read that throws away all there is.
func (a *ahead) drop() (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.to - a.from
	if n == 0 {
		return a.look(nil)
	}
	a.took(n)
	return n, nil
}

// look copies what is there.
func (a *ahead) look(p []byte) (int, error) {
	switch {
	case a.from < a.to:
		return copy(p, a.buf[a.from:a.to]), nil
	case a.err != nil:
		return 0, a.err
	}
	return 0, syscall.EAGAIN
}

// took says that the first n bytes are not needed any more.
func (a *ahead) took(n int) {
	if a.from += n; n > 0 {
		a.room.Signal()
	}
}

// state says whether the peer is still there, as far as was read. What is unread hides no end that
// fitted behind it.
func (a *ahead) state() peerState {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.reset:
		return peerReset
	case a.err == nil:
		return peerPresent
	case a.err == io.EOF:
		return peerHalfClosed
	}
	return peerReset
}

// gone takes down what a write was told. The system tells each error of a socket once: reading
// finds an end like any other then.
func (a *ahead) gone(err error) {
	if err != syscall.ECONNRESET && err != syscall.EPIPE {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reset = true
}

// tell makes the reader look again.
func (a *ahead) tell() {
	select {
	case a.news <- struct{}{}:
	default: // it has not looked since it was told last
	}
}

// hear forgets that something was told.
func (a *ahead) hear() {
	select {
	case <-a.news:
	default:
	}
}

// end waits until nobody reads, when the connection has been closed.
func (a *ahead) end() {
	a.mu.Lock()
	a.closed = true
	a.room.Signal()
	a.mu.Unlock()
	<-a.over
	a.mu.Lock()
	defer a.mu.Unlock()
	a.release()
	a.buf, a.from, a.to = nil, 0, 0
	if a.err == nil {
		a.err = net.ErrClosed
	}
}

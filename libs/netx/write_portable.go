//go:build !linux || portable

package netx

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"time"
)

const (
	// piece is what one write of the system takes at most. WriteTimeout is for each of them, so
	// that a slow reader is told from one that has stopped.
	piece = 16 << 10
	// atOnce is how long a write may take that must not wait. Package net has none that takes what
	// the system takes at once and leaves the rest.
	atOnce = 10 * time.Millisecond
)

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// errCutOff is the end of a connection on which a write was given up where nobody can tell how much
// of it was sent.
var errCutOff = errors.New("netx: a write was given up, and what was sent of it is not known")

// outgoing is what the writing goroutine and those that wake it have in common.
type outgoing struct {
	mu      sync.Mutex
	writing bool // guarded by mu
	limited bool // guarded by mu; the connection has a deadline for writing
	cut     bool // the writing goroutine's: see errCutOff
}

// wake ends a write that has waited for too long, or that was interrupted.
func (o *outgoing) wake(s *Sock) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.writing {
		return
	}
	if d := s.wd.Load(); d != 0 && d <= s.watch.Now() {
		o.limit(s, longAgo)
	} else if s.interrupted.Load() {
		o.limit(s, time.Now().Add(atOnce)) // as if it had come first, and found no room
	}
}

// limit sets the deadline of the system; the zero time is none.
func (o *outgoing) limit(s *Sock, at time.Time) {
	// fails only on a closed connection, which the write reports
	_ = s.conn.SetWriteDeadline(at)
	o.limited = !at.IsZero()
}

// begin starts the clock for a piece.
func (o *outgoing) begin(s *Sock) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = true
	s.wd.Store(s.watch.at(s.WriteTimeout))
	switch {
	case s.interrupted.Load(), s.parts():
		o.limit(s, time.Now().Add(atOnce))
	case o.limited:
		o.limit(s, time.Time{})
	}
}

// rest lifts what wake has set for an interrupt that was taken back.
func (o *outgoing) rest(s *Sock) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := s.wd.Load(); o.writing && o.limited && (d == 0 || d > s.watch.Now()) {
		o.limit(s, time.Time{})
	}
}

// underway says whether somebody writes.
func (o *outgoing) underway() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writing
}

func (o *outgoing) end(s *Sock) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	s.wd.Store(0)
}

func (s *Sock) writeRaw(p []byte) (int, error) {
	done := 0
	defer s.out.end(s)
	for done < len(p) {
		n, err := s.writePiece(p[done:min(done+piece, len(p))])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// writePiece writes all of p, or what can be written of it until the time is over.
func (s *Sock) writePiece(p []byte) (int, error) {
	if s.out.cut {
		return 0, errCutOff
	}
	s.out.begin(s)
	n, err := s.conn.Write(p)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		err = errnoOf(err)
		s.ahead.gone(err)
		return n, err
	}
	// Windows does not say how much of a write that is given up was sent.
	s.out.cut = n < len(p) && runtime.GOOS == "windows"
	d := s.wd.Load()
	switch {
	case s.interrupted.Load():
		return n, ErrInterrupted
	case n > 0:
		return n, nil // it went on, so it may go on
	case d != 0 && d <= s.watch.Now(), s.out.cut, s.parts():
		return 0, ErrTimeout
	}
	return 0, nil // an interrupt that was taken back: once more
}

// parts says that the connection is being closed, for which nobody waits.
func (s *Sock) parts() bool { return s.wire != nil && s.wire.parting }

// tryWriteRaw writes what the system takes at once.
func (s *Sock) tryWriteRaw(p []byte) (int, error) { return s.writeRaw(p) }

// heads lends memory for a head and the beginning of its body.
var heads = sync.Pool{New: func() any { return new([piece]byte) }}

// write2Raw copies both into one write where they are small: two would be two segments.
func (s *Sock) write2Raw(a, b []byte) error {
	if len(a) < piece {
		both := heads.Get().(*[piece]byte)
		defer heads.Put(both)
		n := copy(both[:], a)
		more := copy(both[n:], b)
		a, b = both[:n+more], b[more:]
	}
	if _, err := s.writeRaw(a); err != nil || len(b) == 0 {
		return err
	}
	_, err := s.writeRaw(b)
	return err
}

// WriteAtOnce writes what the system takes of p without waiting, to a connection that no Sock was
// made of.
func WriteAtOnce(c Conn, p []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(atOnce)); err != nil {
		return err
	}
	_, err := c.Write(p)
	return errors.Join(errnoOf(err), c.SetWriteDeadline(time.Time{}))
}

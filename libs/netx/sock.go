package netx

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// Errors a Sock's operations end with, besides io.EOF and syscall errors
// (syscall.ECONNRESET, syscall.EPIPE).
var (
	// ErrTimeout says that the deadline set with SetReadDeadline passed, or
	// that a write made no progress for WriteTimeout.
	ErrTimeout = errors.New("netx: deadline passed")
	// ErrInterrupted says that Interrupt was called.
	ErrInterrupted = errors.New("netx: interrupted")
	// ErrStale says that a connection taken from a pool was closed by the peer,
	// or held bytes nobody asked for. Nothing was written to it.
	ErrStale = errors.New("netx: idle connection is not usable")
)

// A Sock is a connection, of TCP or of a unix socket, with the data path's ways to read and write.
// One goroutine at a time may read, one at a time may write, and only the
// owner may Close, after both have returned. Interrupt may be called by anyone.
type Sock struct {
	// WriteTimeout is how long a write may wait without progress; 0 is for
	// ever. It is the owner's to set while nobody writes.
	WriteTimeout time.Duration

	conn   Conn
	watch  *Watch
	system // what there is of it differs: see doc.go

	rd, wd      atomic.Int64 // deadlines in nanoseconds of the watch's clock; 0 is none
	interrupted atomic.Bool
	cancels     atomic.Pointer[Hook] // interrupted when this socket's peer hangs up
	hook        Hook                 // for others to interrupt this one

	layer Layer // nil: none
	wire  *wire // the layer's

	slot int       // the watch's, under its mutex: index in its list, -1 when absent
	seen watchMark // the watch's own
}

// NewSock takes over conn. The watch enforces its deadlines until Close.
func NewSock(conn Conn, w *Watch) (*Sock, error) {
	s := &Sock{conn: conn, watch: w, slot: -1}
	s.hook.Target = s
	if err := s.take(); err != nil {
		return nil, fmt.Errorf("taking the socket of %s: %w", conn.RemoteAddr(), err)
	}
	w.add(s)
	return s, nil
}

// RemoteAddr is the peer's address. A unix socket has none: it is not valid then.
func (s *Sock) RemoteAddr() netip.AddrPort { return AddrPort(s.conn.RemoteAddr()) }

// LocalAddr is this side's address, not valid for a unix socket.
func (s *Sock) LocalAddr() netip.AddrPort { return AddrPort(s.conn.LocalAddr()) }

// AddrPort is the address of TCP that a connection has; not valid where it has another one.
func AddrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// SetReadDeadline lets a read that is still waiting d from now end with
// ErrTimeout; d of 0 takes the deadline away.
func (s *Sock) SetReadDeadline(d time.Duration) { s.rd.Store(s.watch.at(d)) }

// ReadDeadlineSet reports whether a read deadline is in force.
func (s *Sock) ReadDeadlineSet() bool { return s.rd.Load() != 0 }

// Interrupt ends the present and every later wait with ErrInterrupted, until
// Resume. It may be called from any goroutine, before Close returns.
func (s *Sock) Interrupt() {
	s.interrupted.Store(true)
	s.wake()
}

// Interrupted reports whether an Interrupt is in force.
func (s *Sock) Interrupted() bool { return s.interrupted.Load() }

// Resume takes an Interrupt back, for an owner that has more to do.
func (s *Sock) Resume() {
	s.interrupted.Store(false)
	if s.wire != nil {
		s.wire.drained = false // a read that was interrupted has not looked
	}
	s.rest()
}

// A Hook is what the end of one connection interrupts: another Sock, or a stream on
// one. It has an address so that it can be told from others, and be swapped in one step.
type Hook struct {
	// Target is set before the Hook is used. Its Interrupt must not wait.
	Target interface{ Interrupt() }
}

// Hook is the Hook that interrupts this socket.
func (s *Sock) Hook() *Hook { return &s.hook }

// CancelOnHangup lets the watch interrupt h when this socket's peer is
// gone: at once when it was reset, after Grace when it only closed its sending
// side, since a client may half-close and still wait for its answer.
func (s *Sock) CancelOnHangup(h *Hook) { s.cancels.Store(h) }

// EndCancel takes CancelOnHangup back. It returns false when the watch was
// faster: the hook has been, or is about to be, interrupted.
func (s *Sock) EndCancel() bool { return s.cancels.Swap(nil) != nil }

// HangUp interrupts this socket and what CancelOnHangup named.
func (s *Sock) HangUp() {
	s.Interrupt()
	if h := s.cancels.Load(); h != nil {
		s.cancel(h)
	}
}

// cancel interrupts h unless EndCancel came first: a pooled upstream
// connection may serve another request by now.
func (s *Sock) cancel(h *Hook) {
	if s.cancels.CompareAndSwap(h, nil) {
		h.Target.Interrupt()
	}
}

// Read reads what is there, or waits for the first bytes. It returns io.EOF
// at the end of the peer's stream.
func (s *Sock) Read(p []byte) (int, error) {
	if s.layer == nil {
		return s.readRaw(p)
	}
	n, err := 0, error(syscall.EAGAIN)
	if err := s.Await(func(uintptr) bool {
		n, err = s.layerRead(p)
		return err != syscall.EAGAIN
	}); err != nil {
		return 0, err
	}
	return n, err
}

// TryRead reads what is there without waiting; syscall.EAGAIN says nothing is.
func (s *Sock) TryRead(p []byte) (int, error) {
	if s.layer != nil {
		return s.layerRead(p)
	}
	return s.tryReadRaw(p)
}

// TryPeek is TryRead that leaves what it reads to be read again. It is for a socket
// without a layer.
func (s *Sock) TryPeek(p []byte) (int, error) { return s.tryPeekRaw(p) }

// Drop is Read that throws away what there is, as it is on the wire. It needs no buffer and
// spares a layer its work; that cannot read any more then.
func (s *Sock) Drop() (n int, err error) { return s.dropRaw() }

// Await calls step, then again each time the socket may have become readable,
// until step returns true. A readiness that comes while step runs is not lost,
// so a step that has seen a short read may go back to waiting without another.
// The one thing a short read hides is an end of stream that arrived together
// with the bytes. If step set a new read deadline the watch finds it within three
// Intervals and step is called again; if it did not, it must read until EAGAIN.
//
// step must read with TryRead: Read would wait for itself.
func (s *Sock) Await(step func(fd uintptr) (done bool)) error {
	if w := s.wire; w != nil {
		inner := step
		step = func(fd uintptr) bool {
			w.drained = false
			return inner(fd)
		}
	}
	return s.awaitRaw(step)
}

// Write writes all of p, waiting while the peer's window is full.
func (s *Sock) Write(p []byte) (int, error) {
	if s.layer != nil {
		return s.layer.Write(p)
	}
	return s.writeRaw(p)
}

// Write2 writes a, then b: a head and its body in one call where the system can.
func (s *Sock) Write2(a, b []byte) error {
	if s.layer != nil {
		if _, err := s.layer.Write(a); err != nil {
			return err
		}
		_, err := s.layer.Write(b)
		return err
	}
	return s.write2Raw(a, b)
}

// CloseWrite ends our stream; the peer may go on sending.
func (s *Sock) CloseWrite() error {
	if s.layer != nil {
		if err := s.layer.CloseWrite(); err != nil {
			return err
		}
	}
	return s.closeWriteRaw()
}

// Close closes the socket. Only the owner may call it, once nobody reads or
// writes any more.
func (s *Sock) Close() error {
	s.part()
	s.watch.remove(s)
	return s.closeRaw()
}

// Reset closes the socket with a TCP reset, so that the peer cannot take what
// it got for the whole. A unix socket has no reset: its peer sees an end.
func (s *Sock) Reset() error {
	_ = s.conn.SetLinger(0) // fails only on a closed socket
	s.watch.remove(s)
	return s.closeRaw()
}

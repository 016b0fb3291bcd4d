package netx

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
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

// longAgo makes the runtime poller wake the goroutines that wait on a socket.
var longAgo = time.Unix(1, 0)

// A Sock is a connection, of TCP or of a unix socket, with the data path's ways to read and write.
// One goroutine at a time may read, one at a time may write, and only the
// owner may Close, after both have returned. Interrupt may be called by anyone.
type Sock struct {
	// WriteTimeout is how long a write may wait without progress; 0 is for
	// ever. It is the owner's to set while nobody writes.
	WriteTimeout time.Duration

	conn  Conn
	raw   syscall.RawConn
	watch *Watch
	fd    int  // valid until Close, which only the owner calls
	local bool // a unix socket

	interrupted atomic.Bool
	rd, wd      atomic.Int64         // deadlines in nanoseconds of the watch's clock; 0 is none
	cancels     atomic.Pointer[Hook] // interrupted when this socket's peer hangs up
	hook        Hook                 // for others to interrupt this one

	layer Layer // nil: none
	wire  *wire // the layer's
	park  parking

	in     *inward  // the reading goroutine's; nil until it needs it
	out    *outward // the writing goroutine's; nil until it needs it
	queued int      // bytes that the peer has not taken, as of the last look and what came then

	slot int32     // the watch's, under its mutex: index in its list, -1 when absent
	seen watchMark // the watch's own
}

// NewSock takes over conn. The watch enforces its deadlines until Close.
func NewSock(conn Conn, w *Watch) (*Sock, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("taking the socket of %s: %w", conn.RemoteAddr(), err)
	}
	s := &Sock{conn: conn, raw: raw, watch: w, slot: -1}
	_, tcp := conn.RemoteAddr().(*net.TCPAddr)
	s.local = !tcp
	s.hook.Target = s
	if err := raw.Control(func(fd uintptr) { s.fd = int(fd) }); err != nil {
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
	// fails only on a closed socket, which the next call reports
	_ = s.conn.SetDeadline(time.Time{})
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

// wake makes the owner look again: at its deadline, its interrupt, its socket.
func (s *Sock) wake() {
	_ = s.conn.SetDeadline(longAgo) // fails only on a closed socket, which nobody waits for
	s.rouse()
}

// woken turns the poller's error into ours. nil means a false alarm (the
// deadline moved while the watch fired, or the watch wants the socket read):
// wait again.
func (s *Sock) woken(err error, deadline *atomic.Int64) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if s.interrupted.Load() {
		return ErrInterrupted
	}
	if d := deadline.Load(); d != 0 && d <= s.watch.Now() {
		return ErrTimeout
	}
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	// SetDeadline has just removed the deadline that an Interrupt may have set a moment ago.
	if s.interrupted.Load() {
		return ErrInterrupted
	}
	return nil
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

func (s *Sock) readRaw(p []byte) (int, error) {
	in := s.inward()
	in.buf = p
	for {
		err := s.raw.Read(in.readFn)
		if err == nil {
			in.buf = nil
			return readResult(in.n, in.errno)
		}
		if err = s.woken(err, &s.rd); err != nil {
			in.buf = nil
			return 0, err
		}
	}
}

func (s *Sock) tryRead(fd uintptr) bool {
	s.in.n, s.in.errno = recv(int(fd), s.in.buf)
	return s.in.errno != syscall.EAGAIN
}

func readResult(n int, e syscall.Errno) (int, error) {
	switch {
	case e != 0:
		return 0, e
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// TryRead reads what is there without waiting; syscall.EAGAIN says nothing is.
func (s *Sock) TryRead(p []byte) (int, error) {
	if s.layer != nil {
		return s.layerRead(p)
	}
	return readResult(recv(s.fd, p))
}

// TryPeek is TryRead that leaves what it reads to be read again. It is for a socket
// without a layer.
func (s *Sock) TryPeek(p []byte) (int, error) { return readResult(peek(s.fd, p)) }

// Drop is Read that throws away what there is, as it is on the wire. It needs no buffer and
// spares a layer its work; that cannot read any more then.
func (s *Sock) Drop() (n int, err error) {
	for {
		waited := s.raw.Read(func(fd uintptr) bool {
			var errno syscall.Errno
			if s.local {
				n, errno = dropLocal(int(fd))
			} else {
				n, errno = drop(int(fd), dropped)
			}
			n, err = readResult(n, errno)
			return errno != syscall.EAGAIN
		})
		if waited == nil {
			return n, err
		}
		if waited = s.woken(waited, &s.rd); waited != nil {
			return 0, waited
		}
	}
}

// dropLocal throws away what there is on a unix socket, of which the system does not take bytes
// without giving them to somebody.
func dropLocal(fd int) (int, syscall.Errno) {
	var p [4 << 10]byte
	return recv(fd, p[:])
}

// dropped is how many bytes a Drop throws away at the most.
const dropped = 1 << 20

// Await calls step, then again each time the socket may have become readable,
// until step returns false. A readiness that comes while step runs is not lost,
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
	for {
		err := s.raw.Read(step)
		if err == nil {
			return nil
		}
		if err = s.woken(err, &s.rd); err != nil {
			return err
		}
		if s.idle() {
			return ErrIdle
		}
	}
}

// Write writes all of p, waiting while the peer's window is full.
func (s *Sock) Write(p []byte) (int, error) {
	if s.layer != nil {
		return s.layer.Write(p)
	}
	return s.writeRaw(p)
}

func (s *Sock) writeRaw(p []byte) (int, error) {
	n, e := send(s.fd, p)
	if e == 0 && n == len(p) {
		return n, nil
	}
	if e != 0 && e != syscall.EAGAIN {
		return 0, e
	}
	out := s.outward()
	out.n = 0
	if e == 0 {
		out.n = n
	}
	out.buf = p
	s.await()
	defer func() {
		out.buf = nil
		s.wd.Store(0)
	}()
	for {
		err := s.raw.Write(out.writeFn)
		if err == nil {
			if out.errno != 0 {
				return out.n, out.errno
			}
			return out.n, nil
		}
		if err = s.woken(err, &s.wd); err != nil && (err != ErrTimeout || !s.advanced()) {
			return out.n, err
		}
	}
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
	n, e := s.send2(a, b)
	if e != 0 && e != syscall.EAGAIN {
		return e
	}
	if e != 0 {
		n = 0
	}
	if n < len(a) {
		if _, err := s.Write(a[n:]); err != nil {
			return err
		}
		n = len(a)
	}
	if b = b[n-len(a):]; len(b) == 0 {
		return nil
	}
	_, err := s.Write(b)
	return err
}

func (s *Sock) tryWrite(fd uintptr) bool {
	out := s.out
	for out.n < len(out.buf) {
		n, e := send(int(fd), out.buf[out.n:])
		out.errno = e
		if e == syscall.EAGAIN {
			return false
		}
		if e != 0 {
			return true
		}
		out.n += n
		s.queued += n
		// The limit is on the time between two writes, never on the whole.
		s.wd.Store(s.watch.at(s.WriteTimeout))
	}
	return true
}

// CloseWrite ends our stream; the peer may go on sending.
func (s *Sock) CloseWrite() error {
	if s.layer != nil {
		if err := s.layer.CloseWrite(); err != nil {
			return err
		}
	}
	return closeWrite(s)
}

// Close closes the socket. Only the owner may call it, once nobody reads or
// writes any more.
func (s *Sock) Close() error {
	s.part()
	s.watch.remove(s)
	return s.conn.Close()
}

// Reset closes the socket with a TCP reset, so that the peer cannot take what
// it got for the whole. A unix socket has no reset: its peer sees an end.
func (s *Sock) Reset() error {
	_ = s.conn.SetLinger(0) // fails only on a closed socket
	s.watch.remove(s)
	return s.conn.Close()
}

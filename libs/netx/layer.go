package netx

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// A Layer stands between a Sock and its bytes on the wire: TLS. One goroutine at a
// time reads and one at a time writes, as with a Sock.
type Layer interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	// CloseWrite tells the peer that nothing more will be written.
	CloseWrite() error
}

// errAgain is what the wire has for a layer that reads while nothing is there. It
// is temporary, so crypto/tls keeps what it has of a record and goes on with the
// next read.
var errAgain net.Error = again{}

type again struct{}

func (again) Error() string   { return "netx: nothing to read yet" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

// Secure puts a layer between the Sock and the wire. handshake makes it, on a
// net.Conn that waits as the Sock's own Read and Write do: the read deadline of
// the Sock bounds it and Interrupt ends it. The conn is the layer's from then on.
func (s *Sock) Secure(handshake func(wire net.Conn) (Layer, error)) error {
	w := &wire{sock: s, waits: true}
	layer, err := handshake(w)
	if err != nil {
		return err
	}
	w.waits = false
	s.layer, s.wire = layer, w
	return nil
}

// Secured is the layer of Secure, nil if there is none.
func (s *Sock) Secured() Layer { return s.layer }

// wire is the Sock as its layer sees it.
type wire struct {
	sock *Sock
	// waits says that reading waits for bytes: during the handshake.
	waits bool
	// drained says that the socket has been read empty since it was last found
	// readable, so that a layer that looks for more costs no system call.
	drained bool
	// ended says that the wire has come to its end. crypto/tls calls that an end like
	// an announced one.
	ended bool
	// parting says that the connection is being closed: what cannot be written at
	// once is not.
	parting bool
}

func (w *wire) Read(p []byte) (int, error) {
	if w.waits {
		return w.sock.readRaw(p)
	}
	if w.drained {
		return 0, errAgain
	}
	n, err := w.sock.tryReadRaw(p)
	// A short read says that there is no more, as in Await.
	w.drained = err == syscall.EAGAIN || err == nil && n < len(p)
	if err == syscall.EAGAIN {
		return 0, errAgain
	}
	w.ended = w.ended || err == io.EOF
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if w.parting {
		return w.sock.tryWriteRaw(p)
	}
	return w.sock.writeRaw(p)
}

func (w *wire) Close() error                     { return nil } // the Sock's owner closes it
func (w *wire) LocalAddr() net.Addr              { return w.sock.conn.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.sock.conn.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil } // the Sock has deadlines of its own
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// layerRead reads what the layer has without waiting; EAGAIN says it has nothing.
func (s *Sock) layerRead(p []byte) (int, error) {
	n, err := s.layer.Read(p)
	switch {
	case n > 0:
		return n, nil // an error, if there is one, stays for the next call
	case err == nil:
		return 0, syscall.EAGAIN // an empty record
	case errors.Is(err, errAgain):
		return 0, syscall.EAGAIN
	case err == io.EOF && s.wire.ended:
		return 0, io.ErrUnexpectedEOF
	}
	return 0, err
}

// Look lets the next TryRead ask the system even if the socket was found empty. A
// reader without a deadline needs that where there is a layer, for the same reason
// for which it must read until EAGAIN where there is none: see Await.
func (s *Sock) Look() {
	if s.wire != nil {
		s.wire.drained = false
	}
}

// part tells the peer of the end, as far as that can be done without waiting.
func (s *Sock) part() {
	if s.layer != nil {
		s.wire.parting = true
		_ = s.layer.CloseWrite() // the peer may be gone
	}
}

// IsTruncated reports the end of a stream that a secured peer did not announce:
// what came before it may not be all (RFC 8446 section 6.1).
func IsTruncated(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

package upstream

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// With TLS 1.3 the handshake is over for a client before the server has seen its certificate. A
// server that does not like it says so by an alert, which comes in the place of an answer.

// Works says that the endpoint has answered, so that it has agreed to TLS too. It is the
// reader's.
func (c *Conn) Works() {
	if !c.works {
		c.works = true
		if c.Secured() != nil {
			c.endpoint.note(nil)
		}
	}
}

// LastWords returns err, with which a read or a write has ended, or what the endpoint said before:
// an alert of TLS may have come and not been read when a write fails. It is the reader's, or the
// writer's while nobody reads. A byte that has come and was not read may be lost.
func (c *Conn) LastWords(err error) error {
	if err == nil || c.Secured() == nil {
		return err
	}
	if e := syscall.Errno(0); err == netx.ErrStale || errors.As(err, &e) {
		c.Look()
		var b [1]byte
		if _, told := c.TryRead(b[:]); tlsFailed(c.Sock, told) {
			return told
		}
	}
	return err
}

// Judge returns err, with which a read or a write has ended, or a *TLSError where it was TLS that
// failed: most often by an alert of the endpoint.
func (c *Conn) Judge(err error) error {
	if !tlsFailed(c.Sock, err) {
		return err
	}
	a, refused := tlsconf.AlertIn(err)
	failed := &TLSError{
		Address: c.endpoint.Shown, Err: err, Offered: c.endpoint.offered(), Late: true,
		Unread: refused && a.OfHandshake() && !c.Reused && !c.works,
	}
	if !c.Reused {
		c.endpoint.note(failed)
	}
	return failed
}

// tlsFailed reports whether an error of a socket says that its TLS failed, and not what is below
// it or who waits for it.
func tlsFailed(sock *netx.Sock, err error) bool {
	if sock.Secured() == nil || err == nil {
		return false
	}
	for _, other := range []error{
		io.EOF, io.ErrUnexpectedEOF, netx.ErrTimeout, netx.ErrInterrupted, netx.ErrStale,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	e := syscall.Errno(0)
	return !errors.As(err, &e)
}

// offered is what connections offer to the endpoint.
func (e *Endpoint) offered(protocols ...string) (o tlsconf.Offer) {
	if c := e.cluster.options.Load().TLS; c != nil {
		o = tlsconf.Offered(c)
	}
	o.HTTP2 = o.HTTP2 || len(protocols) > 0
	return o
}

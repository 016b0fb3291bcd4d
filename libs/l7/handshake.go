package l7

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/clienthello"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A firstWords is a wire that remembers what a client says before it is answered: its ClientHello.
type firstWords struct {
	net.Conn
	said     []byte
	answered bool
}

func (w *firstWords) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if !w.answered && len(w.said) < clienthello.MaxBytes {
		w.said = append(w.said, p[:n]...)
	}
	return n, err
}

// Write forgets what was said, unless it is refused.
func (w *firstWords) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] != tlsAlert {
		w.said, w.answered = nil, true
	}
	return w.Conn.Write(p)
}

// tlsAlert is the type of a record that is an alert (RFC 8446 section 5.1).
const tlsAlert = 21

// failedBy says why a handshake failed. said is what the client said, if it was not answered.
func failedBy(err error, said []byte) metrics.HandshakeReason {
	plain := tls.RecordHeaderError{}
	switch {
	case errors.As(err, &plain):
		return metrics.HandshakeClearText
	case errors.Is(err, netx.ErrTimeout):
		return metrics.HandshakeTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return metrics.HandshakeClosed
	}
	if _, alert := tlsconf.AlertIn(err); alert {
		return metrics.HandshakeAlert
	}
	var scratch []byte
	name, wrong := clienthello.ServerName(said, &scratch)
	if wrong == nil && bytes.HasSuffix(name, []byte(".")) {
		return metrics.HandshakeTrailingDot
	}
	return metrics.HandshakeOther
}

// handshakeFailed counts and logs a handshake that failed. A name with a dot is told of once
// where nobody reads the debug log, as the client's user has no way to see the reason.
func (c *conn) handshakeFailed(v *exchange.View, err error, said []byte) {
	if errors.Is(err, netx.ErrInterrupted) {
		return
	}
	why := failedBy(err, said)
	v.Metrics.HandshakeFailed(why)
	log := c.engine.Log.WithError(err).WithField("client", c.peer.AddressPort).
		WithField("listener", v.Config.Name).WithField("reason", why.String())
	if why == metrics.HandshakeTrailingDot && c.listener.dotted.CompareAndSwap(false, true) {
		log.Warn("a TLS handshake failed: the client's server name ends with a dot, which " +
			"RFC 6066 does not allow; later ones are counted (reason trailing_dot)")
		return
	}
	log.Debug("a TLS handshake failed")
}

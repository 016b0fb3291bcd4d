package l7

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
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

// failedBy says why a handshake failed: by a reason for the metrics, and in words. said is what the
// client said, if it was not answered.
func failedBy(err error, said []byte, limit time.Duration) (metrics.HandshakeReason, string) {
	plain := tls.RecordHeaderError{}
	unverified := (*tls.CertificateVerificationError)(nil)
	switch {
	case errors.As(err, &plain) && looksLikeHTTP(plain.RecordHeader):
		return metrics.HandshakeClearText, "the client speaks plain HTTP where the listener " +
			"speaks TLS"
	case errors.As(err, &plain):
		return metrics.HandshakeClearText, "the client does not speak TLS: it begins with " +
			cause.Quote(plain.RecordHeader[:])
	case errors.Is(err, netx.ErrTimeout):
		return metrics.HandshakeTimeout, cause.Late(cause.ClientSlow, "the client did not "+
			"complete the handshake", "timeouts.header of the listener", limit).Text
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return metrics.HandshakeClosed, "the client closed the connection within the handshake"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return metrics.HandshakeClosed, "the client reset the connection within the handshake"
	case errors.As(err, &unverified):
		return metrics.HandshakeBadCertificate, unverifiedClient(unverified)
	}
	if a, alert := tlsconf.AlertIn(err); alert {
		return metrics.HandshakeAlert, "the client ended the handshake: TLS alert " + a.String() +
			"; most often it does not trust the listener's certificate"
	}
	var scratch []byte
	name, wrong := clienthello.ServerName(said, &scratch)
	if wrong == nil && bytes.HasSuffix(name, []byte(".")) {
		return metrics.HandshakeTrailingDot, "the client's server name ends with a dot, which " +
			"RFC 6066 does not allow"
	}
	// crypto/tls has no types for these.
	text := cause.Plain(strings.TrimPrefix(err.Error(), "tls: "))
	switch {
	case strings.Contains(text, "didn't provide a certificate"):
		return metrics.HandshakeNoCertificate, "the client shows no certificate, and " +
			"tls.client_ca of the listener wants one"
	case strings.Contains(text, "offered only unsupported versions"):
		return metrics.HandshakeVersion, "the client and tls.min_version of the listener have no " +
			"version in common: " + text
	case strings.Contains(text, "unsupported application protocols"):
		return metrics.HandshakeProtocol, "the client and the listener have no protocol in " +
			"common (ALPN): " + text
	}
	return metrics.HandshakeOther, text
}

// unverifiedClient says what is wrong with the certificate of a client, and which names it has.
func unverifiedClient(e *tls.CertificateVerificationError) string {
	if len(e.UnverifiedCertificates) == 0 {
		return "the client's certificate is refused: " + cause.Plain(e.Err.Error())
	}
	c := e.UnverifiedCertificates[0]
	names := append([]string{c.Subject.String()}, c.DNSNames...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	return "the client's certificate, of " + cause.List(names) + " by " +
		cause.Plain(c.Issuer.String()) + ", is refused (tls.client_ca of the listener): " +
		cause.Plain(strings.TrimPrefix(e.Err.Error(), "x509: "))
}

// handshakeFailed counts and logs a handshake that failed: its client has no other way to be told
// of, as there is no request. Of many that fail alike some lines are left out.
func (c *conn) handshakeFailed(v *exchange.View, err error, said []byte) {
	if errors.Is(err, netx.ErrInterrupted) {
		return
	}
	why, text := failedBy(err, said, c.peer.Config.Timeouts.Header)
	v.Metrics.HandshakeFailed(why)
	log := c.engine.Log.WithField("client", c.peer.AddressPort).
		WithField("listener", v.Config.Name).WithField("reason", why.String()).
		WithField("cause", text)
	// A check that only looks whether the port is open says nothing, and comes every few seconds.
	looked := why == metrics.HandshakeClosed && len(said) == 0
	leftOut, say := uint64(0), false
	if !looked {
		leftOut, say = c.listener.Say("tls " + why.String())
	}
	if !say {
		log.Debug("a TLS handshake failed")
		return
	}
	if leftOut > 0 {
		log = log.WithField("left_out", leftOut)
	}
	log.Info("a TLS handshake failed")
}

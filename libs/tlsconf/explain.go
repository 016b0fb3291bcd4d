package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"
)

// An Offer is what the gateway has offered to an endpoint.
type Offer struct {
	Certificate bool // one of its own, if the endpoint asks for one
	HTTP2       bool // by ALPN
}

// Offered is what is offered where c is used.
func Offered(c *tls.Config) Offer {
	return Offer{
		Certificate: c.GetClientCertificate != nil || len(c.Certificates) > 0,
		HTTP2:       len(c.NextProtos) > 0,
	}
}

// Explain says in a few words why there is no TLS with an endpoint, or no more: what an operator
// has to look at. It is for logs and /status.
func Explain(err error, o Offer) string {
	var (
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		record    tls.RecordHeaderError
	)
	if a, ok := AlertIn(err); ok {
		return explainAlert(a, o)
	}
	if a, ok := alertOf(err, sent); ok && a == noRenegotiation {
		return "the endpoint wants to renegotiate TLS, maybe for a client certificate, which is " +
			"not supported: let it ask in the handshake"
	}
	switch {
	case errors.Is(err, ErrPin):
		return ErrPin.Error()
	case errors.As(err, &invalid):
		return explainInvalid(&invalid)
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that is not trusted (security.ca)"
	case errors.As(err, &name):
		return "its certificate is for another name than " + name.Host + " (security.server_name)"
	case strings.Contains(err.Error(), "unadvertised ALPN"): // crypto/tls has no type for it
		return "the endpoint does not speak HTTP/2: it chose a protocol by ALPN that was not " +
			"offered"
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET):
		return "it closed the connection within the handshake"
	}
	return err.Error()
}

// explainAlert says what an alert of the endpoint means.
func explainAlert(a Alert, o Offer) string {
	what := "the endpoint ended TLS"
	switch {
	case a.ofCertificate() && o.Certificate:
		what = "the endpoint refuses our certificate"
	case a.ofCertificate():
		what = "the endpoint wants a client certificate, and the cluster shows none " +
			"(security.mode: mtls)"
	case a == noApplicationProtocol && o.HTTP2:
		what = "the endpoint does not speak HTTP/2, which ALPN offered"
	case a.OfHandshake():
		what = "the endpoint refuses the handshake"
	}
	return what + ": TLS alert " + a.String()
}

func explainInvalid(e *x509.CertificateInvalidError) string {
	if e.Reason != x509.Expired || e.Cert == nil {
		return "its certificate is not valid: " + e.Error()
	}
	if time.Now().Before(e.Cert.NotBefore) {
		return "its certificate is not valid before " + e.Cert.NotBefore.UTC().Format(time.RFC3339)
	}
	return "its certificate expired at " + e.Cert.NotAfter.UTC().Format(time.RFC3339)
}

package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// Explain says in a few words why a handshake with an endpoint failed: what an
// operator has to look at. It is for logs and /status.
func Explain(err error) string {
	var (
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		remote    *net.OpError // crypto/tls has no type for an alert that was received
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, ErrPin):
		return ErrPin.Error()
	case errors.As(err, &invalid):
		return explainInvalid(&invalid)
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that is not trusted (security.ca)"
	case errors.As(err, &name):
		return "its certificate is for another name than " + name.Host + " (security.server_name)"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "it refused the handshake: " + remote.Err.Error()
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET):
		return "it closed the connection within the handshake"
	}
	return err.Error()
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

package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
)

// An Offer is what the gateway has offered to an endpoint.
type Offer struct {
	Certificate bool // one of its own, if the endpoint asks for one
	HTTP2       bool // by ALPN
	// Name is the server name that it asked for (SNI); "" for none.
	Name string
}

// Offered is what is offered where c is used.
func Offered(c *tls.Config) Offer {
	return Offer{
		Certificate: c.GetClientCertificate != nil || len(c.Certificates) > 0,
		HTTP2:       len(c.NextProtos) > 0, Name: c.ServerName,
	}
}

// Explain says in a few words why there is no TLS with an endpoint, or no more: what an operator
// has to look at. It is for logs and /status.
func Explain(err error, o Offer) string { return Cause(err, o).Text }

// Cause is Explain with the kind of failure that it was.
func Cause(err error, o Offer) *cause.Cause {
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
		return cause.New(cause.TLSAlert, "the endpoint wants to renegotiate TLS, maybe for a "+
			"client certificate, which is not supported: let it ask in the handshake")
	}
	switch {
	case errors.Is(err, ErrPin):
		return cause.New(cause.TLSCertificate, ErrPin.Error())
	case errors.As(err, &invalid):
		return cause.New(cause.TLSCertificate, explainInvalid(&invalid))
	case errors.As(err, &authority):
		return cause.New(cause.TLSCertificate, explainAuthority(authority.Cert))
	case errors.As(err, &name):
		return cause.New(cause.TLSCertificate, explainName(&name))
	case strings.Contains(err.Error(), "unadvertised ALPN"): // crypto/tls has no type for it
		return cause.New(cause.ALPN, "the endpoint does not speak HTTP/2: it chose a protocol by "+
			"ALPN that was not offered")
	case strings.Contains(err.Error(), "unsupported protocol version"): // nor for this
		return cause.New(cause.TLSVersion, "the endpoint speaks no version of TLS from 1.2 on: "+
			strings.TrimPrefix(err.Error(), "tls: "))
	case errors.As(err, &record):
		return cause.New(cause.WrongProtocol, explainRecord(record.RecordHeader))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return cause.New(cause.TLS, "it closed the connection within the handshake")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return cause.New(cause.TLS, "it closed the connection within the handshake, by a reset")
	}
	return cause.New(cause.TLS, "the handshake failed: "+
		strings.TrimPrefix(cause.Plain(err.Error()), "tls: "))
}

// explainAlert says what an alert of the endpoint means.
func explainAlert(a Alert, o Offer) *cause.Cause {
	kind, what := cause.TLSAlert, "the endpoint ended TLS"
	switch {
	case a.ofCertificate() && o.Certificate:
		what = "the endpoint refuses our certificate"
	case a.ofCertificate():
		what = "the endpoint wants a client certificate, and the cluster shows none " +
			"(security.mode: mtls)"
	case a == noApplicationProtocol && o.HTTP2:
		kind, what = cause.ALPN, "the endpoint does not speak HTTP/2, which ALPN offered"
	case a == protocolVersion:
		kind, what = cause.TLSVersion, "the endpoint takes no version of TLS from 1.2 on"
	case a == unrecognizedName && o.Name != "":
		what = "the endpoint does not know the server name " + cause.Plain(o.Name) +
			" (security.server_name)"
	case a == handshakeFailure:
		what = "the endpoint refuses the handshake: it has no cipher, group or signature in " +
			"common with the gateway, or wants another server name (security.server_name)"
	case a.OfHandshake():
		what = "the endpoint refuses the handshake"
	}
	return cause.New(kind, what+": TLS alert "+a.String())
}

// explainAuthority says who has signed a certificate that is not trusted.
func explainAuthority(c *x509.Certificate) string {
	const untrusted = "an authority that is not trusted (security.ca)"
	switch {
	case c == nil:
		return "its certificate is signed by " + untrusted
	case string(c.RawIssuer) == string(c.RawSubject) && c.CheckSignatureFrom(c) == nil,
		string(c.RawIssuer) == string(c.RawSubject) && !c.IsCA:
		return "its certificate is self-signed, so signed by " + untrusted + ": " +
			cause.Plain(c.Subject.String())
	}
	return "its certificate is signed by " + untrusted + ": the issuer is " +
		cause.Plain(c.Issuer.String())
}

// explainName says which names a certificate has in the place of the one that is wanted.
func explainName(e *x509.HostnameError) string {
	text := "its certificate is for another name than " + cause.Plain(e.Host) +
		" (security.server_name)"
	if e.Certificate == nil {
		return text
	}
	names := e.Certificate.DNSNames
	for _, ip := range e.Certificate.IPAddresses {
		names = append(names[:len(names):len(names)], ip.String())
	}
	if len(names) == 0 {
		return text + ": it has no DNS name and no address at all, and its subject, " +
			cause.Plain(e.Certificate.Subject.String()) + ", does not count"
	}
	return text + ": it has " + cause.List(names)
}

// explainRecord says what came in the place of TLS.
func explainRecord(b [5]byte) string {
	if string(b[:]) == "HTTP/" {
		return "it does not speak TLS: it answers in plain HTTP"
	}
	return "it does not speak TLS: its first bytes are " + cause.Quote(b[:])
}

func explainInvalid(e *x509.CertificateInvalidError) string {
	if e.Reason == x509.IncompatibleUsage {
		return "its certificate is not for servers: its extended key usage has no serverAuth"
	}
	if e.Reason != x509.Expired || e.Cert == nil {
		return "its certificate is not valid: " + cause.Plain(e.Error())
	}
	c := e.Cert
	who := ", its subject is " + cause.Plain(c.Subject.String())
	if len(c.DNSNames) > 0 {
		who = ", it is for " + cause.List(c.DNSNames)
	}
	if time.Now().Before(c.NotBefore) {
		return fmt.Sprintf("its certificate is not valid before %s%s",
			c.NotBefore.UTC().Format(time.RFC3339), who)
	}
	return fmt.Sprintf("its certificate expired at %s%s",
		c.NotAfter.UTC().Format(time.RFC3339), who)
}

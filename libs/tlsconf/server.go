package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A Server is the TLS side of a listener. It is immutable; its methods may be called
// from any goroutine.
type Server struct {
	config *tls.Config
	// old is config for clients that HTTP/2 can't be spoken with, as they only have suites that it
	// does not allow; nil: no such suite is configured.
	old      *tls.Config
	clientCA string // as the document has it
	certs    []Certificate
	exact    map[string][]int // lower-case name or IP address -> indexes into certs
	wild     map[string][]int // what follows "*." -> indexes into certs
	notes    []Note
}

// Options are what a Server is made of.
type Options struct {
	// Document is where the listener stands; its secrets are looked up in it.
	Document *config.Document
	// Before is what the listener showed until now, nil for nothing.
	Before *Server
	// Speaks are the ALPN protocols that the gateway speaks there; others are left out.
	Speaks []string
}

// NewServer reads the files that a listener's TLS names. A certificate that can't be used is noted:
// the one that was read from the same files before stays; without, certificates from before stay
// for names that no other has now; else it is left out. There may be none at all then: see Usable.
// Authorities of clients that can't be read, and never could, are an error.
func NewServer(c *config.TLS, o Options) (*Server, error) {
	s := &Server{exact: map[string][]int{}, wild: map[string][]int{}, clientCA: c.ClientCA}
	if len(c.Certificates) == 0 {
		return nil, errors.New("no certificate is named")
	}
	s.load(c.Certificates, o)
	minimum, err := version(c.MinVersion)
	if err != nil {
		return nil, err
	}
	s.config = &tls.Config{
		MinVersion:     minimum,
		GetCertificate: s.show,
		// Each record is a system call; small ones first, for slow clients, would
		// double the number for a body of some size.
		DynamicRecordSizingDisabled: true,
		CipherSuites:                suites(o.Document, c.Ciphers),
	}
	for _, p := range c.ALPN {
		if slices.Contains(o.Speaks, p) {
			s.config.NextProtos = append(s.config.NextProtos, p)
		}
	}
	if c.ClientCA != "" {
		if err := s.takeClients(o.Document.Material(c.ClientCA), o.Before); err != nil {
			return nil, err
		}
		if c.ClientAuth == config.ClientAuthOptional {
			s.config.ClientAuth = tls.VerifyClientCertIfGiven
		}
	}
	s.keepHTTP2Safe(o.Speaks)
	return s, nil
}

// takeClients sets whose clients are let in.
func (s *Server) takeClients(m config.Material, before *Server) (err error) {
	s.config.ClientAuth = tls.RequireAndVerifyClientCert
	s.config.ClientCAs, err = pool(m)
	if err != nil && before != nil && before.clientCA == m.Shown && before.config.ClientCAs != nil {
		s.config.ClientCAs = before.config.ClientCAs
		s.notes = append(s.notes, Note{Text: fmt.Sprintf("the authorities of clients: %v; those "+
			"that were read before stay", err)})
		return nil
	}
	if err != nil {
		return fmt.Errorf("the authorities of clients: %w", err)
	}
	return nil
}

// load reads the certificates.
func (s *Server) load(files []config.Certificate, o Options) {
	var before []Certificate
	if o.Before != nil {
		before = o.Before.certs
	}
	var failed []error
	for _, f := range files {
		var last *Certificate
		shown := o.Document.Material(f.Cert).Shown
		if i := slices.IndexFunc(before, func(c Certificate) bool {
			return c.File == shown
		}); i >= 0 {
			last = &before[i]
		}
		cert, err := load(o.Document, f, last)
		switch {
		case err == nil:
			if cert.note != "" {
				s.notes = append(s.notes, Note{Text: cert.note})
			}
			s.add(cert)
		case last != nil:
			s.notes = append(s.notes, Note{
				Text: err.Error() + "; the one that was read before stays",
			})
			s.add(*last)
		default:
			failed = append(failed, err)
		}
	}
	for _, err := range failed {
		s.notes = append(s.notes, Note{LeftOut: true, Text: err.Error() + "; it is left out"})
	}
	if len(failed) > 0 {
		s.carry(before)
	}
}

// carry takes over the certificates from before for names that none has now: perhaps one of those
// that failed was to take their place.
func (s *Server) carry(before []Certificate) {
	for _, c := range before {
		lost := slices.ContainsFunc(c.Names, func(n string) bool { return s.without(n) })
		if lost || len(s.certs) == 0 {
			s.notes = append(s.notes, Note{Text: fmt.Sprintf("certificate %s, which the "+
				"configuration does not name any more, stays in use for its names", c.File)})
			s.add(c)
		}
	}
}

func version(v string) (uint16, error) {
	switch v {
	case "", "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, fmt.Errorf("%q is no version of TLS that may be used; they are 1.2 and 1.3", v)
}

// Usable says whether there is a certificate to show. Without, each handshake fails.
func (s *Server) Usable() bool { return len(s.certs) > 0 }

// Notes are what is not as the document says.
func (s *Server) Notes() []Note { return s.notes }

// Config is for the handshakes of the listener.
func (s *Server) Config() *tls.Config { return s.config }

// Certificates are those the listener may show, in the order of the document.
func (s *Server) Certificates() []Certificate { return s.certs }

// One reports whether there is only one certificate, so that no request can have come
// over a connection that another is for.
func (s *Server) One() bool { return len(s.certs) <= 1 }

// show picks the certificate for a client.
func (s *Server) show(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(s.certs) == 0 {
		return nil, errors.New("no certificate of this listener can be used")
	}
	return s.certs[s.choose(h)].now(time.Now()), nil
}

// localIP is the address that a client has connected to, invalid where that is not known.
func localIP(h *tls.ClientHelloInfo) netip.Addr {
	if h.Conn == nil {
		return netip.Addr{}
	}
	if a, ok := h.Conn.LocalAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

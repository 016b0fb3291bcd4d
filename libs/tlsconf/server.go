package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
)

// A Server is the TLS side of a listener. It is immutable; its methods may be called
// from any goroutine.
type Server struct {
	config *tls.Config
	certs  []Certificate
	exact  map[string]int // lower-case name -> index into certs
	wild   map[string]int // what follows "*." -> index into certs
}

// A Certificate is one a listener shows.
type Certificate struct {
	File     string
	Names    []string // its DNS names and IP addresses
	NotAfter time.Time

	pair tls.Certificate
	bare *tls.Certificate // the pair without an OCSP response; nil: it has none
	// stapleUntil is when the response's time is over; zero: never.
	stapleUntil time.Time
}

// NewServer reads the files that a listener's TLS names. ALPN protocols that the
// gateway does not speak are left out. The error says which file is at fault.
func NewServer(c *config.TLS, speaks ...string) (*Server, error) {
	s := &Server{exact: map[string]int{}, wild: map[string]int{}}
	for _, f := range c.Certificates {
		cert, err := load(f)
		if err != nil {
			return nil, err
		}
		s.add(cert)
	}
	if len(s.certs) == 0 {
		return nil, errors.New("no certificate is named")
	}
	minimum, err := version(c.MinVersion)
	if err != nil {
		return nil, err
	}
	s.config = &tls.Config{
		MinVersion: minimum,
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.certs[s.Pick(h.ServerName)].stapled(time.Now()), nil
		},
		// Each record is a system call; small ones first, for slow clients, would
		// double the number for a body of some size.
		DynamicRecordSizingDisabled: true,
	}
	for _, p := range c.ALPN {
		for _, known := range speaks {
			if p == known {
				s.config.NextProtos = append(s.config.NextProtos, p)
			}
		}
	}
	if c.ClientCA != "" {
		if s.config.ClientCAs, err = pool(c.ClientCA); err != nil {
			return nil, err
		}
		s.config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return s, nil
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

func load(f config.Certificate) (Certificate, error) {
	pair, err := keyPair(f.Cert, f.Key)
	if err != nil {
		return Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return Certificate{}, fmt.Errorf("certificate %s: %w", f.Cert, err)
	}
	pair.Leaf = leaf
	c := Certificate{File: f.Cert, NotAfter: leaf.NotAfter, pair: pair}
	if f.OCSP != "" {
		bare := pair
		c.bare = &bare
		if c.pair.OCSPStaple, c.stapleUntil, err = staple(f.OCSP, &pair); err != nil {
			return Certificate{}, err
		}
	}
	for _, n := range leaf.DNSNames {
		c.Names = append(c.Names, strings.ToLower(n))
	}
	for _, ip := range leaf.IPAddresses {
		c.Names = append(c.Names, ip.String())
	}
	return c, nil
}

// pemBegin is how a key begins that is in the document itself, as the value of a
// secret; anything else is the path of its file.
const pemBegin = "-----BEGIN "

// keyPair reads a certificate's file, and its key.
func keyPair(cert, key string) (tls.Certificate, error) {
	shown, keyPEM := key, []byte(key)
	inline := strings.HasPrefix(strings.TrimSpace(key), pemBegin)
	if inline {
		shown = "of a secret"
	}
	fail := func(err error) (tls.Certificate, error) {
		return tls.Certificate{}, fmt.Errorf("certificate %s with key %s: %w", cert, shown, err)
	}
	certPEM, err := files.Read(cert, files.Most)
	if err != nil {
		return fail(err)
	}
	if !inline {
		if keyPEM, err = files.Read(key, files.Most); err != nil {
			return fail(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fail(err)
	}
	return pair, nil
}

// add gives a certificate the names that no earlier one has.
func (s *Server) add(c Certificate) {
	i := len(s.certs)
	s.certs = append(s.certs, c)
	for _, n := range c.Names {
		to, name := s.exact, n
		if rest, ok := strings.CutPrefix(n, "*."); ok {
			to, name = s.wild, rest
		}
		if _, taken := to[name]; !taken {
			to[name] = i
		}
	}
}

func pool(file string) (*x509.CertPool, error) {
	pem, err := files.Read(file, files.Most)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", file)
	}
	return p, nil
}

// Pick returns the certificate for a server name: one with exactly this name, else
// one with a wildcard for it (RFC 6125 section 6.4.3: for one label), else the first.
func (s *Server) Pick(name string) int {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if i, ok := s.exact[name]; ok {
		return i
	}
	if _, parent, ok := strings.Cut(name, "."); ok {
		if i, ok := s.wild[parent]; ok {
			return i
		}
	}
	return 0
}

// Config is for the handshakes of the listener.
func (s *Server) Config() *tls.Config { return s.config }

// Certificates are those the listener may show, in the order of the document.
func (s *Server) Certificates() []Certificate { return s.certs }

// One reports whether there is only one certificate, so that no request can have come
// over a connection that another is for.
func (s *Server) One() bool { return len(s.certs) == 1 }

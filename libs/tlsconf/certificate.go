package tlsconf

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// A Note says that something is not as the document has it, and what is done instead.
type Note struct {
	Text string
	// LeftOut says that nothing takes its place.
	LeftOut bool
}

// A Certificate is one a listener shows.
type Certificate struct {
	// File is what it is called: its path, or the reference to the secret that it is in.
	File     string
	Names    []string // its DNS names and IP addresses
	NotAfter time.Time

	pair tls.Certificate
	bare *tls.Certificate // the pair without an OCSP response; nil: it has none
	// stapleUntil is when the response's time is over; zero: never.
	stapleUntil time.Time
	// last is what was shown before, for as long as this one is not valid and that is; nil: none.
	last *Certificate
	// note says what is wrong with its OCSP response, "" for nothing.
	note string
}

// load reads a certificate with its key and its OCSP response. last is the one from the same files
// before, nil for none.
func load(doc *config.Document, f config.Certificate, last *Certificate) (Certificate, error) {
	cert, key := doc.Material(f.Cert), doc.Key(f.Key)
	pair, err := keyPair(cert, key)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{File: cert.Shown, NotAfter: pair.Leaf.NotAfter, pair: pair}
	if last != nil && bytes.Equal(last.pair.Leaf.Raw, pair.Leaf.Raw) {
		c.last = last.last
	} else if last != nil {
		if last.last != nil && !last.valid(time.Now()) {
			last = last.last
		}
		bare := *last
		bare.last = nil // one is enough
		c.last = &bare
	}
	if f.OCSP != "" {
		c.addStaple(doc.Material(f.OCSP), last)
	}
	c.Names = names(pair.Leaf)
	return c, nil
}

func names(leaf *x509.Certificate) (all []string) {
	for _, n := range leaf.DNSNames {
		all = append(all, strings.ToLower(n))
	}
	for _, ip := range leaf.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

// now is the certificate to show at a time: this one, or the one before while only that is valid.
func (c *Certificate) now(now time.Time) *tls.Certificate {
	if c.last != nil && !c.valid(now) && c.last.valid(now) {
		return c.last.stapled(now)
	}
	return c.stapled(now)
}

func (c *Certificate) valid(now time.Time) bool {
	return !now.Before(c.pair.Leaf.NotBefore) && !now.After(c.pair.Leaf.NotAfter)
}

// keyPair reads a certificate and its key. The error shows nothing of what is in a secret.
func keyPair(cert, key config.Material) (tls.Certificate, error) {
	fail := func(err error) (tls.Certificate, error) {
		return tls.Certificate{}, fmt.Errorf("certificate %s with key %s: %w", cert.Shown,
			key.Shown, err)
	}
	certPEM, err := read(cert)
	if err != nil {
		return fail(err)
	}
	keyPEM, err := read(key)
	if err != nil {
		return fail(err)
	}
	pair, err := pemfile.Pair(certPEM, keyPEM)
	if err != nil {
		return fail(err)
	}
	return pair, nil
}

// read returns what a material is. The error does not show the path, which may be secret.
func read(m config.Material) ([]byte, error) {
	if m.Text != nil {
		return m.Text, nil
	}
	data, err := config.ReadMaterial(m)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", m.Shown, err)
	}
	return data, nil
}

func pool(m config.Material) (*x509.CertPool, error) {
	data, err := read(m)
	if err != nil {
		return nil, err
	}
	p, err := pemfile.Pool(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Shown, err)
	}
	return p, nil
}

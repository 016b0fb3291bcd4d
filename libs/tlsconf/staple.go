package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/files"
)

// staple reads the OCSP response (RFC 6960) that is shown with a certificate.
func staple(file string, pair *tls.Certificate) (der []byte, until time.Time, err error) {
	if der, err = files.Read(file, files.Most); err != nil {
		return nil, time.Time{}, err
	}
	var issuer *x509.Certificate
	if len(pair.Certificate) > 1 {
		if issuer, err = x509.ParseCertificate(pair.Certificate[1]); err != nil {
			return nil, time.Time{}, fmt.Errorf("the issuer of the certificate: %w", err)
		}
	}
	r, err := ocsp.ParseResponseForCert(der, pair.Leaf, issuer)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("OCSP response %s: %w", file, err)
	}
	return der, r.NextUpdate, nil
}

// stapled is the certificate without an OCSP response whose time is over: a client may
// take an old one for an attack (RFC 6066 section 8).
func (c *Certificate) stapled(now time.Time) *tls.Certificate {
	if c.bare != nil && !c.stapleUntil.IsZero() && now.After(c.stapleUntil) {
		return c.bare
	}
	return &c.pair
}

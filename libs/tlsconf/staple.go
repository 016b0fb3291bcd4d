package tlsconf

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// addStaple reads the OCSP response (RFC 6960) that is shown with the certificate. Without a good
// one the certificate is shown nevertheless: with the response from before if that is about it
// too and its time lasts, else with none.
func (c *Certificate) addStaple(m config.Material, last *Certificate) {
	bare := c.pair
	der, until, err := staple(m, &bare)
	switch {
	case err == nil:
		c.bare, c.pair.OCSPStaple, c.stapleUntil = &bare, der, until
	case last != nil && last.bare != nil && bytes.Equal(last.pair.Leaf.Raw, bare.Leaf.Raw):
		c.bare, c.pair.OCSPStaple, c.stapleUntil = &bare, last.pair.OCSPStaple, last.stapleUntil
		c.note = err.Error() + "; the one from before is shown while its time lasts"
	default:
		c.note = err.Error() + "; the certificate is shown without"
	}
}

func staple(m config.Material, pair *tls.Certificate) (der []byte, until time.Time, err error) {
	if der, err = read(m); err != nil {
		return nil, time.Time{}, err
	}
	var issuer *x509.Certificate
	if len(pair.Certificate) > 1 {
		if issuer, err = x509.ParseCertificate(pair.Certificate[1]); err != nil {
			return nil, time.Time{}, fmt.Errorf("the issuer of the certificate: %w", err)
		}
	}
	r, err := config.Staple(der, pair.Leaf, issuer)
	switch {
	case err != nil:
	case r.Status == ocsp.Revoked:
		err = errors.New("it says that the certificate is revoked")
	case !r.NextUpdate.IsZero() && time.Now().After(r.NextUpdate):
		err = errors.New("its time is over")
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("OCSP response %s: %w", m.Shown, err)
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

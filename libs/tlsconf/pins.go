package tlsconf

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// ErrPin says that a certificate was verified, and yet is not one that was expected.
var ErrPin = errors.New("no certificate of its chain has a pinned key (security.pins)")

// pins are the SHA-256 of public keys, as certificates have them (SubjectPublicKeyInfo,
// RFC 7469 section 2.4).
type pins map[[sha256.Size]byte]struct{}

func readPins(texts []string) (pins, error) {
	p := pins{}
	for _, s := range texts {
		d, err := config.ParsePin(s)
		if err != nil {
			return nil, err
		}
		p[d] = struct{}{}
	}
	return p, nil
}

// verify looks through the chains that were verified. It comes after verification,
// never in its place; and for a resumed session as well.
func (p pins) verify(s tls.ConnectionState) error {
	for _, chain := range s.VerifiedChains {
		for _, c := range chain {
			if _, ok := p[sha256.Sum256(c.RawSubjectPublicKeyInfo)]; ok {
				return nil
			}
		}
	}
	return ErrPin
}

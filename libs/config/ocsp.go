package config

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ocsp"
)

// Staple reads an OCSP response (RFC 6960) in DER form that is about a certificate. issuer is what
// signed the certificate, and checks the signature of the response; nil: that is not checked. The
// error says what is wrong in words for those who got the file from somewhere.
func Staple(der []byte, leaf, issuer *x509.Certificate) (*ocsp.Response, error) {
	r, err := ocsp.ParseResponseForCert(der, leaf, issuer)
	if err == nil {
		return r, nil
	}
	var refused ocsp.ResponseError
	var parse ocsp.ParseError
	switch {
	case len(der) == 0:
		return nil, errors.New("it is empty")
	case bytes.Contains(der, []byte(pemBegin)):
		return nil, errors.New("it is in PEM form, and DER is wanted")
	case errors.As(err, &refused):
		return nil, fmt.Errorf("it says that the responder gave no answer (%s)",
			refused.Status)
	case errors.As(err, &parse):
		return nil, errors.New(stapleFault(string(parse)))
	}
	return nil, errors.New("it is cut off, damaged or something else")
}

// stapleFault is what the library calls an error, in words that do not need its source.
func stapleFault(s string) string {
	switch {
	case strings.Contains(s, "no response matching"):
		return "it is about another certificate"
	case strings.Contains(s, "bad number of responses"):
		return "it is about no certificate"
	case strings.Contains(s, "trailing data"):
		return "there is something behind its end"
	case strings.Contains(s, "signature"):
		return "its signature is not one of the certificate's issuer"
	case strings.Contains(s, "critical extension"):
		return "it has an extension that nobody here knows and that must not be passed over"
	case strings.Contains(s, "hash algorithm"):
		return "it names the issuer by a hash that nobody here knows"
	case strings.Contains(s, "response type"):
		return "it is not a basic response (RFC 6960 section 4.2.1)"
	}
	return "it is cut off, damaged or something else"
}

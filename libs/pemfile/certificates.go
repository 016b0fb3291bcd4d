package pemfile

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"
)

const labelCertificate = "CERTIFICATE"

// Certificates reads a file of nothing but certificates, as one of authorities to trust is. There
// is at least one. The error is an *Error.
func Certificates(data []byte) ([]*x509.Certificate, error) {
	all, _, err := certificates(data, false)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Pool is the certificates of a file as those of authorities to trust. The error is an *Error.
func Pool(data []byte) (*x509.CertPool, error) {
	all, err := Certificates(data)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	for _, c := range all {
		p.AddCert(c)
	}
	return p, nil
}

// certificates reads those of a text, and the lines they begin in. With keys, what belongs to keys
// may stand beside them, as many programs want both in one file.
func certificates(data []byte, keys bool) ([]*x509.Certificate, []int, *Error) {
	found, err := blocks(data, "certificate")
	if err != nil {
		return nil, nil, err
	}
	var all []*x509.Certificate
	var lines []int
	for _, b := range found {
		if keys && (strings.HasSuffix(b.label, "PRIVATE KEY") ||
			strings.HasSuffix(b.label, "PARAMETERS")) {
			continue
		}
		if b.label != labelCertificate {
			return nil, nil, &Error{Line: b.line, What: "here is a " + b.label +
				", and only CERTIFICATE is wanted", Fix: relabel(b.label)}
		}
		c, err := x509.ParseCertificate(b.bytes)
		if err != nil {
			return nil, nil, &Error{Line: b.line, What: fmt.Sprintf("the certificate that begins "+
				"here is damaged: %s", strings.TrimPrefix(err.Error(), "x509: ")),
				Fix: "copy it again, as a whole"}
		}
		all, lines = append(all, c), append(lines, b.line)
	}
	if len(all) == 0 {
		return nil, nil, &Error{What: "holds no certificate in PEM form"}
	}
	return all, lines, nil
}

func relabel(label string) string {
	switch label {
	case "TRUSTED CERTIFICATE":
		return "convert it with: openssl x509 -in FILE"
	case "X509 CERTIFICATE":
		return "call it CERTIFICATE in both lines"
	case "PKCS7":
		return "take the certificates out with: openssl pkcs7 -print_certs"
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return "take the certificate that the authority has made of the request"
	}
	return "remove it from this file"
}

// oidRSAPSS is the algorithm of keys for RSASSA-PSS alone (RFC 8017 appendix A.2.3), which
// crypto/x509 doesn't read.
var oidRSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}

// isRSAPSS says whether the algorithm of a key, or of a certificate's, is RSASSA-PSS.
func isRSAPSS(der []byte) bool {
	oid, err := asn1.Marshal(oidRSAPSS)
	return err == nil && bytes.Contains(der[:min(len(der), 64)], oid)
}

var errRSAPSS = Error{
	What: "the key is for RSASSA-PSS alone (rsassaPss), which can't be used for TLS here",
	Fix: "make an ordinary RSA key (openssl genpkey -algorithm RSA) or an ECDSA one; PSS " +
		"signatures are made with an RSA key too",
}

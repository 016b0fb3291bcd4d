package pemfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// PrivateKey reads the one private key of a file. Certificates and parameters may stand beside it.
// The error is an *Error.
func PrivateKey(data []byte) (crypto.Signer, error) {
	found, failed := blocks(data, "key")
	if failed != nil {
		return nil, failed
	}
	var key *block
	for i := range found {
		switch b := &found[i]; {
		case b.label == "PRIVATE KEY", b.label == "RSA PRIVATE KEY", b.label == "EC PRIVATE KEY",
			b.label == "ENCRYPTED PRIVATE KEY":
			if key != nil {
				return nil, &Error{Line: b.line, What: fmt.Sprintf(
					"here is a second key; the first begins in line %d", key.line),
					Fix: "keep the one that the certificate was made for"}
			}
			key = b
		case b.label == labelCertificate, strings.HasSuffix(b.label, "PARAMETERS"):
		default:
			return nil, &Error{Line: b.line, What: "here is a " + b.label + ", and a PRIVATE " +
				"KEY is wanted", Fix: "convert it with: openssl pkey -in FILE"}
		}
	}
	if key == nil {
		return nil, &Error{What: "holds no private key in PEM form"}
	}
	if key.encrypted || key.label == "ENCRYPTED PRIVATE KEY" {
		return nil, &Error{Line: key.line, What: "the key is encrypted, and there is nobody to " +
			"ask for its passphrase", Fix: "decrypt it with: openssl pkey -in FILE -out PLAIN, " +
			"and let only the gateway's user read it"}
	}
	signer, err := parseKey(key.bytes)
	switch {
	case err == nil:
		return signer, nil
	case isRSAPSS(key.bytes):
		e := errRSAPSS
		e.Line = key.line
		return nil, &e
	}
	// Not the library's words: they may come from anywhere within the key.
	return nil, &Error{Line: key.line, What: "the key that begins here is damaged, or of a kind " +
		"that can't be used", Fix: "RSA, ECDSA (P-256, P-384, P-521) and Ed25519 keys can"}
}

// parseKey reads a key in one of the three forms that there are.
func parseKey(der []byte) (crypto.Signer, error) {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if s, ok := k.(crypto.Signer); ok {
			return s, nil
		}
		return nil, errors.New("the key can't sign")
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, nil
	}
	k, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Pair reads a chain of certificates, the one that is shown first, and its key. The Leaf of the
// pair is set. The error is an *Error.
func Pair(chain, key []byte) (tls.Certificate, error) {
	none := tls.Certificate{}
	certs, lines, failed := certificates(chain, true)
	if failed != nil {
		return none, failed
	}
	if certs[0].PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm &&
		isRSAPSS(certs[0].RawSubjectPublicKeyInfo) {
		e := errRSAPSS
		e.Line = lines[0]
		return none, &e
	}
	signer, err := PrivateKey(key)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Key = true
		}
		return none, err
	}
	if !fits(certs[0], signer) {
		for i, c := range certs[1:] {
			if fits(c, signer) {
				return none, &Error{Line: lines[i+1], What: "the chain is reversed: the key " +
					"belongs to the certificate that begins here, which has to be the first",
					Fix: "put the certificate of the server first, then the one that has signed " +
						"it, and so on"}
			}
		}
		return none, &Error{Key: true, What: "the key belongs to another certificate",
			Fix: "take the key that the certificate was made for"}
	}
	pair := tls.Certificate{PrivateKey: signer, Leaf: certs[0]}
	for _, c := range certs {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// fits says whether a key is a certificate's.
func fits(c *x509.Certificate, key crypto.Signer) bool {
	switch public := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return public.Equal(key.Public())
	case *ecdsa.PublicKey:
		return public.Equal(key.Public())
	case ed25519.PublicKey:
		return public.Equal(key.Public())
	}
	return false
}

// PublicKeys reads a file of Ed25519 keys; there is at least one. The error is an *Error.
func PublicKeys(data []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	found, failed := blocks(data, "public key")
	if failed != nil {
		return nil, failed
	}
	for _, b := range found {
		if b.label != "PUBLIC KEY" {
			return nil, &Error{Line: b.line, What: "here is a " + b.label + ", and only PUBLIC " +
				"KEY is wanted", Fix: "remove it from this file"}
		}
		key, err := x509.ParsePKIXPublicKey(b.bytes)
		if err != nil {
			return nil, &Error{Line: b.line, What: "the public key that begins here is damaged, " +
				"or of a kind that can't be used", Fix: "copy it again, as a whole"}
		}
		ed, ok := key.(ed25519.PublicKey)
		if !ok {
			return nil, &Error{Line: b.line, What: "holds a key that is not Ed25519",
				Fix: "make a pair with: openssl genpkey -algorithm ed25519"}
		}
		keys = append(keys, ed)
	}
	if len(keys) == 0 {
		return nil, &Error{What: "holds no public key in PEM form"}
	}
	return keys, nil
}

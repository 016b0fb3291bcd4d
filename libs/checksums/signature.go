package checksums

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ErrSignature says that what Verify was given is well formed, and that the text, or who signed it,
// is another.
var ErrSignature = errors.New("the signature is not of this text and key")

// Sign signs a text with a private key in PEM (PKCS #8 or SEC 1): ECDSA or Ed25519. The signature
// is what `cosign verify-blob --signature` reads: base64 of the signature's DER form (ECDSA, over
// SHA-256), or of its 64 bytes (Ed25519). One key and one text have one signature (RFC 6979), so
// that signing again makes no other file.
func Sign(key, text []byte) (string, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return "", errors.New("the key is not in PEM form")
	}
	if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
		return "", errors.New("the key is encrypted: openssl pkey takes the password away")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if private, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
			return "", errors.New("the key is neither PKCS #8 nor an EC private key")
		}
	}
	var signature []byte
	switch k := private.(type) {
	case *ecdsa.PrivateKey:
		digest := sha256.Sum256(text)
		signature, err = k.Sign(nil, digest[:], crypto.SHA256)
	case ed25519.PrivateKey:
		signature, err = k.Sign(nil, text, crypto.Hash(0))
	default:
		return "", fmt.Errorf("keys are ECDSA or Ed25519, and this one is a %T", private)
	}
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify checks a signature as Sign makes it with the public key in PEM (PKIX), such as
// cosign.pub. It returns ErrSignature where text or signer is another.
func Verify(key, text []byte, signature string) error {
	block, _ := pem.Decode(key)
	if block == nil {
		return errors.New("the key is not in PEM form")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return errors.New("the key is no public key (-----BEGIN PUBLIC KEY-----)")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return errors.New("the signature is not base64")
	}
	var ok bool
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(text)
		ok = ecdsa.VerifyASN1(k, digest[:], raw)
	case ed25519.PublicKey:
		ok = ed25519.Verify(k, text, raw)
	default:
		return fmt.Errorf("keys are ECDSA or Ed25519, and this one is a %T", public)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
)

// An Algorithm is one that tokens are signed by with a private key (RFC 7518 section 3.1, RFC 8037
// section 3.1, RFC 9864 section 2.2). There are none with shared keys (HS256): what can check
// such a token can make one, and a public key that is taken for a shared one is known to all.
type Algorithm uint8

// The algorithms.
const (
	RS256 Algorithm = iota + 1
	RS384
	RS512
	PS256
	PS384
	PS512
	ES256
	ES384
	ES512
	EdDSA         // with Ed25519
	Ed25519       // the same under the name of RFC 9864
	lastAlgorithm = Ed25519
)

var algorithmNames = [...]string{
	RS256: "RS256", RS384: "RS384", RS512: "RS512", PS256: "PS256", PS384: "PS384", PS512: "PS512",
	ES256: "ES256", ES384: "ES384", ES512: "ES512", EdDSA: "EdDSA", Ed25519: "Ed25519",
}

// String is the algorithm as tokens name it.
func (a Algorithm) String() string {
	if int(a) < len(algorithmNames) {
		return algorithmNames[a]
	}
	return ""
}

// AlgorithmNames are the algorithms as tokens name them.
func AlgorithmNames() []string { return append([]string(nil), algorithmNames[1:]...) }

// ParseAlgorithm finds an algorithm by its name, whose letters count as they are written.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for a := Algorithm(1); a <= lastAlgorithm; a++ {
		if algorithmNames[a] == name {
			return a, true
		}
	}
	return 0, false
}

// hash is the digest of what was signed.
func (a Algorithm) hash(signed []byte) (crypto.Hash, []byte) {
	switch a {
	case RS256, PS256, ES256:
		sum := sha256.Sum256(signed)
		return crypto.SHA256, sum[:]
	case RS384, PS384, ES384:
		sum := sha512.Sum384(signed)
		return crypto.SHA384, sum[:]
	default:
		sum := sha512.Sum512(signed)
		return crypto.SHA512, sum[:]
	}
}

// verify says whether a signature is that of a key. The key fits the algorithm.
func (a Algorithm) verify(k *Key, signed, signature []byte) bool {
	switch a {
	case RS256, RS384, RS512:
		h, sum := a.hash(signed)
		return rsa.VerifyPKCS1v15(k.rsa, h, sum, signature) == nil
	case PS256, PS384, PS512:
		h, sum := a.hash(signed)
		o := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
		return len(signature) == k.rsa.Size() &&
			rsa.VerifyPSS(k.rsa, h, sum, signature, &o) == nil
	case ES256, ES384, ES512:
		size := (k.ec.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		_, sum := a.hash(signed)
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(k.ec, sum, r, s)
	case EdDSA, Ed25519:
		return ed25519.Verify(k.ed, signed, signature)
	}
	return false
}

package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Bounds of RSA keys, in bits. Larger keys would make each check of a token dear.
const (
	minRSA = 2048
	maxRSA = 8192
)

// A Key is a public key that signatures can be checked with.
type Key struct {
	id   string
	only Algorithm // the one that it says it is for; 0: it does not say

	// One of these.
	rsa *rsa.PublicKey
	ec  *ecdsa.PublicKey
	ed  ed25519.PublicKey
}

// fits says whether tokens of an algorithm can be signed by the key. The algorithm of a key is as
// binding as that of the configuration: a key for RS256 does not check PS256.
func (k *Key) fits(a Algorithm) bool {
	if k.only != 0 && k.only != a {
		return false
	}
	switch a {
	case RS256, RS384, RS512, PS256, PS384, PS512:
		return k.rsa != nil
	case ES256:
		return k.ec != nil && k.ec.Curve == elliptic.P256()
	case ES384:
		return k.ec != nil && k.ec.Curve == elliptic.P384()
	case ES512:
		return k.ec != nil && k.ec.Curve == elliptic.P521()
	case EdDSA, Ed25519:
		return k.ed != nil
	}
	return false
}

// rivals says that there is an algorithm which both keys fit.
func (k *Key) rivals(other *Key) bool {
	for a := Algorithm(1); a <= lastAlgorithm; a++ {
		if k.fits(a) && other.fits(a) {
			return true
		}
	}
	return false
}

// same says that the keys are one key, twice.
func (k *Key) same(other *Key) bool {
	switch {
	case k.only != other.only:
		return false
	case k.rsa != nil && other.rsa != nil:
		return k.rsa.Equal(other.rsa)
	case k.ec != nil && other.ec != nil:
		return k.ec.Equal(other.ec)
	}
	return k.ed != nil && other.ed != nil && k.ed.Equal(other.ed)
}

// Why a key of a set can't be used. None of them shows anything of the key.
var (
	errShared   = errors.New("it is a shared key (kty oct), and such are not used")
	errPrivate  = errors.New("its private half is in the set; publish the public one alone")
	errUse      = errors.New("it is not for signatures (use)")
	errKeyOps   = errors.New("it is not for checking signatures (key_ops)")
	errType     = errors.New("a member is not of its type")
	errNumber   = errors.New("a number of it is not base64url without padding")
	errKind     = errors.New("it is of a kind or a curve that is not supported (kty, crv)")
	errForAlg   = errors.New("its alg is not supported, or does not fit it")
	errPoint    = errors.New("it is no point of its curve")
	errExponent = errors.New("its exponent is none of an RSA key")
	errModulus  = errors.New("its modulus is even, so it is none of an RSA key")
	errWeak     = errors.New("it was made by a generator whose keys can be broken (ROCA)")
)

// newKey makes the key of a JSON Web Key (RFC 7517 section 4).
func newKey(m map[string]any) (*Key, error) {
	s, err := members(m)
	if err != nil {
		return nil, err
	}
	if use, ok := m["use"]; ok && use != "sig" {
		return nil, errUse
	}
	if ops, ok := m["key_ops"]; ok && !allows(ops, "verify") {
		return nil, errKeyOps
	}
	k := &Key{id: s["kid"]}
	switch s["kty"] {
	case "RSA":
		k.rsa, err = rsaKey(s["n"], s["e"])
	case "EC":
		k.ec, err = ecKey(s["crv"], s["x"], s["y"])
	case "OKP":
		k.ed, err = edKey(s["crv"], s["x"])
	case "oct":
		err = errShared
	default:
		err = errKind
	}
	if err != nil {
		return nil, err
	}
	if _, ok := m["d"]; ok {
		return nil, errPrivate
	}
	return k, k.bind(m, s["alg"])
}

// bind keeps the algorithm that a key says it is for.
func (k *Key) bind(m map[string]any, name string) error {
	if _, ok := m["alg"]; !ok {
		return nil
	}
	if name == "ES521" {
		name = "ES512" // a slip of RFC 7520 that others copied; the curve is checked all the same
	}
	a, ok := ParseAlgorithm(name)
	if !ok || !k.fits(a) {
		return errForAlg
	}
	k.only = a
	return nil
}

// members are those of a key that are texts.
func members(m map[string]any) (map[string]string, error) {
	s := make(map[string]string, 8)
	for _, name := range []string{"kty", "kid", "alg", "use", "crv", "n", "e", "x", "y"} {
		v, ok := m[name]
		if !ok {
			continue
		}
		text, ok := v.(string)
		if !ok {
			return nil, errType
		}
		s[name] = text
	}
	return s, nil
}

// allows says whether a list has an operation.
func allows(ops any, operation string) bool {
	list, _ := ops.([]any)
	return slices.Contains(list, any(operation))
}

func rsaKey(n, e string) (*rsa.PublicKey, error) {
	modulus, err := decode(n)
	if err != nil {
		return nil, errNumber
	}
	exponent, err := decode(e)
	if err != nil {
		return nil, errNumber
	}
	k := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus)}
	x := new(big.Int).SetBytes(exponent)
	if !x.IsInt64() || x.Int64() < 3 || x.Int64() > 1<<31-1 || x.Bit(0) == 0 {
		return nil, errExponent
	}
	k.E = int(x.Int64())
	if bits := k.N.BitLen(); bits < minRSA || bits > maxRSA {
		return nil, fmt.Errorf(
			"it has %d bits, and an RSA key needs %d to %d", bits, minRSA, maxRSA)
	}
	if k.N.Bit(0) == 0 {
		return nil, errModulus
	}
	if roca(k.N) {
		return nil, errWeak
	}
	return k, nil
}

func ecKey(curve, x, y string) (*ecdsa.PublicKey, error) {
	var c elliptic.Curve
	switch curve {
	case "P-256":
		c = elliptic.P256()
	case "P-384":
		c = elliptic.P384()
	case "P-521":
		c = elliptic.P521()
	default:
		return nil, errKind
	}
	size := (c.Params().BitSize + 7) / 8
	point := make([]byte, 1, 1+2*size)
	point[0] = 4 // both coordinates follow
	for _, part := range []string{x, y} {
		b, err := decode(part)
		if err != nil {
			return nil, errNumber
		}
		if len(b) != size { // RFC 7518 section 6.2.1.2
			return nil, errPoint
		}
		point = append(point, b...)
	}
	k, err := ecdsa.ParseUncompressedPublicKey(c, point)
	if err != nil {
		return nil, errPoint
	}
	return k, nil
}

func edKey(curve, x string) (ed25519.PublicKey, error) {
	if curve != "Ed25519" {
		return nil, errKind
	}
	b, err := decode(x)
	if err != nil {
		return nil, errNumber
	}
	if len(b) != ed25519.PublicKeySize {
		return nil, errPoint
	}
	return b, nil
}

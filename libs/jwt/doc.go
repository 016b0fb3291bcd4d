// Package jwt checks signed tokens: JSON Web Tokens (RFC 7519) in the compact form of JWS
// (RFC 7515), with the keys of JSON Web Key sets (RFC 7517).
//
//	t, err := jwt.Parse(raw)          // the form alone
//	err = rules.Header(t)             // algorithm and type are those that are allowed
//	err = set.Verify(t)               // the signature is that of a key which fits the algorithm
//	c, err := jwt.ParseClaims(t.Payload())
//	expires, err := rules.Claims(c, now)
//
// It is stricter than the RFCs let it be, since whatever a token leaves open an attacker chooses:
//
//   - base64url without padding, line breaks and bits that nothing uses; JSON without members of
//     the same name, in valid UTF-8
//   - signatures by public keys only: RSA (PKCS #1 v1.5 and PSS), ECDSA and Ed25519. A key fits an
//     algorithm by its kind, curve and size, and by its alg, use and key_ops
//   - crit and b64 are refused, as are encrypted tokens (JWE) and the JSON forms
//   - keys in the token (jwk, x5c) and addresses of keys (jku, x5u) mean nothing
//
// It fetches nothing, and reads no clock. Why a token is refused is an Error, whose text clients
// may see: it has nothing of the token in it.
package jwt

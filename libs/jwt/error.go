package jwt

// An Error is why a token is refused. Its text is for the client that has sent the token: ASCII,
// without quotes and backslashes, and without anything of the token or of a key.
type Error string

// Error is error's.
func (e Error) Error() string { return string(e) }

// What is wrong with the form of a token.
const (
	ErrTooLong    Error = "the token is too long"
	ErrForm       Error = "the token is not of three parts with dots between them"
	ErrEncrypted  Error = "the token is encrypted (JWE), and only signed ones are taken"
	ErrJSONForm   Error = "the token is in a JSON form of JWS, and only the compact one is taken"
	ErrBase64     Error = "a part of the token is not base64url without padding"
	ErrHeader     Error = "the header of the token is not a JSON object without double members"
	ErrHeaderType Error = "a member of the token's header is not of its type"
	ErrCritical   Error = "the token has crit, and no extension is known"
	ErrUnencoded  Error = "the token has b64, and payloads are always encoded"
	ErrNested     Error = "the token holds another token (cty), and only claims are taken"
	ErrClaims     Error = "the claims are not a JSON object without double members"
)

// What the rules and the keys do not allow.
const (
	ErrNone       Error = "the token is not signed (alg none)"
	ErrAlgorithm  Error = "the token's algorithm is not one that is allowed"
	ErrType       Error = "the token is of another type (typ)"
	ErrUnknownKey Error = "the token's key is not known (kid)"
	ErrKeyFit     Error = "no key fits the token's algorithm"
	ErrManyKeys   Error = "the token names no key (kid), and too many fit"
	ErrSignature  Error = "the signature does not fit the token"
	ErrIssuer     Error = "the token is of another issuer (iss)"
	ErrAudience   Error = "the token is for another audience (aud)"
	ErrExpired    Error = "the token has expired (exp)"
	ErrNotYet     Error = "the token is not valid yet (nbf)"
	ErrIssued     Error = "the token was issued in the future (iat)"
	ErrClaimType  Error = "a claim of the token is not of its type"
	ErrMissing    Error = "the token lacks a claim that is required"
)

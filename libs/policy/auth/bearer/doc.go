// Package bearer is the authenticator of clients that send a token (auth.jwt, RFC 6750).
//
// A signed token (JWT) is checked here, with the keys of its issuer. Others are opaque, and the
// server of auth.jwt[].introspection is asked about them, where there is one. What was found out is
// remembered by the hash of the token for as long as it is true, so that most requests cost a hash.
package bearer

// Package fetch asks other servers for small documents over HTTP, within bounds: the keys of an
// issuer, a verdict about a token.
//
// Whatever the server does, an exchange takes no longer than its timeout and no more memory than
// its bound: an answer that is too large, endless, or comes a byte at a time is an error. Redirects
// are not followed, since they would let a server choose whom the gateway asks. Certificates are
// verified always.
package fetch

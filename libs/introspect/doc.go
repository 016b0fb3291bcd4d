// Package introspect asks an OAuth 2.0 server whether a token counts, and whose it is (RFC 7662).
//
// It is for opaque tokens, of which nobody but their server can say anything. An answer is asked
// for once, however many requests have the same token at a time; remembering answers is the
// caller's.
package introspect

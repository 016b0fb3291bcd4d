// Package tlsconf turns what a document says of TLS into configurations of
// crypto/tls: which certificate a listener shows for which name, whom it lets in,
// how a cluster's endpoints are verified.
//
// A Server or client configuration is built whole, from files read once, and then
// only used. A reload builds another; what must outlive it, the keys of session
// tickets, lives in Tickets.
package tlsconf

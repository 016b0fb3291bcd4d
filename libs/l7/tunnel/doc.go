// Package tunnel carries bytes between a client and an endpoint after a change of
// protocol (RFC 9110 section 7.8, RFC 8441), whatever each of them speaks.
package tunnel

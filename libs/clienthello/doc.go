// Package clienthello reads the first message of a TLS client, without TLS.
//
// The relay routes by the server name in it, and passes it on as it came; the edge looks into one
// that crypto/tls refuses, to say why.
package clienthello

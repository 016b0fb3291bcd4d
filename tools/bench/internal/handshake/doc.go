// Package handshake is a client that does little but connect: TLS 1.3 handshakes, full ones or with
// a session ticket, a few at a time, each with one request that the server answers with 404 and
// closes after. The request proves that the session works, and the 404 that no upstream had a share
// in what it cost.
//
// It offers X25519 alone for the key exchange, because servers that know X25519MLKEM768 would
// choose it and others not. Like the load generator it runs as a process of its own.
package handshake

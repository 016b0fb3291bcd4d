// Package client is the client's side of an exchange: a connection with HTTP/1.1, or
// a stream of one with HTTP/2.
//
// A side reads the body of a request and writes a response. It knows nothing of
// routes, endpoints or attempts. Who the client is, is a Peer; whether its connection
// is about to end, the Owner of the connection says.
package client

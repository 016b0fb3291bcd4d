// Package endpoint is the endpoint's side of an exchange: one attempt to have a
// request answered, over a connection with HTTP/1.1 that is lent for it, or over a
// stream of a shared connection with HTTP/2.
//
// Connect gives a Side. An exchange sends the request through it, reads the response
// through it, and ends it once. Whatever goes wrong is a *fault.Error that says what
// the endpoint did, so that nobody above has to look at errors of sockets or streams.
package endpoint

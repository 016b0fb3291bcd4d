// Package sticky makes the signed values of cookies that keep a client at one endpoint.
//
// A value names an endpoint by a keyed hash of its address, so that nobody learns the address, and
// says until when it holds. Only who knows the secret can make one. The same secret makes processes
// understand each other; each cluster has cookies of its own all the same.
package sticky

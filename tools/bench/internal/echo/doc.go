// Package echo is a gRPC service that sends back what it gets, and a client that calls it at a
// fixed rate, each call when it is due whatever became of the others. Both are
// google.golang.org/grpc as anyone would use it, in processes of their own.
//
// A call's time counts from when it was made: what the client's timer was late by, tens of
// microseconds, is about as much as a proxy adds, and it is no part of that.
package echo

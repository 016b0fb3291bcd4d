// Package grpc puts the edge, as a process of its own, between gRPC's own client and server of its
// interoperability tests. It is tests only.
package grpc

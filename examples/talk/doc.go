// Package talk has the servers of the examples in which both sides speak at the same time: a gRPC
// service and a WebSocket, both of which send back what they get. They are handlers of net/http and
// need no other module; what they have of the protocols is what the examples show.
package talk

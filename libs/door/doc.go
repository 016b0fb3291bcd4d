// Package door lets clients in, and sees them out.
//
// A process has one Door. Its listeners accept connections within their own limits and
// within one for all of them together, whatever protocol the clients speak. What becomes
// of a connection is the business of the Host of its listener, which makes a Conn of it.
//
// The door keeps every connection with its listener until it ends. So it can end those of
// a listener that a reload removed (Listener.Remove, EndRemoved, Listener.Cut), and all of
// them when the process stops (Drain).
//
//	door.go      the limit for all, and the drain
//	listener.go  accepting
//	place.go     the connections of a listener
//	believed.go  whose PROXY headers count
package door

// Package tcp is the clients and the servers of the rows about the relay: a server that sends back
// what comes or sends a large file, and clients that count round trips, bytes or new sessions. Each
// is the benchmark's own binary in a process of its own.
package tcp

// Package buffers lends the memory that a busy connection reads into. An idle
// connection holds none of it.
package buffers

// Package servers runs real servers for the examples: PostgreSQL, Redis and Prometheus as the
// machine has them installed. Each has its data in a temporary folder, listens on loopback only,
// and ends, data and all, with Stop. A program that is not installed is a *MissingError, which says
// what package has it.
package servers

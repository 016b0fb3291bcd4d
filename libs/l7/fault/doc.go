// Package fault says what went wrong with a request: whose fault it is, of what
// kind, and what its client is told. The sides of an exchange make such errors
// where they happen, so that nobody has to guess from a system error later.
package fault

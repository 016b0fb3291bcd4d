// Package sums reads and writes SHA256SUMS: a line for each file with its SHA-256 and its name, as
// sha256sum prints them.
package sums

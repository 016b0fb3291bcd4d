// Package checksums is about SHA256SUMS: a line for each file of a release with its SHA-256 and its
// name, as sha256sum prints them, and the signature of that list.
package checksums

// Package provenance writes what files were built from, as an in-toto statement (v1) with SLSA's
// predicate (v1): the files with their SHA-256, the commit, the Go SDK, and the command that builds
// them again. Because the build is reproducible it names neither a machine nor a time.
package provenance

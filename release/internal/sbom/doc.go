// Package sbom writes the bill of materials of binaries, in the form of CycloneDX 1.6: each binary
// with its hash, each module that is in one with its version, checksum and licences, and which
// binary has which modules.
package sbom

// Package modules knows the modules that a binary is made of: their versions and checksums as
// go.mod and go.sum have them, and the texts of their licences. What is in a binary is decided by
// the packages that were linked into it, which the build lists.
package modules

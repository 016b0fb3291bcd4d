// Command verify builds a release again and compares it with what was published.
//
//	tools/bazel run //release:verify -- v0.6.0 --sums SHA256SUMS
//
// It takes the tagged commit from the repository, builds it in folders of its own without anything
// that was built before, and says "match", or which file is the first that differs.
package main

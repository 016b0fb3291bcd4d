// Package checks holds tests of the source tree itself that Bazel cannot make part of a
// compilation: formatting of Go and BUILD files, a tidy go.mod, the module list of MODULE.bazel,
// package comments. Each failure says the command that mends it.
//
// The imports have their own test in tools/layering, and the BUILD files are compared with the Go
// sources by //:gazelle_test.
package checks

// Package checks holds tests of the source tree itself that Bazel cannot make part of a
// compilation: formatting of Go and BUILD files, the width of lines, a tidy go.mod, the module list
// of MODULE.bazel, package comments, and words that comments do without. Each failure says what
// mends it.
//
// The imports have their own test in tools/layering, and the BUILD files are compared with the Go
// sources by //:gazelle_test.
package checks

// Package staticcheck runs honnef.co/go/tools over the repository: code that nothing uses, and
// what its SA checks take for a mistake.
//
// It is a test of its own and not a part of nogo, because what is used can be said only of all
// packages together with their tests, and nogo looks at one at a time.
package staticcheck

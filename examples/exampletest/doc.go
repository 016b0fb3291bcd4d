// Package exampletest runs the edge, or the relay, for the tests of the examples, each with its own
// gateway.yaml.
//
// Start puts free ports in the place of those that a gateway.yaml names, and runs the real binary
// on a copy of it. The copy can be edited as a person would edit the file. What the admin API
// answers is held against openspec/admin.yaml on the way. It is imported by tests only.
package exampletest

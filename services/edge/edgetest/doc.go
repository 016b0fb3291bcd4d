// Package edgetest is what the tests of the edge share: configurations, raw messages, an edge whose
// file changes while it runs, and checks of its answers. The tests are in the folders beside it,
// one for each subject. What tests of other programs need as well is in libs/testkit.
//
// It is imported by tests only.
package edgetest

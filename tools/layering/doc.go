// Package layering holds the tiers of docs/architecture.md as a table and checks every import of
// libs/ and services/ against it. Each problem it finds prints the rule and the reason for it, so
// that the author of the change learns why the rule is there.
//
// Its test runs over the whole tree. To add a package, add its name to the tier it belongs to in
// table.go; to allow one import that a rule forbids, add an exception there, with its reason, and
// expect to be asked about it in review.
package layering

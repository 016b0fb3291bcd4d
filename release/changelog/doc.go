// Command changelog makes the section of a release in CHANGELOG.md: the notes of the version, then
// the fragments of release/notes/unreleased, which it removes.
//
//	go run ./release/changelog
//
// The version is that of MODULE.bazel. A second run changes nothing.
package main

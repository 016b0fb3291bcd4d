// Command breaking says what of the API documents in openspec has changed since the last release in
// a way that breaks clients, such as a field that is gone.
//
//	tools/bazel run //tools/breaking              what changed
//	tools/bazel run //tools/breaking -- -release  those of today become those of the release
//
// The documents of the last release lie in openspec/released. Its test fails on a change that
// breaks clients and that openspec/released/accepted.txt does not name. What a change means is
// decided by oasdiff (Apache-2.0), which is in no service.
package main

// Command publish publishes the files of a release on GitHub. `tools/bazel run --config=release
// //release:publish` builds them and calls it; without --yes it only says what it would do. A
// publication that broke off is begun anew and goes on. GITHUB_TOKEN is the token of somebody who
// may write releases.
package main

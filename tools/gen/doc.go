// Command gen writes everything in the repository that is generated, but for BUILD files:
// `tools/bazel run //tools/gen`, or `go run ./tools/gen`.
//
//   - The Go code of the .proto files, beside each of them (protos.go). It needs no protoc:
//     protocompile reads the files, protoc-gen-go's own package writes messages, and the plugin of
//     gRPC, which go.mod names under tool, writes services. So the code depends on go.mod and the
//     .proto files, and on nothing that is installed.
//   - The map of packages in docs/architecture.md (architecture.go).
//   - Pages and API documents that packages render from their tables: errors, the reference of the
//     configuration, its JSON schema, dashboards, the reference of the command line (rendered.go).
//
// Tests compare what is checked in with what gen would write. Expected output of tests, in testdata
// folders, is not generated here: each of those files is looked at before it is accepted.
package main

// Command gen writes the Go code of the repository's .proto files anew, beside each of them: `go
// run ./tools/gen`.
//
// It needs no protoc: protocompile reads the files, protoc-gen-go's own package writes messages,
// and the plugin of gRPC, which go.mod names under tool, writes services. So the generated code
// depends on go.mod and the .proto files, and on nothing that is installed; a test compares what is
// checked in with what gen would write.
package main

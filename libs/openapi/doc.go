// Package openapi holds requests and responses against an OpenAPI document, 3.0 or 3.1.
//
// [Load] reads a document, and the files that it refers to, and makes a [Contract] of it, once:
//
//	contract, err := openapi.Load("openspec/users.yaml", openapi.Options{})
//	operation, v := contract.Operation([]byte("GET"), []byte("/users/7"))
//	violations := operation.CheckRequest(&openapi.Request{Path: …, Query: …, Fields: …, Body: …})
//	violations = operation.CheckResponse(&openapi.Response{Status: 200, Fields: …, Body: …})
//
// An error of Load is [Problems], each with file, line and column. A Contract does not change; many
// goroutines use it. Its [Contract.Digest] is the same wherever the same files are read: what has
// the same digest gives the same verdicts.
//
// A check gives a list of [Violation], empty for what is as described. They have nothing of the
// message but names of members, and are bounded in number and length.
//
// [Contract.Operation] matches paths: concrete ones before templates, method by method. What comes
// before the paths of the document is the path of its servers: see [Options.Base].
//
// [Operation.CheckHead] checks parameters and the content type alone, before a body is there, and
// [Operation.CheckBody] the body alone. [Operation.ReadsBody] says whether a body would be looked
// at.
package openapi

// Package spectest holds an upstream, or traffic that was recorded, against an OpenAPI document.
//
// The verdicts are those of libs/openapi, which the edge asks too. What is sent is made of the
// examples and schemas of the document, and sent only if it is itself as described.
//
//	sample.go   values of schemas
//	pattern.go  texts of regular expressions
//	build.go    the request of an operation
//	write.go    values as they stand in a URL, in a field and in a form
//	run.go      an upstream that is asked
//	har.go      recorded traffic
//	result.go   what came of it
//	junit.go    the same for CI
package spectest

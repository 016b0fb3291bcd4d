// Package gwerr is the catalogue of the errors the gateway itself answers with.
//
// One table holds, for each [Code], its name, its status, and what a person reading it should know.
// The body of such an answer is written by [AppendBody]; the page docs/errors.md, the document
// openspec/errors.yaml and `gateway errors list` are rendered from the same table, so they cannot
// disagree. A response of an upstream never passes through here.
package gwerr

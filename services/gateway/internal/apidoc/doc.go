// Package apidoc reads OpenAPI documents for verbs that need more of them than a contract tells:
// examples, parameters and schemas as they are written.
//
// What is right and wrong is libs/openapi's to say, here as at the edge: [Load] makes the same
// contract of the same files, with the same digest.
package apidoc

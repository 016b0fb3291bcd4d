// Package specdraft writes OpenAPI 3.1 documents: a skeleton of what an access log shows, and a
// catalogue of the routes of a configuration with what their own documents say.
//
//	skeleton.go   a log as a tree of paths
//	segment.go    which parts of a path are identifiers
//	catalogue.go  routes and their documents
//	copy.go       parts of a document, with what they refer to
//	yaml.go       values in the order in which people read them
package specdraft

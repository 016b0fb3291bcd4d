// Package specedit keeps a configuration and an OpenAPI document together: it adds to the text of
// the one what the other has, and leaves everything else of the text, comments included, as it is.
//
//	text.go     a text that is added to
//	routes.go   routes for the operations of a document
//	paths.go    paths of a document for the routes of a configuration
package specedit

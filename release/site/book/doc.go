// Package book holds the pages of the documentation: which there are, what headings they have, and
// where their links lead.
//
// The pages are the Markdown files of a source tree that people read: README.md and its like at the
// top, docs and the examples. The anchors of headings are those that GitHub makes, so that a link
// works in the repository and on the rendered site alike.
package book

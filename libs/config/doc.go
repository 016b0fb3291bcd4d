// Package config is the document a user writes: its shape, its defaults, and what is wrong with it.
//
// [Resolve] finds the file a service runs with, [Load] reads one by name, and [Decode] works on
// bytes. All three run the same steps: libs/config/text turns YAML or JSON into a tree of nodes
// that know their line and column, an environment overlay is merged over it, the tree is decoded
// strictly into a [Document] that already carries its defaults, and the document is validated. What
// is at fault comes back as [Problems], all of them, ordered by position.
//
// Two packages stand above this one: libs/config/changes says what differs between two documents,
// libs/config/reference describes the document to those who write one.
//
// The package is pure: it opens no socket, starts no goroutine, and knows nothing of the plan that
// is built from a Document. A Document is plain data; nothing in the package keeps a reference to
// one it returned.
package config

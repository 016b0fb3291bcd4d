// Package text reads what a user writes, be it YAML or JSON, into one kind of tree, in which each
// value and each key knows its line and column. What is wrong with a text comes back as [Problems]
// with their places.
//
// It knows nothing of what a document means; libs/config decodes the tree. Two trees are laid over
// each other by [Merge]. Files in the plain part of YAML or JSON take a fast way that gives the
// very tree that the libraries give.
package text

// Package sample makes random documents that look like those people write, for tests that hold
// what validation lets through against what can be run.
//
// It knows the keys from the same tags as the decoder, so that a new key is in the documents
// without a change here. About a fifth of them are valid; the rest have a mistake or two.
package sample

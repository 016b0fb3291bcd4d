// Package reference describes the document to those who write one: the tables of
// docs/configuration.md for people and the JSON Schema for editors. Both are made from the model
// that decodes a file, so neither can say something else.
package reference

// Package tags reads the config tags of the document's structs: which keys a struct has, and what
// their values must be. They are the one place that says so; decoding, comparing, the JSON Schema
// and the reference all ask here.
package tags

// Package jsonstr appends text as a JSON string, without allocating beyond the destination.
//
// It exists for the two places that write JSON while a request waits: the error body and the access
// log. Whatever the bytes, the result is valid JSON that any parser takes: control bytes are
// escaped and each byte that is not UTF-8 becomes U+FFFD, as encoding/json does it. It does not
// escape for HTML, since none of its output is put into a page.
package jsonstr

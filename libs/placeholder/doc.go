// Package placeholder reads texts with placeholders, such as "{client.address}", and fills them in
// for a request.
//
// A text is read once, when the configuration is loaded. To fill it in appends to memory of the
// caller's and allocates nothing. The values come from a Source; what it appends can't end the
// field that the text is the value of, whatever it is.
package placeholder

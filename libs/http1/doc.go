// Package http1 is an HTTP/1.1 codec (RFC 9112) for a proxy: it reads message
// heads and bodies out of connection buffers, judges them strictly, and hands
// out positions in the buffer instead of copies.
//
// RequestHead and ResponseHead parse a head line by line as its bytes arrive,
// each byte once. Everything a proxy must decide on is known afterwards: where
// the message is meant for, how its body is framed, which fields end at this
// hop. Whatever two parsers could read in two ways is an *Error that carries the
// answer to give; nothing is repaired. Body reads a Content-Length, chunked or
// close-delimited body out of the same buffers, AppendChunk and its companions
// write one.
//
// Values of this package belong to one connection and are reused for each of
// its messages. They allocate nothing once their field list has grown, hold no
// locks and do no I/O.
package http1

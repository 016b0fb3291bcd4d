package heads

import "github.com/gatewayhomebrew/gateway/libs/http1"

// Framing is how the body of a response goes to a client.
type Framing struct {
	// Chunked says that it goes in chunks (RFC 9112 section 7.1).
	Chunked bool
	// Length is the Content-Length field that is written, -1 for none.
	Length int64
	// Close says that the connection ends behind it.
	Close bool
}

// Length is the Content-Length field of a response whose body is framed so and has
// this length; -1 for none.
func Length(r *http1.ResponseHead, kind http1.Framing, length int64) int64 {
	switch {
	case kind == http1.LengthBody:
		return length
	case kind == http1.NoBody && r.Status != 204:
		return r.ContentLength() // of HEAD and 304: about a body that does not come
	}
	return -1
}

// Frame says how a body of an unknown or known length goes to a client that speaks
// HTTP/1.1, or HTTP/1.0 where minor is 0. trailers says that a trailer section may
// follow a body whose length is known, for which only chunks leave room.
func Frame(
	r *http1.ResponseHead, kind http1.Framing, length int64, minor int, trailers bool,
) Framing {
	if kind == http1.LengthBody && trailers && r.Find(http1.FieldTrailer) != nil {
		kind = http1.CloseBody
	}
	f := Framing{Length: Length(r, kind, length)}
	if kind == http1.ChunkedBody || kind == http1.CloseBody {
		f.Chunked = minor == 1
		f.Close = !f.Chunked
	}
	return f
}

// AppendBody appends a piece of a body, as a chunk where the body goes in chunks.
func AppendBody(dst, data []byte, chunked bool) []byte {
	if !chunked || len(data) == 0 {
		return append(dst, data...)
	}
	dst = http1.AppendChunkHead(dst, len(data))
	dst = append(dst, data...)
	return append(dst, "\r\n"...)
}

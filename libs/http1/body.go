package http1

import (
	"bytes"
	"io"
)

// Body takes a message's body out of the bytes of its connection, whatever way
// it is framed. It keeps no bytes but a trailer section's.
type Body struct {
	// Trailer is the trailer section of a chunked body, as header lines that may
	// be sent on: fields that frame, route or authenticate are left out
	// (RFC 9110 section 6.5.1). It is complete once Done reports true.
	Trailer []byte
	// RejectUnderscores refuses trailer fields with underscores in their names,
	// as RequestHead does. Reset turns it off.
	RejectUnderscores bool
	// Response says that the body is that of a response, of which more is accepted: blanks
	// behind a chunk size, and before the colon of a trailer field. Reset turns it off.
	Response bool
	// ControlCharacters lets the trailer fields of a response have control characters, as
	// Limits does. Reset turns it off.
	ControlCharacters bool

	framing   Framing
	remaining int64 // of the body, or of the present chunk
	state     chunkState
	digits    int
	extra     int // bytes of chunk extensions in the whole body; of one line in a response
	line      []byte
	done      bool
	trailers  int
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkSpace
	chunkExtension
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	chunkTrailer
)

const (
	maxChunkDigits = 16
	// maxChunkExtension bounds extensions and blanks, which are dropped: in the whole body of
	// a request, and in each line of a response, whose server may pad every one of them.
	maxChunkExtension = 4 << 10
	maxTrailer        = 8 << 10
	maxTrailerFields  = 32
)

// Reset makes the body ready to read a body of the given framing; length
// counts for LengthBody.
func (b *Body) Reset(framing Framing, length int64) {
	trailer, line := b.Trailer[:0], b.line[:0]
	*b = Body{}
	b.Trailer, b.line, b.framing, b.remaining = trailer, line, framing, length
	b.done = framing == NoBody || framing == LengthBody && length == 0
	if framing == ChunkedBody {
		b.remaining = 0
	}
}

// Framing is the framing given to Reset.
func (b *Body) Framing() Framing { return b.framing }

// Done reports whether the whole body has been read.
func (b *Body) Done() bool { return b.done }

// Remaining is how many bytes of a LengthBody are still to come, -1 for others.
func (b *Body) Remaining() int64 {
	if b.framing != LengthBody {
		return -1
	}
	return b.remaining
}

// Ahead is how many bytes of the present chunk are still to come: what a
// chunked body has announced, but not sent.
func (b *Body) Ahead() int64 {
	if b.state != chunkData {
		return 0
	}
	return b.remaining
}

// Skip counts n bytes of a LengthBody as read by other means (splice).
func (b *Body) Skip(n int64) {
	b.remaining -= n
	b.done = b.remaining == 0
}

// Next reads p, the next bytes of the connection. It returns body data, a part
// of p, and how many bytes of p it used up: call it again with the rest until
// that is empty or Done. An error is an *Error.
func (b *Body) Next(p []byte) (data []byte, n int, err error) {
	if b.done || len(p) == 0 {
		return nil, 0, nil
	}
	switch b.framing {
	case LengthBody:
		if int64(len(p)) >= b.remaining {
			p = p[:b.remaining]
			b.done = true
		}
		b.remaining -= int64(len(p))
		return p, len(p), nil
	case CloseBody:
		return p, len(p), nil
	}
	for n < len(p) && !b.done {
		if b.state == chunkData {
			k := int(min(int64(len(p)-n), b.remaining))
			data = p[n : n+k]
			n += k
			if b.remaining -= int64(k); b.remaining == 0 {
				b.state = chunkDataCR
			}
			return data, n, nil
		}
		if err := b.step(p[n]); err != nil {
			return nil, n, err
		}
		n++
	}
	return nil, n, nil
}

// EOF tells what the end of the connection's stream means for the body:
// nil if it is complete now, io.ErrUnexpectedEOF if not.
func (b *Body) EOF() error {
	if b.framing == CloseBody {
		b.done = true
	}
	if !b.done {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// step takes one byte outside of chunk data (RFC 9112 section 7.1).
func (b *Body) step(c byte) error {
	switch b.state {
	case chunkSize:
		return b.size(c)
	case chunkSpace:
		// White space is bad, but allowed before an extension; at the end of the line it is
		// allowed only in responses, where servers pad sizes with blanks.
		b.extra++
		switch {
		case c == ';':
			b.state = chunkExtension
		case c == '\r' && b.Response:
			b.state = chunkSizeLF
		case c != ' ' && c != '\t', b.extra > maxChunkExtension:
			return errChunkSize
		}
	case chunkExtension:
		b.extra++
		switch {
		case c == '\r':
			b.state = chunkSizeLF
		case class[c]&cValue == 0:
			return errChunkExt
		case b.extra > maxChunkExtension:
			return errChunkLine
		}
	case chunkSizeLF:
		if c != '\n' {
			return errBareCR
		}
		if b.Response {
			b.extra = 0
		}
		b.state = chunkData
		if b.remaining == 0 {
			b.state = chunkTrailer
		}
		b.digits = 0
	case chunkDataCR:
		if c != '\r' {
			return errChunkEnd
		}
		b.state = chunkDataLF
	case chunkDataLF:
		if c != '\n' {
			return errChunkEnd
		}
		b.state = chunkSize
	case chunkTrailer:
		return b.trailer(c)
	}
	return nil
}

func (b *Body) size(c byte) error {
	switch {
	case class[c]&cHex != 0:
		if b.digits++; b.digits > maxChunkDigits {
			return errChunkTooLarge
		}
		if b.remaining >= 1<<59 {
			return errChunkTooLarge
		}
		b.remaining = b.remaining<<4 | int64(unhex(c))
		return nil
	case b.digits == 0:
		return errChunkSize
	case c == '\r':
		b.state = chunkSizeLF
	case c == ';':
		b.state = chunkExtension
	case c == ' ' || c == '\t':
		b.state = chunkSpace
	default:
		return errChunkSize
	}
	return nil
}

// trailer collects the lines after the last chunk.
func (b *Body) trailer(c byte) error {
	b.line = append(b.line, c)
	if len(b.line)+len(b.Trailer) > maxTrailer {
		return errTrailerSize
	}
	if c != '\n' {
		return nil
	}
	end := len(b.line) - 2
	if end < 0 || b.line[end] != '\r' {
		return errBareLF
	}
	if end == 0 {
		b.done = true
		return nil
	}
	if b.trailers++; b.trailers > maxTrailerFields {
		return errTooMany
	}
	var accepted lax
	if b.Response {
		accepted = laxOf(b.ControlCharacters)
	}
	f, err := parseField(b.line, 0, end, accepted)
	if err != nil {
		return err
	}
	if b.RejectUnderscores && bytes.IndexByte(b.line[:f.NameEnd], '_') >= 0 {
		return errUnderscore
	}
	if TrailerAllowed(b.line[:f.NameEnd]) {
		// Written anew: there may be white space before the colon.
		b.Trailer = append(b.Trailer, b.line[:f.NameEnd]...)
		b.Trailer = append(b.Trailer, b.line[bytes.IndexByte(b.line, ':'):]...)
	}
	b.line = b.line[:0]
	return nil
}

// TrailerAllowed reports whether a field may be sent on in a trailer section: one that
// frames, routes or authenticates may not (RFC 9110 section 6.5.1), nor may any that has
// a FieldID, but for those of traces.
func TrailerAllowed(name []byte) bool {
	if id := Identify(name); id != FieldOther && !id.traces() {
		return false
	}
	for _, no := range [...]string{
		"age", "cache-control", "content-encoding", "content-range", "cookie", "date", "expires",
		"host",
		"location", "pragma", "proxy-authenticate", "range", "retry-after", "set-cookie", "vary",
		"warning", "www-authenticate",
	} {
		if EqualFold(name, no) {
			return false
		}
	}
	return true
}

// AppendChunkHead appends the line before a chunk of n bytes of data; CRLF must
// follow the data.
func AppendChunkHead(dst []byte, n int) []byte {
	const digits = "0123456789abcdef"
	shift := 0
	for n>>shift > 15 {
		shift += 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return append(dst, '\r', '\n')
}

// AppendLastChunk appends the end of a chunked body with its trailer lines.
func AppendLastChunk(dst, trailer []byte) []byte {
	dst = append(dst, "0\r\n"...)
	dst = append(dst, trailer...)
	return append(dst, '\r', '\n')
}

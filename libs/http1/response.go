package http1

// A Framing is the way the end of a body is known.
type Framing uint8

// The ways of RFC 9112 section 6.3.
const (
	NoBody Framing = iota
	LengthBody
	ChunkedBody
	CloseBody // the connection's end is the body's
)

// ResponseHead is a response's head. Its slices are valid until the buffer
// given to Parse is used again, or Reset is called.
type ResponseHead struct {
	Head

	Status int
	Minor  int
	// KeepAlive reports whether the sender keeps the connection open.
	KeepAlive bool

	reasonStart, reasonEnd int32
}

// Reset makes the head ready for another response.
func (r *ResponseHead) Reset(limits Limits) {
	fields := r.Fields
	*r = ResponseHead{}
	r.begin(fields, &limits)
	r.limits.RequestLine = r.limits.HeadBytes
	r.lax = laxOf(limits.ControlCharacters)
}

// laxOf is what is accepted of a response's field lines; control says that this includes
// control characters.
func laxOf(control bool) lax {
	if control {
		return laxColon | laxControl
	}
	return laxColon
}

// Parse goes on parsing the head that starts at buf[0]; see RequestHead.Parse.
func (r *ResponseHead) Parse(buf []byte) (int, error) {
	r.buf = buf
	if r.lines == 0 {
		start, end, err := r.nextLine()
		if err != nil {
			return 0, err
		}
		if err := r.statusLine(start, end); err != nil {
			return 0, err
		}
		r.lines = 1
	}
	if err := r.fields(); err != nil {
		return 0, err
	}
	if r.framing.chunked && r.Minor == 0 {
		return 0, errCodingOld
	}
	c := &r.connection
	r.KeepAlive = !c.close && (r.Minor == 1 || c.keepAlive)
	return r.pos, nil
}

// statusLine parses HTTP-version SP status-code [ SP reason ]. The space before
// an empty reason may be missing: old servers leave it out.
func (r *ResponseHead) statusLine(start, end int) error {
	line := r.buf[start:end]
	if len(line) < 12 || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return errStatusLine
	}
	minor, err := parseVersion(line[:8])
	if err != nil {
		return err
	}
	for _, c := range line[9:12] {
		if class[c]&cDigit == 0 {
			return errStatusLine
		}
	}
	r.Status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	// RFC 9110 section 15 has 100 to 599; servers use others, up to 999, and all clients
	// take them.
	if r.Status < 100 {
		return errStatusLine
	}
	for _, c := range line[12:] {
		if class[c]&cValue == 0 && (r.lax&laxControl == 0 || c == 0 || c == '\r') {
			return errStatusLine
		}
	}
	r.Minor = minor
	r.reasonStart, r.reasonEnd = int32(min(start+13, end)), int32(end)
	return nil
}

// Reason is the reason phrase as it came.
func (r *ResponseHead) Reason() []byte { return r.buf[r.reasonStart:r.reasonEnd] }

// Informational reports a 1xx response, which another one follows (but for 101).
func (r *ResponseHead) Informational() bool { return r.Status < 200 }

// Body tells how the body of this response to a request with the given method
// is framed, and its length if that is known (RFC 9112 section 6.3).
func (r *ResponseHead) Body(method Method) (Framing, int64) {
	switch {
	case method == MethodHead, r.Status < 200, r.Status == 204, r.Status == 304,
		method == MethodConnect && r.Status < 300:
		return NoBody, 0
	case r.framing.chunked:
		return ChunkedBody, 0
	case r.framing.hasLength:
		return LengthBody, r.framing.value
	}
	return CloseBody, 0
}

// ContentLength is the Content-Length field's value, -1 without one. It is
// the length of the body only if Body returns it as such.
func (r *ResponseHead) ContentLength() int64 {
	if !r.framing.hasLength {
		return -1
	}
	return r.framing.value
}

// UpgradedTo reports whether a 101 response names the protocol asked for.
func (r *ResponseHead) UpgradedTo(protocol []byte) bool {
	f := r.Find(FieldUpgrade)
	if f == nil || !r.connection.upgrade {
		return false
	}
	return sameFold(r.Value(f), protocol)
}

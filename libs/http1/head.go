package http1

import (
	"bytes"
	"time"
)

// Head is the part that requests and responses share: a start line and header
// lines, parsed as they arrive. Positions are relative to the first byte of the
// buffer that Parse was given, which may move between calls.
type Head struct {
	// Fields are the header lines in the order they came.
	Fields []Field

	buf    []byte // what the last Parse was given
	pos    int    // start of the first line not parsed yet
	scan   int    // where to look for its end from
	lines  int    // lines parsed, the start line included
	skip   int    // empty lines skipped before the start line
	limits Limits

	framing    framing
	connection connection
	underscore bool
	relayed    bool
	traced     bool // see Traced
	lax        lax
	byScheme   bool          // see ConnectionAuth
	keepFor    time.Duration // see ResponseHead.KeepFor
	keepSaid   bool
}

// lax says what of a field line is accepted that a request may not have.
type lax uint8

const (
	// laxColon is white space before the colon, which a proxy takes out of responses
	// (RFC 9112 section 5.1).
	laxColon lax = 1 << iota
	// laxControl is control characters in values, but for NUL, CR and LF.
	laxControl
)

// Bytes is the part of the head between two positions. It is valid until the
// buffer given to Parse is used again.
func (h *Head) Bytes(start, end int32) []byte { return h.buf[start:end] }

// Name is a field's name.
func (h *Head) Name(f *Field) []byte { return h.buf[f.Start:f.NameEnd] }

// Value is a field's value without the white space around it.
func (h *Head) Value(f *Field) []byte { return h.buf[f.ValueStart:f.ValueEnd] }

// Line is a field's whole line, CRLF included.
func (h *Head) Line(f *Field) []byte { return h.buf[f.Start:f.End] }

// Find returns the first field with the given ID, or nil.
func (h *Head) Find(id FieldID) *Field {
	for i := range h.Fields {
		if h.Fields[i].ID == id {
			return &h.Fields[i]
		}
	}
	return nil
}

// Begun reports whether a byte of the head has come (empty lines before the
// start line don't count).
func (h *Head) Begun() bool { return len(h.buf) > h.skip }

// Named returns the first field of a name, which is in lower case, or nil.
func (h *Head) Named(name string) *Field {
	for i := range h.Fields {
		if f := &h.Fields[i]; int(f.NameEnd-f.Start) == len(name) && EqualFold(h.Name(f), name) {
			return f
		}
	}
	return nil
}

// Traced reports whether there is a field that names a trace: traceparent, or one of B3's.
func (h *Head) Traced() bool { return h.traced }

// PassedBy reports whether a Via or CDN-Loop field has a name in it: whether the message has
// come by the gateway that has that name (RFC 9110 section 7.6.3, RFC 8586).
func (h *Head) PassedBy(name []byte) bool {
	if !h.relayed {
		return false
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if (f.ID == FieldVia || f.ID == FieldCDNLoop) && bytes.Contains(h.Value(f), name) {
			return true
		}
	}
	return false
}

// begin makes a head that is zero ready for a message. Like what else is made ready for each
// request, heads are cleared and then filled: a literal would be made on the stack and copied, in
// pieces that the processor has to wait for.
func (h *Head) begin(fields []Field, limits *Limits) {
	h.Fields, h.limits = fields[:0], *limits
	h.limits.setDefaults()
}

// maxSkip is how many bytes of empty lines before a start line are ignored
// (RFC 9112 section 2.2 asks for at least one line).
const maxSkip = 8

// nextLine finds the next whole line. It returns its bounds without CRLF.
func (h *Head) nextLine() (start, end int, err error) {
	lf := bytes.IndexByte(h.buf[h.scan:], '\n')
	if lf < 0 {
		if err := h.tooLong(len(h.buf)); err != nil {
			return 0, 0, err
		}
		h.scan = len(h.buf)
		return 0, 0, ErrNeedMore
	}
	start, end = h.pos, h.scan+lf
	h.pos, h.scan = end+1, end+1
	if err := h.tooLong(h.pos); err != nil {
		return 0, 0, err
	}
	if end == start || h.buf[end-1] != '\r' {
		if h.limits.BareLF && h.lax != 0 {
			return start, end, nil
		}
		return 0, 0, errBareLF
	}
	return start, end - 1, nil
}

// tooLong checks the limits on a head that reaches to n and is still in the
// line that began at h.pos (or has just ended it).
func (h *Head) tooLong(n int) error {
	if h.lines == 0 && n-h.skip > h.limits.RequestLine {
		return errURITooLong
	}
	if n > h.limits.HeadBytes {
		if h.lines == 0 {
			return errURITooLong
		}
		return errHeadTooLong
	}
	return nil
}

// startLine finds the first line that is not empty.
func (h *Head) startLine() (start, end int, err error) {
	for {
		start, end, err = h.nextLine()
		if err != nil || end > start {
			return start, end, err
		}
		if h.skip = h.pos; h.skip > maxSkip {
			return 0, 0, errRequestLine
		}
	}
}

// fields parses header lines up to and including the empty one.
func (h *Head) fields() error {
	for {
		start, end, err := h.nextLine()
		if err != nil {
			return err
		}
		if start == end {
			return nil
		}
		if len(h.Fields) >= h.limits.Fields {
			return errTooMany
		}
		f, err := parseField(h.buf, start, end, h.lax)
		if err != nil {
			return err
		}
		if h.pos != end+2 { // a bare LF, which does not go on
			f.End, f.Plain = int32(h.pos), false
		}
		h.Fields = append(h.Fields, f)
		if f.ID != FieldOther {
			if err := h.note(&h.Fields[len(h.Fields)-1]); err != nil {
				return err
			}
		} else if !h.underscore && h.lax == 0 { // of a response nobody asks
			h.underscore = bytes.IndexByte(h.buf[start:f.NameEnd], '_') >= 0
		}
	}
}

// parseField parses the header line between start and end (CRLF excluded).
func parseField(buf []byte, start, end int, lax lax) (Field, error) {
	line := buf[start:end]
	if line[0] == ' ' || line[0] == '\t' {
		return Field{}, errObsFold
	}
	n := 0
	for n < len(line) && class[line[n]]&cToken != 0 {
		n++
	}
	if n == len(line) {
		return Field{}, errNoColon
	}
	colon := n
	if lax&laxColon != 0 {
		for colon < len(line) && (line[colon] == ' ' || line[colon] == '\t') {
			colon++
		}
	}
	if n == 0 || colon == len(line) || line[colon] != ':' {
		if bytes.IndexByte(line, ':') < 0 {
			return Field{}, errNoColon
		}
		return Field{}, errFieldName
	}
	v, e := colon+1, len(line)
	for v < e && (line[v] == ' ' || line[v] == '\t') {
		v++
	}
	for e > v && (line[e-1] == ' ' || line[e-1] == '\t') {
		e--
	}
	if err := checkValue(line[v:e], lax); err != nil {
		return Field{}, err
	}
	return Field{
		Start: int32(start), End: int32(end + 2), NameEnd: int32(start + n),
		ValueStart: int32(start + v), ValueEnd: int32(start + e),
		ID:    Identify(line[:n]),
		Plain: e == len(line) && v == n+2 && line[n+1] == ' ' && colon == n,
	}, nil
}

// checkValue says what a field's value has that it may not have: eight bytes at a time, as long as
// they are fine.
func checkValue(v []byte, lax lax) error {
	for len(v) >= 8 && control(word(v)) == 0 {
		v = v[8:]
	}
	for _, c := range v {
		if class[c]&cValue != 0 {
			continue
		}
		if c == '\r' {
			return errBareCR
		}
		if lax&laxControl == 0 || c == 0 || c == '\n' {
			return errFieldValue
		}
	}
	return nil
}

// note keeps what the framing and the hop need of a field.
func (h *Head) note(f *Field) error {
	v := h.Value(f)
	switch f.ID {
	case FieldContentLength:
		return h.framing.length(v)
	case FieldTransferEncoding:
		return h.framing.coding(v)
	case FieldConnection:
		return h.connection.add(h, f)
	case FieldKeepAlive:
		h.keepAlive(v)
	case FieldAuthorization, FieldProxyAuthorization:
		h.byScheme = h.byScheme || namesConnectionScheme(v)
	case FieldVia, FieldCDNLoop:
		h.relayed = true
	case FieldTraceparent, FieldB3, FieldXB3:
		h.traced = true
	}
	return nil
}

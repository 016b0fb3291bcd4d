package http1

// framing is what the head's fields say of the body's length.
type framing struct {
	hasLength, chunked bool
	value              int64
}

// length takes a Content-Length value: 1*DIGIT, and the same as any before it
// (RFC 9112 section 6.3; a list in one field is refused).
func (f *framing) length(v []byte) error {
	n, ok := parseDecimal(v)
	if !ok {
		return errLengthSyntax
	}
	if f.hasLength && n != f.value {
		return errTwoLengths
	}
	if f.chunked {
		return errBothLengths
	}
	f.hasLength, f.value = true, n
	return nil
}

// coding takes a Transfer-Encoding value, which must be chunked and nothing
// else: no proxy on the way may see another coding where we see none.
func (f *framing) coding(v []byte) error {
	if f.chunked {
		return errCoding
	}
	if !EqualFold(v, "chunked") {
		return notChunked(v)
	}
	if f.hasLength {
		return errBothLengths
	}
	f.chunked = true
	return nil
}

// notChunked says what is wrong with a list of codings that is not exactly chunked: one of
// them is not spoken here (RFC 9112 section 6.1), or the list is malformed. chunked before
// another coding leaves the end of the body unknown, which is malformed too (section 6.3).
func notChunked(v []byte) error {
	unknown, chunked := false, false
	for rest := v; rest != nil; {
		var name []byte
		name, rest = nextElement(rest)
		if chunked || !isToken(name) {
			return errCoding
		}
		if chunked = EqualFold(name, "chunked"); !chunked {
			unknown = true
		}
	}
	if !unknown {
		return errCoding
	}
	return errCodingUnknown
}

// parseDecimal reads 1*DIGIT up to the largest int64.
func parseDecimal(v []byte) (int64, bool) {
	if len(v) == 0 || !allOf(v, cDigit) {
		return 0, false
	}
	var n int64
	for _, c := range v {
		d := int64(c - '0')
		if n > (1<<63-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// connection is what the Connection fields say (RFC 9110 section 7.6.1).
type connection struct {
	close, keepAlive, upgrade bool

	names   bool // others than those above are named: they end here
	options int
}

// maxConnectionOptions bounds the work of comparing every field with every
// name in the Connection fields.
const maxConnectionOptions = 32

// add reads one Connection field.
func (c *connection) add(h *Head, f *Field) error {
	for rest := h.Value(f); rest != nil; {
		var name []byte
		name, rest = nextElement(rest)
		if len(name) == 0 {
			continue
		}
		if c.options++; c.options > maxConnectionOptions {
			return errConnection
		}
		if !isToken(name) {
			c.junk(name)
			continue
		}
		switch Identify(name) {
		case FieldHost, FieldContentLength, FieldAuthorization, FieldXForwarded, FieldXForwardedFor,
			FieldXForwardedHost, FieldXForwardedProto, FieldForwarded, FieldXRequestID, FieldVia:
			// A client could make the next hop lose what this one vouches for.
			return errConnectionName
		case FieldUpgrade:
			c.upgrade = true
		case FieldOther:
			switch {
			case EqualFold(name, "close"):
				c.close = true
			default:
				c.names = true
			}
		case FieldKeepAlive:
			c.keepAlive = true
		default:
			c.names = true
		}
	}
	return nil
}

// junk takes an element of a Connection field that is no option, as in
// "keep-alive; timeout=5", which some servers send. It names no field. What stands before
// the parameters counts where it is about the connection itself, as other parsers have it.
func (c *connection) junk(e []byte) {
	n := 0
	for n < len(e) && class[e[n]]&cToken != 0 {
		n++
	}
	if n == len(e) || e[n] != ';' && e[n] != ' ' && e[n] != '\t' {
		return
	}
	switch {
	case EqualFold(e[:n], "close"):
		c.close = true
	case EqualFold(e[:n], "keep-alive"):
		c.keepAlive = true
	}
}

// EndsHere reports whether a field of this head is for this hop only, because
// a Connection field names it. (The fields that always are have FieldIDs.)
func (h *Head) EndsHere(f *Field) bool {
	if !h.connection.names {
		return false
	}
	name := h.Name(f)
	for i := range h.Fields {
		if h.Fields[i].ID != FieldConnection {
			continue
		}
		for rest := h.Value(&h.Fields[i]); rest != nil; {
			var e []byte
			e, rest = nextElement(rest)
			if sameFold(e, name) {
				return true
			}
		}
	}
	return false
}

// NamesEndHere reports whether EndsHere can be true for any field, so that the
// common head needs no look at each.
func (h *Head) NamesEndHere() bool { return h.connection.names }

func sameFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

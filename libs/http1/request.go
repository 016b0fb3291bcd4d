package http1

import "slices"

// A Method is a request method the codec or a proxy treats specially.
type Method uint8

// The methods known by number.
const (
	MethodOther Method = iota
	MethodConnect
	MethodDelete
	MethodGet
	MethodHead
	MethodOptions
	MethodPatch
	MethodPost
	MethodPut
	MethodTrace
)

func identifyMethod(m []byte) Method {
	switch string(m) {
	case "GET":
		return MethodGet
	case "POST":
		return MethodPost
	case "HEAD":
		return MethodHead
	case "PUT":
		return MethodPut
	case "DELETE":
		return MethodDelete
	case "OPTIONS":
		return MethodOptions
	case "PATCH":
		return MethodPatch
	case "CONNECT":
		return MethodConnect
	case "TRACE":
		return MethodTrace
	}
	return MethodOther
}

// Idempotent reports whether a request may be sent again when it is not known
// what became of it (RFC 9110 section 9.2.2).
func (m Method) Idempotent() bool {
	switch m {
	case MethodGet, MethodHead, MethodOptions, MethodTrace, MethodPut, MethodDelete:
		return true
	}
	return false
}

// A Form is the form of a request target (RFC 9112 section 3.2).
type Form uint8

// The four forms.
const (
	OriginForm Form = iota
	AbsoluteForm
	AuthorityForm
	AsteriskForm
)

// RequestHead is a request's head. Its slices are valid until the buffer given
// to Parse is used again, or Reset is called.
type RequestHead struct {
	Head

	MethodName []byte
	Method     Method
	Form       Form
	// Path is normalised: no dot segments, no doubled slashes, nothing encoded
	// that need not be. It is * for the asterisk form, empty for the authority form.
	// AppendPath has it in the forms in which it may go on.
	Path []byte
	// Oddities tell what of the path others may read in another way than Path has it.
	Oddities Oddities
	// Query is the query as it came, its question mark included.
	Query []byte
	// Authority is the host and, if given, port this request is for: the
	// target's if it has one, else the Host field's. It is empty only for an
	// HTTP/1.0 request without either.
	Authority []byte
	// Minor is the minor version, 0 or 1. A higher one counts as 1.
	Minor int

	// ContentLength is the body's length, 0 without a body, -1 when chunked.
	ContentLength int64
	// HasLength reports that a Content-Length field was sent.
	HasLength bool
	Chunked   bool

	// KeepAlive reports whether the client wants the connection to persist.
	KeepAlive bool
	// ExpectContinue reports "Expect: 100-continue" (ignored in HTTP/1.0).
	ExpectContinue bool
	// AcceptsTrailers reports "TE: trailers".
	AcceptsTrailers bool
	// Upgrade is the protocol the client asks to switch to, empty if none.
	Upgrade []byte
	// MaxForwards is the field's value, -1 without one.
	MaxForwards int64

	// Positions, since the buffer may move until the head is complete.
	methodStart, methodEnd, targetStart, targetEnd int32

	raw     []byte // the path as it came, where it had to be normalised
	scratch []byte // holds a path that had to be normalised
}

// Reset makes the head ready for another request.
func (r *RequestHead) Reset(limits Limits) {
	r.Head.reset(limits)
	*r = RequestHead{Head: r.Head, scratch: r.scratch[:0], MaxForwards: -1}
}

// Compact lets a head that is complete keep a copy of its bytes, no larger than they are, in the
// place of the buffer that Parse was given.
func (r *RequestHead) Compact() {
	from := r.buf
	r.buf = make([]byte, r.pos)
	copy(r.buf, from)
	for _, part := range []*[]byte{
		&r.MethodName, &r.Path, &r.Query, &r.Authority, &r.Upgrade, &r.raw,
	} {
		// A slice of the buffer has what is left of it as its capacity.
		n, at := len(*part), cap(from)-cap(*part)
		if n > 0 && at >= 0 && at+n <= r.pos && &from[at] == &(*part)[0] {
			*part = r.buf[at : at+n]
		}
	}
	r.Fields = slices.Clone(r.Fields)
}

// Parse goes on parsing the head that starts at buf[0], of which earlier calls
// may have seen a part. It returns the head's length once it is complete, and
// ErrNeedMore before. Any other error is an *Error: nothing after it on the
// connection can be trusted.
func (r *RequestHead) Parse(buf []byte) (int, error) {
	r.buf = buf
	if r.lines == 0 {
		start, end, err := r.startLine()
		if err != nil {
			return 0, err
		}
		if err := r.requestLine(start, end); err != nil {
			return 0, err
		}
		r.lines = 1
	}
	if err := r.fields(); err != nil {
		return 0, err
	}
	if err := r.finish(); err != nil {
		return 0, err
	}
	return r.pos, nil
}

// UnderscoresAllowed reports the limit given to Reset.
func (r *RequestHead) UnderscoresAllowed() bool { return r.limits.AllowUnderscores }

// requestLine parses method SP request-target SP HTTP-version, with single
// spaces (RFC 9112 section 3; its leniency about white space is not taken).
func (r *RequestHead) requestLine(start, end int) error {
	line := r.buf[start:end]
	m := 0
	for m < len(line) && class[line[m]]&cToken != 0 {
		m++
	}
	if m == len(line) || m == 0 || line[m] != ' ' {
		if m < len(line) && line[m] != ' ' {
			return errMethod
		}
		return errRequestLine
	}
	t := m + 1
	for t < len(line) && line[t] != ' ' {
		if class[line[t]]&cTarget == 0 && !inQuery(line[m+1:t], line[t]) {
			return errTarget
		}
		t++
	}
	if t == len(line) || t == m+1 {
		return errRequestLine
	}
	minor, err := parseVersion(line[t+1:])
	if err != nil {
		return err
	}
	r.Minor = minor
	r.methodStart, r.methodEnd = int32(start), int32(start+m)
	r.targetStart, r.targetEnd = int32(start+m+1), int32(start+t)
	r.Method = identifyMethod(line[:m])
	return nil
}

// parseVersion reads "HTTP/" DIGIT "." DIGIT and returns the minor version of
// major version 1.
func parseVersion(v []byte) (int, error) {
	if len(v) != 8 || string(v[:5]) != "HTTP/" || v[6] != '.' || class[v[5]]&cDigit == 0 ||
		class[v[7]]&cDigit == 0 {
		return 0, errVersionSyntax
	}
	if v[5] != '1' {
		return 0, errVersion
	}
	return int(min(v[7], '1') - '0'), nil
}

// finish draws the conclusions from a complete head.
func (r *RequestHead) finish() error {
	if r.underscore && !r.limits.AllowUnderscores {
		return errUnderscore
	}
	r.MethodName = r.buf[r.methodStart:r.methodEnd]
	if err := r.target(r.buf[r.targetStart:r.targetEnd]); err != nil {
		return err
	}
	f := &r.framing
	if f.chunked && r.Minor == 0 {
		return errCodingOld
	}
	r.Chunked, r.HasLength, r.ContentLength = f.chunked, f.hasLength, f.value
	if f.chunked {
		r.ContentLength = -1
	}
	c := &r.connection
	r.KeepAlive = !c.close && (r.Minor == 1 || c.keepAlive)
	return r.fieldsThatMatter()
}

// fieldsThatMatter looks through the fields known by number once.
func (r *RequestHead) fieldsThatMatter() error {
	var host *Field
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.ID {
		case FieldHost:
			if host != nil {
				return errTwoHosts
			}
			host = f
		case FieldExpect:
			if r.Minor == 1 && EqualFold(r.Value(f), "100-continue") {
				r.ExpectContinue = true
			}
		case FieldTE:
			for rest := r.Value(f); rest != nil; {
				var e []byte
				e, rest = nextElement(rest)
				r.AcceptsTrailers = r.AcceptsTrailers || EqualFold(e, "trailers")
			}
		case FieldUpgrade:
			if err := r.upgradeTo(r.Value(f)); err != nil {
				return err
			}
		case FieldMaxForwards:
			n, ok := parseDecimal(r.Value(f))
			if !ok && (r.Method == MethodOptions || r.Method == MethodTrace) {
				return errMaxForwards
			}
			r.MaxForwards = n
		}
	}
	if host == nil {
		if r.Minor == 1 {
			return errNoHost
		}
		return nil
	}
	v := r.Value(host)
	if !ValidAuthority(v) {
		return errHost
	}
	if r.Form != AbsoluteForm && r.Form != AuthorityForm {
		r.Authority = v
	}
	return nil
}

// upgradeTo takes an Upgrade field. It ends at this hop like every field of its
// kind; the first protocol in it is offered on if the client says it in
// Connection too. h2c is never offered on: behind it the upstream would see
// requests that no rule here has looked at.
func (r *RequestHead) upgradeTo(v []byte) error {
	if !r.connection.upgrade || r.Minor == 0 || len(r.Upgrade) > 0 {
		return nil
	}
	for rest := v; rest != nil; {
		var e []byte
		e, rest = nextElement(rest)
		if len(e) == 0 {
			continue
		}
		for _, c := range e {
			if class[c]&cToken == 0 && c != '/' {
				return errUpgrade
			}
		}
		if EqualFold(e, "h2c") || EqualFold(e, "h2") {
			continue
		}
		r.Upgrade = e
		return nil
	}
	return nil
}

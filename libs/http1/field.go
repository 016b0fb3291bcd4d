package http1

// FieldID names the header fields a proxy treats specially; FieldOther is all
// the rest.
type FieldID uint8

// The fields known by number.
const (
	FieldOther FieldID = iota
	FieldAuthorization
	FieldB3
	FieldCDNLoop
	FieldConnection
	FieldContentLength
	FieldContentType
	FieldExpect
	FieldForwarded
	FieldHost
	FieldHTTP2Settings
	FieldKeepAlive
	FieldMaxForwards
	FieldProxyAuthorization
	FieldProxyConnection
	FieldTE
	FieldTraceparent
	FieldTracestate
	FieldTrailer
	FieldTransferEncoding
	FieldUpgrade
	FieldUserAgent
	FieldVia
	FieldXB3        // X-B3-…
	FieldXForwarded // X-Forwarded-… other than the three below
	FieldXForwardedFor
	FieldXForwardedHost
	FieldXForwardedProto
	FieldXRequestID
)

// A Field is one header line of a head, as positions relative to its start.
type Field struct {
	Start, End           int32 // the whole line, CRLF included
	NameEnd              int32
	ValueStart, ValueEnd int32 // without the white space around
	ID                   FieldID
	// Plain lines have exactly one space before the value and nothing after
	// it: they can be sent on as they are.
	Plain bool
}

// Identify recognises a field name, whatever its case: first by length and
// first byte, so that most names are told apart without comparing them.
func Identify(name []byte) FieldID {
	if len(name) < 2 {
		return FieldOther
	}
	id, want := FieldOther, ""
	switch uint(len(name))<<8 | uint(name[0]|0x20) {
	case 2<<8 | 'b':
		id, want = FieldB3, "b3"
	case 2<<8 | 't':
		id, want = FieldTE, "te"
	case 3<<8 | 'v':
		id, want = FieldVia, "via"
	case 4<<8 | 'h':
		id, want = FieldHost, "host"
	case 6<<8 | 'e':
		id, want = FieldExpect, "expect"
	case 7<<8 | 'u':
		id, want = FieldUpgrade, "upgrade"
	case 7<<8 | 't':
		id, want = FieldTrailer, "trailer"
	case 8<<8 | 'c':
		id, want = FieldCDNLoop, "cdn-loop"
	case 9<<8 | 'f':
		id, want = FieldForwarded, "forwarded"
	case 10<<8 | 'c':
		id, want = FieldConnection, "connection"
	case 10<<8 | 'k':
		id, want = FieldKeepAlive, "keep-alive"
	case 10<<8 | 't':
		id, want = FieldTracestate, "tracestate"
	case 10<<8 | 'u':
		id, want = FieldUserAgent, "user-agent"
	case 11<<8 | 't':
		id, want = FieldTraceparent, "traceparent"
	case 12<<8 | 'c':
		id, want = FieldContentType, "content-type"
	case 12<<8 | 'm':
		id, want = FieldMaxForwards, "max-forwards"
	case 12<<8 | 'x':
		id, want = FieldXRequestID, "x-request-id"
	case 13<<8 | 'a':
		id, want = FieldAuthorization, "authorization"
	case 14<<8 | 'c':
		id, want = FieldContentLength, "content-length"
	case 14<<8 | 'h':
		id, want = FieldHTTP2Settings, "http2-settings"
	case 15<<8 | 'x':
		id, want = FieldXForwardedFor, "x-forwarded-for"
	case 16<<8 | 'p':
		id, want = FieldProxyConnection, "proxy-connection"
	case 16<<8 | 'x':
		id, want = FieldXForwardedHost, "x-forwarded-host"
	case 17<<8 | 't':
		id, want = FieldTransferEncoding, "transfer-encoding"
	case 17<<8 | 'x':
		id, want = FieldXForwardedProto, "x-forwarded-proto"
	case 19<<8 | 'p':
		id, want = FieldProxyAuthorization, "proxy-authorization"
	}
	if id != FieldOther && sameName(name, want) {
		return id
	}
	const prefix, b3 = "x-forwarded-", "x-b3-"
	switch {
	case name[0]|0x20 != 'x':
	case len(name) > len(prefix) && EqualFold(name[:len(prefix)], prefix):
		return FieldXForwarded
	case len(name) > len(b3) && EqualFold(name[:len(b3)], b3):
		return FieldXB3
	}
	return FieldOther
}

// traces reports whether a field carries a trace.
func (id FieldID) traces() bool {
	return id == FieldTraceparent || id == FieldTracestate || id == FieldB3 || id == FieldXB3
}

// Limits bound a head. The zero value of a field means its default.
type Limits struct {
	RequestLine int // bytes of the first line; DefaultRequestLine
	HeadBytes   int // bytes of the whole head; DefaultHeadBytes
	Fields      int // header lines; DefaultFields
	// AllowUnderscores lets field names have underscores, which CGI-like
	// upstreams cannot tell from hyphens.
	AllowUnderscores bool
	// BareLF lets the lines of a response's head end in LF alone.
	BareLF bool
	// ControlCharacters lets the values and the reason phrase of a response have control
	// characters, but for NUL, CR and LF.
	ControlCharacters bool
}

// The defaults of Limits.
const (
	DefaultRequestLine = 8 << 10
	DefaultHeadBytes   = 32 << 10
	DefaultFields      = 100
)

// Plus are limits that let a head have so many fields and bytes more.
func (l Limits) Plus(fields, bytes int) Limits {
	l.setDefaults()
	l.Fields += fields
	l.HeadBytes += bytes
	return l
}

func (l *Limits) setDefaults() {
	if l.RequestLine == 0 {
		l.RequestLine = DefaultRequestLine
	}
	if l.HeadBytes == 0 {
		l.HeadBytes = DefaultHeadBytes
	}
	if l.Fields == 0 {
		l.Fields = DefaultFields
	}
}

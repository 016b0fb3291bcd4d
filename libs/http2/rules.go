package http2

import "bytes"

// Request is what a request head says, checked as RFC 9113 sections 8.2 and 8.3
// ask of an intermediary. The slices are within the head's buffer.
type Request struct {
	Method, Scheme, Authority, Path []byte
	// Protocol is :protocol of an extended CONNECT (RFC 8441), else empty.
	Protocol []byte
	// Host is the value of the host field; if :authority is there too they agree.
	Host []byte
	// ContentLength is -1 if the head says nothing of it.
	ContentLength int64
	// First is the field that follows the pseudo fields.
	First int
	// Trailers says that the client takes trailers: it has sent the field TE: trailers.
	Trailers bool
	// Underscore says that a field name has one, which CGI-like upstreams cannot
	// tell from a hyphen. HTTP/2 allows it.
	Underscore bool
	// Connect says that the method is CONNECT.
	Connect bool
	// TooLarge says that the head went over a limit, and is not complete: the
	// answer is 431.
	TooLarge bool
	// Wrong is what is malformed, nil in a request that is to be served. The answer is 400,
	// and nothing else of the request can be relied on. See Options.AnswerMalformed.
	Wrong *StreamError

	// urgency is that of the priority field (RFC 9218 section 4.1), 3 without one.
	urgency uint8
	seen    uint8
}

const (
	sawMethod = 1 << iota
	sawScheme
	sawAuthority
	sawPath
	sawProtocol
	sawHost
)

func malformed(reason string) *StreamError {
	return &StreamError{Code: CodeProtocol, Reason: reason}
}

var (
	errNameEmpty = malformed("a field has no name")
	errNameChars = malformed(
		"a field name has a character that is not allowed in one, or a capital letter")
	errValueChars    = malformed("a field value has a control character")
	errValueSpace    = malformed("a field value begins or ends with white space")
	errPseudoUnknown = malformed("a pseudo field is not one that may be there")
	errPseudoLate    = malformed("a pseudo field comes after a field")
	errPseudoTwice   = malformed("a pseudo field is there twice")
	errPseudoTrailer = malformed("a trailer has a pseudo field")
	errPseudoMissing = malformed(":method, :scheme or :path is missing")
	errConnectFields = malformed("CONNECT needs :authority, and has neither :scheme nor :path")
	errProtocolField = malformed(":protocol is there without an extended CONNECT")
	errMethod        = malformed(":method is not a token")
	errScheme        = malformed(":scheme is malformed")
	errPath          = malformed(":path is malformed")
	errAuthority     = malformed(":authority is malformed")
	errHost          = malformed(
		"the host field is malformed, is there twice, or is not what :authority is")
	errNoHost        = malformed("there is neither :authority nor a host field")
	errConnField     = malformed("a field is about the connection")
	errTE            = malformed("the te field says something else than trailers")
	errLengthSyntax  = malformed("Content-Length is not a decimal number")
	errConnectLength = malformed("CONNECT with :protocol has a Content-Length")
	errStatus        = malformed(":status is missing, or not a status")
	errSwitching     = malformed("101 is not for HTTP/2")
	errInterimEnd    = malformed("an interim head ends the stream")
	errTwoLengths    = malformed("there are Content-Length fields that differ")
)

// read fills r from a head and judges it. endStream says that no body comes.
func (r *Request) read(h *Head, endStream, extended bool) *StreamError {
	*r = Request{ContentLength: -1, urgency: defaultUrgency, TooLarge: h.tooLarge}
	pseudo := true
	for i := range h.fields {
		name, value := h.Name(i), h.Value(i)
		if len(name) > 0 && name[0] == ':' {
			if !pseudo {
				return errPseudoLate
			}
			if err := r.pseudo(name, value); err != nil {
				return err
			}
			continue
		}
		if pseudo {
			pseudo, r.First = false, i
		}
		if err := r.field(name, value); err != nil {
			return err
		}
	}
	if pseudo {
		r.First = len(h.fields)
	}
	if r.TooLarge {
		return nil // its answer is known, whatever else is missing
	}
	if endStream && r.ContentLength > 0 {
		return errLengthLess
	}
	return r.complete(extended)
}

func (r *Request) pseudo(name, value []byte) *StreamError {
	if !allOf(value, cValue) {
		return errValueChars
	}
	var bit uint8
	switch string(name) {
	case ":method":
		bit, r.Method = sawMethod, value
		if len(value) == 0 || !allOf(value, cToken) {
			return errMethod
		}
	case ":scheme":
		bit, r.Scheme = sawScheme, value
		if len(value) == 0 || !allOf(value, cScheme) {
			return errScheme
		}
	case ":authority":
		bit, r.Authority = sawAuthority, value
		if !validAuthority(value) {
			return errAuthority
		}
	case ":path":
		bit, r.Path = sawPath, value
		if len(value) == 0 || value[0] != '/' && string(value) != "*" || !validPath(value) {
			return errPath
		}
	case ":protocol":
		bit, r.Protocol = sawProtocol, value
		if len(value) == 0 || !allOf(value, cToken) {
			return errProtocolField
		}
	default:
		return errPseudoUnknown
	}
	if r.seen&bit != 0 {
		return errPseudoTwice
	}
	r.seen |= bit
	return nil
}

func (r *Request) field(name, value []byte) *StreamError {
	if err := checkField(name, value, false); err != nil {
		return err
	}
	switch string(name) {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		return errConnField
	case "te":
		if !equalFold(value, []byte("trailers")) {
			return errTE
		}
		r.Trailers = true
	case "host":
		if r.seen&sawHost != 0 || !validAuthority(value) {
			return errHost
		}
		r.seen |= sawHost
		r.Host = value
	case "content-length":
		n, ok := parseLength(value)
		if !ok {
			return errLengthSyntax
		}
		if r.ContentLength >= 0 && r.ContentLength != n {
			return errTwoLengths
		}
		r.ContentLength = n
	case "priority":
		r.urgency = urgencyOf(value)
	default:
		for _, c := range name {
			if c == '_' {
				r.Underscore = true
			}
		}
	}
	return nil
}

// complete judges what only the whole head tells.
func (r *Request) complete(extended bool) *StreamError {
	const needed = sawMethod | sawScheme | sawPath
	r.Connect = string(r.Method) == "CONNECT"
	switch {
	case r.seen&sawProtocol != 0 && (!extended || !r.Connect):
		return errProtocolField
	case r.seen&sawProtocol != 0 && r.ContentLength >= 0:
		return errConnectLength // what follows is no content (RFC 9110 section 9.3.6)
	case r.Connect && r.seen&sawProtocol == 0:
		if r.seen&(sawScheme|sawPath) != 0 || r.seen&sawAuthority == 0 {
			return errConnectFields
		}
	case r.seen&needed != needed:
		return errPseudoMissing
	case r.Path[0] == '*' && string(r.Method) != "OPTIONS":
		return errPath
	}
	switch {
	case r.seen&(sawAuthority|sawHost) == 0:
		return errNoHost
	case r.seen&sawHost != 0 && r.seen&sawAuthority != 0 && !equalFold(r.Host, r.Authority):
		return errHost
	case r.Connect && r.seen&sawAuthority == 0:
		return errConnectFields
	}
	return nil
}

// checkTrailer judges a trailer section. control says that values may have control
// characters.
func checkTrailer(h *Head, control bool) *StreamError {
	for i := range h.fields {
		name := h.Name(i)
		if len(name) > 0 && name[0] == ':' {
			return errPseudoTrailer
		}
		if err := checkField(name, h.Value(i), control); err != nil {
			return err
		}
		switch string(name) {
		case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te":
			return errConnField
		}
	}
	return nil
}

func checkField(name, value []byte, control bool) *StreamError {
	switch {
	case len(name) == 0:
		return errNameEmpty
	case !allOf(name, cName):
		return errNameChars
	case !allOf(value, cValue) && !(control && bytes.IndexAny(value, "\x00\r\n") < 0):
		return errValueChars
	}
	if n := len(value); n > 0 && (isSpace(value[0]) || isSpace(value[n-1])) {
		return errValueSpace
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// defaultUrgency is that of a request without a priority field; 0 is the most
// urgent of urgencies.
const (
	defaultUrgency = 3
	urgencies      = 8
)

// urgencyOf reads the member u of a priority field; what is malformed is ignored
// (RFC 9218 section 4).
func urgencyOf(value []byte) uint8 {
	for i := 0; i+2 < len(value); i++ {
		starts := i == 0 || value[i-1] == ',' || isSpace(value[i-1])
		ends := i+3 == len(value) || value[i+3] == ',' || value[i+3] == ';' || isSpace(value[i+3])
		if starts && ends && value[i] == 'u' && value[i+1] == '=' && '0' <= value[i+2] &&
			value[i+2] <= '7' {
			return value[i+2] - '0'
		}
	}
	return defaultUrgency
}

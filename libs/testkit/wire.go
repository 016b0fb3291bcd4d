package testkit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds one line of a head, so that a runaway sender fails a test instead of filling
// memory.
const maxLine = 1 << 20

// A WireError says in which way bytes on a connection are not well-formed HTTP/1.1. Input and
// output errors of the connection itself (a deadline, a reset, an early end) are reported as they
// are.
type WireError struct{ What string }

func (e *WireError) Error() string { return "malformed message: " + e.What }

func malformed(format string, args ...any) error {
	return &WireError{What: fmt.Sprintf(format, args...)}
}

// A Field is one header or trailer line as it was on the wire, with the white space around the
// value removed.
type Field struct{ Name, Value string }

// Fields are the header or trailer lines of a message in the order they came.
type Fields []Field

// Values returns every value of the named field, in order; names are compared without case.
func (f Fields) Values(name string) []string {
	var vs []string
	for _, x := range f {
		if strings.EqualFold(x.Name, name) {
			vs = append(vs, x.Value)
		}
	}
	return vs
}

// Get returns the first value of the named field, or "".
func (f Fields) Get(name string) string {
	for _, x := range f {
		if strings.EqualFold(x.Name, name) {
			return x.Value
		}
	}
	return ""
}

// Has reports whether the field is present at all.
func (f Fields) Has(name string) bool { return len(f.Values(name)) > 0 }

// A Request is one request as an upstream received it.
type Request struct {
	Method, Target, Proto string
	Fields                Fields
	Body                  []byte
	Trailers              Fields
	Chunked               bool
}

// A Response is one response as a client received it.
type Response struct {
	Proto    string
	Status   int
	Reason   string
	Fields   Fields
	Body     []byte
	Trailers Fields
	Chunked  bool
	// UntilEOF says that the end of the connection ended the body, so the connection is spent.
	UntilEOF bool
}

// ReadRequestHead reads one request head. It returns io.EOF only when the peer closed between
// messages.
func ReadRequestHead(br *bufio.Reader) (*Request, error) {
	line, err := readLine(br, true)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		return nil, malformed("request line %q does not have three parts", line)
	}
	r := &Request{Method: parts[0], Target: parts[1], Proto: parts[2]}
	if !isToken(r.Method) {
		return nil, malformed("method %q is not a token", r.Method)
	}
	if r.Target == "" || strings.ContainsFunc(r.Target, func(c rune) bool {
		return c <= ' ' || c == 0x7f
	}) {
		return nil, malformed("target %q is empty or has control bytes", r.Target)
	}
	if r.Proto != "HTTP/1.1" && r.Proto != "HTTP/1.0" {
		return nil, malformed("version %q", r.Proto)
	}
	if r.Fields, err = readFields(br); err != nil {
		return nil, err
	}
	if n := len(r.Fields.Values("Host")); n > 1 || n == 0 && r.Proto == "HTTP/1.1" {
		return nil, malformed("%d Host fields", n)
	}
	return r, nil
}

// ReadRequestBody reads the body that the head announces into r.
func ReadRequestBody(br *bufio.Reader, r *Request) error {
	n, chunked, err := framing(r.Fields)
	switch {
	case err != nil:
		return err
	case chunked:
		r.Chunked = true
		r.Body, r.Trailers, err = readChunked(br)
		return err
	case n > 0:
		r.Body, err = readN(br, n)
		return err
	}
	return nil
}

// ReadResponse reads one response to a request with the given method. A 1xx response is returned
// like any other, so that a caller sees each of them.
func ReadResponse(br *bufio.Reader, method string) (*Response, error) {
	r, err := ReadResponseHead(br)
	if err != nil {
		return nil, err
	}
	return r, ReadResponseBody(br, r, method)
}

// ReadResponseHead reads the status line and the fields of one response.
func ReadResponseHead(br *bufio.Reader) (*Response, error) {
	line, err := readLine(br, true)
	if err != nil {
		return nil, err
	}
	proto, rest, ok := strings.Cut(line, " ")
	if !ok || proto != "HTTP/1.1" && proto != "HTTP/1.0" {
		return nil, malformed("status line %q", line)
	}
	code, reason, ok := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if !ok || err != nil || len(code) != 3 || status < 100 || status > 999 {
		return nil, malformed("status line %q", line)
	}
	r := &Response{Proto: proto, Status: status, Reason: reason}
	r.Fields, err = readFields(br)
	return r, err
}

// ReadResponseBody reads the body of a response to a request with the given method (RFC 9112
// section 6.3).
func ReadResponseBody(br *bufio.Reader, r *Response, method string) error {
	n, chunked, err := framing(r.Fields)
	if err != nil {
		return err
	}
	switch {
	case r.Status < 200 || r.Status == 204:
		if chunked || n >= 0 {
			return malformed("a %d response with Content-Length or Transfer-Encoding", r.Status)
		}
	case method == "HEAD" || r.Status == 304:
	case method == "CONNECT" && r.Status < 300:
	case chunked:
		if r.Proto == "HTTP/1.0" {
			return malformed("Transfer-Encoding in an HTTP/1.0 response")
		}
		r.Chunked = true
		r.Body, r.Trailers, err = readChunked(br)
	case n >= 0:
		r.Body, err = readN(br, n)
	default:
		r.UntilEOF = true
		r.Body, err = io.ReadAll(br)
	}
	return err
}

// framing says how the fields frame a body: its length, or -1, and whether it is chunked.
func framing(f Fields) (n int64, chunked bool, err error) {
	te, cl := f.Values("Transfer-Encoding"), f.Values("Content-Length")
	switch {
	case len(te) > 0 && len(cl) > 0:
		return 0, false, malformed("both Transfer-Encoding and Content-Length")
	case len(te) > 1 || len(te) == 1 && !strings.EqualFold(te[0], "chunked"):
		return 0, false, malformed("Transfer-Encoding %q", te)
	case len(te) == 1:
		return -1, true, nil
	case len(cl) > 1:
		return 0, false, malformed("Content-Length twice: %q", cl)
	case len(cl) == 1:
		if cl[0] == "" || strings.Trim(cl[0], "0123456789") != "" {
			return 0, false, malformed("Content-Length %q", cl[0])
		}
		n, err := strconv.ParseInt(cl[0], 10, 63)
		if err != nil {
			return 0, false, malformed("Content-Length %q", cl[0])
		}
		return n, false, nil
	}
	return -1, false, nil
}

func readChunked(br *bufio.Reader) (body []byte, trailers Fields, err error) {
	for {
		line, err := readLine(br, false)
		if err != nil {
			return body, nil, err
		}
		// No extensions and no white space: every sender here re-serialises what it passes on.
		if line == "" || len(line) > 15 || strings.Trim(line, "0123456789abcdefABCDEF") != "" {
			return body, nil, malformed("chunk size line %q", line)
		}
		n, _ := strconv.ParseInt(line, 16, 64)
		if n == 0 {
			trailers, err = readFields(br)
			return body, trailers, err
		}
		part, err := readN(br, n)
		body = append(body, part...)
		if err != nil {
			return body, nil, err
		}
		if end, err := readLine(br, false); err != nil {
			return body, nil, err
		} else if end != "" {
			return body, nil, malformed("%q after chunk data", end)
		}
	}
}

func readFields(br *bufio.Reader) (Fields, error) {
	var fs Fields
	for {
		line, err := readLine(br, false)
		if err != nil {
			return fs, err
		}
		if line == "" {
			return fs, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return fs, malformed("field line %q", line)
		}
		value = strings.Trim(value, " \t")
		if strings.ContainsFunc(value, func(c rune) bool {
			return c < ' ' && c != '\t' || c == 0x7f
		}) {
			return fs, malformed("control byte in the value of %s: %q", name, value)
		}
		fs = append(fs, Field{Name: name, Value: value})
	}
}

// readLine reads a line that must end in CRLF and have no other CR or LF. With first set, an end
// before any byte is io.EOF; elsewhere it is io.ErrUnexpectedEOF.
func readLine(br *bufio.Reader, first bool) (string, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			if len(line) < 2 || line[len(line)-2] != '\r' {
				return "", malformed("line %q ends in a bare LF", clip(line))
			}
			line = line[:len(line)-2]
			if bytes.IndexByte(line, '\r') >= 0 {
				return "", malformed("bare CR in line %q", clip(line))
			}
			return string(line), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) < maxLine:
		case errors.Is(err, bufio.ErrBufferFull):
			return "", malformed("line longer than %d bytes", maxLine)
		case errors.Is(err, io.EOF) && (!first || len(line) > 0):
			return "", fmt.Errorf("after %q: %w", clip(line), io.ErrUnexpectedEOF)
		default:
			return "", err
		}
	}
}

func readN(br *bufio.Reader, n int64) ([]byte, error) {
	var b bytes.Buffer
	got, err := io.CopyN(&b, br, n)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("body ended after %d of %d bytes: %w", got, n, io.ErrUnexpectedEOF)
	}
	return b.Bytes(), err
}

func isToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		alnum := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alnum && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return true
}

func clip(b []byte) []byte {
	if len(b) > 80 {
		return b[:80]
	}
	return b
}

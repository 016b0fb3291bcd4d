package heads

import (
	"bytes"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
)

// FuzzLinesBecomeFields feeds AddLines what it gets: the trailer section of a chunked
// body, as the parser lets it through.
func FuzzLinesBecomeFields(f *testing.F) {
	for _, seed := range []string{
		"X-Sum:42\r\n", "a:\r\nB: \t c \r\n", "Set-Cookie: no\r\nx: y\r\n", "connection: close\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, section []byte) {
		var body http1.Body
		body.Reset(http1.ChunkedBody, 0)
		in := append([]byte("0\r\n"), section...)
		for in = append(in, "\r\n"...); len(in) > 0 && !body.Done(); {
			_, n, err := body.Next(in)
			if err != nil {
				return
			}
			in = in[n:]
		}
		if !body.Done() {
			return
		}
		var fields http2.Fields
		AddLines(&fields, body.Trailer)
		if lines := bytes.Count(body.Trailer, []byte("\r\n")); fields.Len() != lines {
			t.Fatalf("%d fields of %d lines: %q", fields.Len(), lines, body.Trailer)
		}
		for i := range fields.Len() {
			name, value := fields.Field(i)
			if !bytes.Equal(name, bytes.ToLower(name)) ||
				len(value) > 0 && (value[0] == ' ' || value[len(value)-1] == '\t') {
				t.Fatalf("%q: %q", name, value)
			}
		}
	})
}

func TestAWebSocketKeyIsSixteenBytes(t *testing.T) {
	line := appendWebSocketKey(nil)
	var r http1.RequestHead
	r.Reset(http1.Limits{})
	head := append([]byte("GET / HTTP/1.1\r\nHost: a\r\n"), line...)
	if _, err := r.Parse(append(head, "\r\n"...)); err != nil {
		t.Fatal(err)
	}
	value := bytes.TrimSuffix(bytes.TrimPrefix(line, []byte("Sec-WebSocket-Key: ")), []byte("\r\n"))
	if len(value) != 24 || !bytes.HasSuffix(value, []byte("==")) ||
		bytes.IndexByte([]byte("AQgw"), value[21]) < 0 {
		t.Errorf("%q is not the base64 of 16 bytes", value)
	}
}

package http1

import (
	"strings"
	"testing"
)

// What servers send that is not quite HTTP, and that every other proxy takes.
func TestResponsesMayBeALittleWrong(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tc := range []struct {
		name, head string
		limits     Limits
		status     int
		field      string // name: value of the first field
		framing    Framing
		length     int64
	}{
		{
			"space before the colon", ok + "X-A : 1\r\n\r\n", Limits{}, 200, "X-A: 1",
			CloseBody, 0,
		},
		{
			"tabs and spaces before the colon", ok + "X-A \t : 1\r\n\r\n", Limits{}, 200,
			"X-A: 1", CloseBody, 0,
		},
		{
			"a length with a space before the colon is the length",
			ok + "Content-Length : 3\r\n\r\n", Limits{}, 200, "Content-Length: 3", LengthBody, 3,
		},
		{
			"a coding with a space before the colon is the coding",
			ok + "Transfer-Encoding\t: chunked\r\n\r\n", Limits{}, 200,
			"Transfer-Encoding: chunked", ChunkedBody, 0,
		},
		{"status 600", "HTTP/1.1 600 No\r\nA: b\r\n\r\n", Limits{}, 600, "A: b", CloseBody, 0},
		{"status 999", "HTTP/1.1 999 No\r\nA: b\r\n\r\n", Limits{}, 999, "A: b", CloseBody, 0},
		{
			"bare LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 4\nX: y\n\n",
			Limits{BareLF: true}, 200, "Content-Length: 4", LengthBody, 4,
		},
		{
			"bare LF somewhere", ok + "Content-Length: 4\nX: y\r\n\n",
			Limits{BareLF: true}, 200, "Content-Length: 4", LengthBody, 4,
		},
		{
			"control characters", "HTTP/1.1 200 O\x01K\r\nX: a\x01b\x1b\x7f\r\n\r\n",
			Limits{ControlCharacters: true}, 200, "X: a\x01b\x1b\x7f", CloseBody, 0,
		},
	} {
		for piece := 1; piece <= len(tc.head); piece++ {
			var r ResponseHead
			r.Reset(tc.limits)
			n, err := 0, ErrNeedMore
			for end := piece; err == ErrNeedMore; end += piece {
				n, err = r.Parse([]byte(tc.head)[:min(end, len(tc.head))])
				if end >= len(tc.head) {
					break
				}
			}
			if err != nil || n != len(tc.head) || r.Status != tc.status {
				t.Errorf("%s in pieces of %d: %d bytes, status %d, %v", tc.name, piece, n,
					r.Status, err)
				continue
			}
			f := &r.Fields[0]
			if got := string(r.Name(f)) + ": " + string(r.Value(f)); got != tc.field {
				t.Errorf("%s: the first field is %q, want %q", tc.name, got, tc.field)
			}
			if f.Plain && string(r.Line(f)) != tc.field+"\r\n" {
				t.Errorf("%s: the line %q would go on as it is", tc.name, r.Line(f))
			}
			if kind, length := r.Body(MethodGet); kind != tc.framing || length != tc.length {
				t.Errorf("%s: framing %d, length %d", tc.name, kind, length)
			}
		}
	}
}

// Without the switches nothing of it gets through, with them only what they say; requests
// have no switch.
func TestWhatNoSwitchLetsThrough(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	all := Limits{BareLF: true, ControlCharacters: true}
	for _, tc := range []struct {
		name, head string
		limits     Limits
		want       error
	}{
		{"bare LF without the switch", "HTTP/1.1 200 OK\n\n", Limits{}, errBareLF},
		{"bare LF with the other", "HTTP/1.1 200 OK\n\n", Limits{ControlCharacters: true},
			errBareLF},
		{"control character without", ok + "X: \x01\r\n\r\n", Limits{}, errFieldValue},
		{"control character with the other", ok + "X: \x01\r\n\r\n", Limits{BareLF: true},
			errFieldValue},
		{"control character in the reason", "HTTP/1.1 200 \x01\r\n\r\n", Limits{}, errStatusLine},
		{"NUL in a value", ok + "X: a\x00b\r\n\r\n", all, errFieldValue},
		{"NUL in the reason", "HTTP/1.1 200 a\x00b\r\n\r\n", all, errStatusLine},
		{"NUL in a name", ok + "X\x00: b\r\n\r\n", all, errFieldName},
		{"bare CR in a value", ok + "X: a\rb\r\n\r\n", all, errBareCR},
		{"bare CR in the reason", "HTTP/1.1 200 a\rb\r\n\r\n", all, errStatusLine},
		{"fold", ok + "X: a\r\n b\r\n\r\n", all, errObsFold},
		{"fold with bare LF", "HTTP/1.1 200 OK\nX: a\n b\n\n", all, errObsFold},
		{"only a space before the colon", ok + " : b\r\n\r\n", all, errObsFold},
		{"status 099", "HTTP/1.1 099 No\r\n\r\n", all, errStatusLine},
	} {
		var r ResponseHead
		r.Reset(tc.limits)
		if _, err := r.Parse([]byte(tc.head)); err != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	for head, want := range map[string]error{
		"GET / HTTP/1.1\nHost: a\n\n":                    errBareLF,
		"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n":   errFieldValue,
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n":             errFieldName,
		"GET / HTTP/1.1\r\nHost: a\r\nX : \x01\r\n\r\n":  errFieldName,
		"GET / HTTP/1.1\r\nHost: a\r\nX\t: \x01\r\n\r\n": errFieldName,
	} {
		var r RequestHead
		r.Reset(all)
		if _, err := r.Parse([]byte(head)); err != want {
			t.Errorf("the request %q: %v, want %v", head, err, want)
		}
	}
}

func TestJunkInConnectionIsIgnored(t *testing.T) {
	for _, tc := range []struct {
		value       string
		keep11      bool // what HTTP/1.1 makes of it
		keep10      bool // and HTTP/1.0
		endsX, endY bool // whether the fields X and Y end here
	}{
		{"keep-alive; timeout=5", true, true, false, false},
		{"Keep-Alive;timeout=5, max=100", true, true, false, false},
		{"keep-alive timeout=5", true, true, false, false},
		{"close; x", false, false, false, false},
		{"timeout=5", true, false, false, false},
		{"a b", true, false, false, false},
		{"X, a b, Y", true, false, true, true},
		{"X; a", true, false, false, false},
		{"\"close\"", true, false, false, false},
		{"{}, keep-alive, @, X", true, true, true, false},
		{"caf\xe9", true, false, false, false},
		{"Host; a", true, false, false, false},
	} {
		for minor, keep := range []bool{tc.keep10, tc.keep11} {
			version := "HTTP/1." + string(rune('0'+minor))
			fields := "Host: h\r\nX: 1\r\nConnection: " + tc.value + "\r\nY: 2\r\n\r\n"
			var q RequestHead
			q.Reset(Limits{})
			if _, err := q.Parse([]byte("GET / " + version + "\r\n" + fields)); err != nil {
				t.Errorf("%s: a request with %q: %v", version, tc.value, err)
				continue
			}
			var p ResponseHead
			p.Reset(Limits{})
			if _, err := p.Parse([]byte(version + " 200 OK\r\n" + fields)); err != nil {
				t.Errorf("%s: a response with %q: %v", version, tc.value, err)
				continue
			}
			if q.KeepAlive != keep || p.KeepAlive != keep {
				t.Errorf("%s, %q: a request persists: %v, a response: %v; want %v", version,
					tc.value, q.KeepAlive, p.KeepAlive, keep)
			}
			if x, y := q.EndsHere(&q.Fields[1]), q.EndsHere(&q.Fields[3]); x != tc.endsX ||
				y != tc.endY {
				t.Errorf("%q: X ends here: %v, Y: %v", tc.value, x, y)
			}
		}
	}
}

func TestResponsesMayPadChunkSizes(t *testing.T) {
	for _, tc := range []struct {
		in, content, trailer string
		want                 error // in a response
	}{
		{"5 \r\nhello\r\n0 \r\n\r\n", "hello", "", nil},
		{"5   \t \r\nhello\r\n0\t\r\nX : 1\r\n\r\n", "hello", "X: 1\r\n", nil},
		{"5 ;a\r\nhello\r\n0\r\n\r\n", "hello", "", nil},
		{"5 5\r\nhello\r\n0\r\n\r\n", "", "", errChunkSize},
		{" 5\r\nhello\r\n0\r\n\r\n", "", "", errChunkSize},
		{"5 \nhello\r\n0\r\n\r\n", "", "", errChunkSize},
		{"5" + strings.Repeat(" ", maxChunkExtension+2) + "\r\n", "", "", errChunkSize},
		{
			strings.Repeat("1      \r\nx\r\n", maxChunkExtension) + "0\r\n\r\n",
			strings.Repeat("x", maxChunkExtension), "", nil,
		},
		{"0\r\nX: \x01\r\n\r\n", "", "", errFieldValue},
	} {
		for _, piece := range []int{1, 3, 10000} {
			var b Body
			b.Reset(ChunkedBody, 0)
			b.Response = true
			content, _, err := readBody(&b, []byte(tc.in), piece)
			if err != tc.want || err == nil &&
				(string(content) != tc.content || string(b.Trailer) != tc.trailer) {
				t.Errorf("%q in pieces of %d: %q, trailer %q, %v", tc.in, piece, content,
					b.Trailer, err)
			}
		}
	}
	var b Body
	b.Reset(ChunkedBody, 0)
	b.Response, b.ControlCharacters = true, true
	if _, _, err := readBody(&b, []byte("0\r\nX: \x01\r\n\r\n"), 100); err != nil {
		t.Errorf("a trailer with a control character that is let through: %v", err)
	}
	b.Reset(ChunkedBody, 0)
	if b.Response || b.ControlCharacters {
		t.Error("Reset leaves a body a response's")
	}
}

package http1

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// readBody reads a body that comes in pieces of the given size. rest is what
// follows it.
func readBody(b *Body, in []byte, piece int) (content, rest []byte, err error) {
	for len(in) > 0 && !b.Done() {
		p := in[:min(piece, len(in))]
		for len(p) > 0 && !b.Done() {
			data, n, err := b.Next(p)
			if err != nil {
				return content, in, err
			}
			content = append(content, data...)
			p, in = p[n:], in[n:]
		}
	}
	if !b.Done() {
		err = b.EOF()
	}
	return content, in, err
}

func TestChunkedBodies(t *testing.T) {
	const end = "0\r\n\r\n"
	for _, tc := range []struct{ name, in, content, trailer, rest string }{
		{"empty", end, "", "", ""},
		{"one chunk", "5\r\nhello\r\n" + end, "hello", "", ""},
		{
			"two chunks, the next message behind", "5\r\nhello\r\n1\r\n!\r\n" + end +
				"GET", "hello!", "", "GET",
		},
		{
			"hex in both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n" +
				end, "01234567890123456789", "", "",
		},
		{"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello", "", ""},
		{"extension dropped", "5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "hello", "", ""},
		{"space before an extension", "5 ;a\r\nhello\r\n" + end, "hello", "", ""},
		{"CRLF in the data", "4\r\n\r\n\r\n\r\n" + end, "\r\n\r\n", "", ""},
		{"trailer", "0\r\nX-Sum: 1\r\nX-B:2\r\n\r\nrest", "", "X-Sum: 1\r\nX-B:2\r\n", "rest"},
		{
			"trailer fields that must not be",
			"0\r\nContent-Length: 5\r\nHost: x\r\nX: 1\r\nTransfer-Encoding: chunked\r\n" +
				"Authorization: b\r\nSet-Cookie: c\r\nX-Forwarded-For: d\r\n\r\n", "", "X: 1\r\n",
			"",
		},
	} {
		for _, piece := range []int{1, 2, 3, 7, 1000} {
			var b Body
			b.Reset(ChunkedBody, 0)
			content, rest, err := readBody(&b, []byte(tc.in), piece)
			if err != nil || string(content) != tc.content || string(b.Trailer) != tc.trailer ||
				string(rest) != tc.rest {
				t.Errorf("%s in pieces of %d: content %q, trailer %q, rest %q, %v", tc.name, piece,
					content, b.Trailer, rest, err)
			}
		}
	}
}

func TestMalformedChunksAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     error
	}{
		{"no size", "\r\nhello\r\n", errChunkSize},
		{"size is no number", "x\r\n", errChunkSize},
		{"hex prefix", "0x5\r\nhello\r\n", errChunkSize},
		{"sign", "+5\r\nhello\r\n", errChunkSize},
		{"negative", "-5\r\nhello\r\n", errChunkSize},
		{"space before the size", " 5\r\nhello\r\n", errChunkSize},
		{"space after the size", "5 \r\nhello\r\n", errChunkSize},
		{"underscore", "1_0\r\n", errChunkSize},
		{"too many digits", strings.Repeat("0", 17) + "\r\n", errChunkTooLarge},
		{"overflow", "ffffffffffffffff\r\n", errChunkTooLarge},
		{"one over int64", "8000000000000000\r\n", errChunkTooLarge},
		{"bare LF after the size", "5\nhello\r\n", errChunkSize},
		{"bare LF after an extension", "5;a\nhello\r\n", errChunkExt},
		{"bare CR after the size", "5\rhello\r\n", errBareCR},
		{"bare CR in an extension", "5;a\rb\r\nhello\r\n", errBareCR},
		{"NUL in an extension", "5;a\x00\r\nhello\r\n", errChunkExt},
		{"endless extension", "5;" + strings.Repeat("a", maxChunkExtension+1), errChunkLine},
		{
			"extensions that add up", strings.Repeat("1;"+strings.Repeat("a", 500)+"\r\nx\r\n", 9),
			errChunkLine,
		},
		{"data longer than the size", "5\r\nhello!\r\n", errChunkEnd},
		{"data not followed by CRLF", "5\r\nhelloX\r\n", errChunkEnd},
		{"data followed by bare LF", "5\r\nhello\n", errChunkEnd},
		{"data followed by CR and more", "5\r\nhello\rX", errChunkEnd},
		{"bare LF in the trailer", "0\r\nX: 1\n\r\n", errBareLF},
		{"bare LF ends the trailer", "0\r\n\n", errBareLF},
		{"folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n", errObsFold},
		{"trailer without colon", "0\r\nX\r\n\r\n", errNoColon},
		{"endless trailer", "0\r\nX: " + strings.Repeat("a", maxTrailer), errTrailerSize},
		{"too many trailers", "0\r\n" + strings.Repeat("X: a\r\n", maxTrailerFields+1), errTooMany},
		{"ends within a chunk", "5\r\nhel", io.ErrUnexpectedEOF},
		{"ends before the last chunk", "5\r\nhello\r\n", io.ErrUnexpectedEOF},
		{"ends within the trailer", "0\r\n", io.ErrUnexpectedEOF},
	} {
		for _, piece := range []int{1, 5, 10000} {
			var b Body
			b.Reset(ChunkedBody, 0)
			if _, _, err := readBody(&b, []byte(tc.in), piece); err != tc.want {
				t.Errorf("%s in pieces of %d: %v, want %v", tc.name, piece, err, tc.want)
			}
		}
	}
}

func TestTrailersWithUnderscoresCanBeRefused(t *testing.T) {
	in := []byte("0\r\nX_Y: 1\r\n\r\n")
	var b Body
	b.Reset(ChunkedBody, 0)
	if _, _, err := readBody(&b, in, 100); err != nil || string(b.Trailer) != "X_Y: 1\r\n" {
		t.Errorf("trailer %q, %v", b.Trailer, err)
	}
	b.Reset(ChunkedBody, 0)
	b.RejectUnderscores = true
	if _, _, err := readBody(&b, in, 100); err != errUnderscore {
		t.Errorf("got %v, want %v", err, errUnderscore)
	}
}

func TestAChunkIsKnownBeforeItComes(t *testing.T) {
	var b Body
	b.Reset(ChunkedBody, 0)
	if _, _, err := b.Next([]byte("a00001\r\n")); err != nil || b.Ahead() != 0xa00001 {
		t.Errorf("%d bytes ahead, %v", b.Ahead(), err)
	}
	if _, _, err := b.Next([]byte("x")); err != nil || b.Ahead() != 0xa00000 {
		t.Errorf("%d bytes ahead, %v", b.Ahead(), err)
	}
}

func TestBodiesThatAreNotChunked(t *testing.T) {
	var b Body
	b.Reset(LengthBody, 5)
	if content, rest, err := readBody(&b, []byte("helloGET"), 3); string(content) != "hello" ||
		string(rest) != "GET" || err != nil {
		t.Errorf("length: %q, rest %q, %v", content, rest, err)
	}
	b.Reset(LengthBody, 5)
	if _, _, err := readBody(&b, []byte("hell"), 3); err != io.ErrUnexpectedEOF {
		t.Errorf("short: %v, want io.ErrUnexpectedEOF", err)
	}
	b.Reset(LengthBody, 0)
	if !b.Done() {
		t.Error("a body of no bytes is not done")
	}
	b.Reset(CloseBody, 0)
	if content, _, err := readBody(&b, []byte("hello"), 3); string(content) != "hello" ||
		err != nil {
		t.Errorf("close: %q, %v", content, err)
	}
	b.Reset(NoBody, 5)
	if !b.Done() {
		t.Error("no body is not done")
	}
}

// What is written as chunks is read back the same, and whatever is read comes
// out the same in any pieces.
func FuzzChunkedBody(f *testing.F) {
	f.Add([]byte("5;x\r\nhello\r\n0\r\nA: b\r\n\r\nrest"), 3)
	f.Add([]byte("ffffffffffffffff\r\n"), 1)
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		piece = max(1, min(piece, 64))
		var whole, parts Body
		whole.Reset(ChunkedBody, 0)
		parts.Reset(ChunkedBody, 0)
		content, rest, err := readBody(&whole, in, len(in)+1)
		content2, rest2, err2 := readBody(&parts, in, piece)
		if err != err2 || !bytes.Equal(content, content2) ||
			(err == nil && !bytes.Equal(rest, rest2)) {
			t.Fatalf("whole: %q, %v; in pieces of %d: %q, %v", content, err, piece, content2, err2)
		}
		if err != nil {
			return
		}
		var written []byte
		for p := content; len(p) > 0; {
			n := min(piece, len(p))
			written = AppendChunkHead(written, n)
			written = append(append(written, p[:n]...), "\r\n"...)
			p = p[n:]
		}
		written = AppendLastChunk(written, whole.Trailer)
		var again Body
		again.Reset(ChunkedBody, 0)
		back, left, err := readBody(&again, written, piece)
		if err != nil || !bytes.Equal(back, content) || len(left) > 0 ||
			!bytes.Equal(again.Trailer, whole.Trailer) {
			t.Fatalf("%q was written as %q, which reads as %q, trailer %q, %v", content, written,
				back, again.Trailer, err)
		}
	})
}

func TestChunkHeadIsHexadecimal(t *testing.T) {
	for _, n := range []int{1, 9, 10, 15, 16, 255, 256, 4096, 65536, 1<<31 - 1} {
		want := strconv.FormatInt(int64(n), 16) + "\r\n"
		if got := string(AppendChunkHead(nil, n)); got != want {
			t.Errorf("AppendChunkHead(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestErrorsSayWhatAndHow(t *testing.T) {
	_, err := parseRequest(t, "GET / HTTP/1.1\r\n\r\n")
	var perr *Error
	if !errors.As(err, &perr) ||
		perr.Error() != "GW_BAD_REQUEST: a request of HTTP/1.1 needs a Host field" {
		t.Errorf("got %v", err)
	}
}

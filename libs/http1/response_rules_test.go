package http1

import "testing"

func parseResponse(head string) (*ResponseHead, error) {
	r := new(ResponseHead)
	r.Reset(Limits{})
	_, err := r.Parse([]byte(head))
	return r, err
}

func TestMalformedResponsesAreRefused(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tc := range []struct {
		name, head string
		want       error
	}{
		{"garbage", "hello\r\n", errStatusLine},
		{"empty line first", "\r\n" + ok + "\r\n", errStatusLine},
		{"two digits", "HTTP/1.1 20 OK\r\n\r\n", errStatusLine},
		{"four digits", "HTTP/1.1 2000 OK\r\n\r\n", errStatusLine},
		{"status under 100", "HTTP/1.1 099 No\r\n\r\n", errStatusLine},
		{"no digits", "HTTP/1.1 abc No\r\n\r\n", errStatusLine},
		{"two spaces", "HTTP/1.1  200 OK\r\n\r\n", errStatusLine},
		{"control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", errStatusLine},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", errVersion},
		{"another protocol", "ICY/1.10 200 OK\r\n\r\n", errVersionSyntax},
		{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", errBareLF},
		{"folded line", ok + "A: b\r\n c\r\n\r\n", errObsFold},
		{"space in a name", ok + "Content Length: 3\r\n\r\n", errFieldName},
		{
			"both lengths", ok +
				"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", errBothLengths,
		},
		{"two lengths", ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", errTwoLengths},
		{"length is no number", ok + "Content-Length: 3x\r\n\r\n", errLengthSyntax},
		{"other coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", errCodingUnknown},
		{
			"coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			errCodingOld,
		},
	} {
		if _, err := parseResponse(tc.head); err != tc.want {
			t.Errorf("%s: Parse(%q) = %v, want %v", tc.name, tc.head, err, tc.want)
		}
	}
}

func TestHowAResponseBodyIsFramed(t *testing.T) {
	for _, tc := range []struct {
		name, head string
		method     Method
		want       Framing
		length     int64
		keep       bool
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", MethodGet, LengthBody, 5, true},
		{
			"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", MethodGet,
			ChunkedBody, 0, true,
		},
		{"neither", "HTTP/1.1 200 OK\r\n\r\n", MethodGet, CloseBody, 0, true},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", MethodHead, NoBody, 0, true},
		{
			"204 with a length", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", MethodGet, NoBody,
			0, true,
		},
		{
			"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
			MethodGet, NoBody, 0, true,
		},
		{"100", "HTTP/1.1 100 Continue\r\n\r\n", MethodPost, NoBody, 0, true},
		{"CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", MethodConnect, NoBody, 0, true},
		{
			"CONNECT refused", "HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\n", MethodConnect,
			LengthBody, 5, true,
		},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", MethodGet, LengthBody, 0, true},
		{
			"close", "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n", MethodGet,
			LengthBody, 0, false,
		},
		{
			"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", MethodGet, LengthBody, 1,
			false,
		},
		{
			"HTTP/1.0 keep-alive",
			"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n", MethodGet,
			LengthBody, 1, true,
		},
	} {
		r, err := parseResponse(tc.head)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		kind, length := r.Body(tc.method)
		if kind != tc.want || length != tc.length || r.KeepAlive != tc.keep {
			t.Errorf("%s: framing %d, length %d, keep %v; want %d, %d, %v", tc.name, kind, length,
				r.KeepAlive, tc.want, tc.length, tc.keep)
		}
	}
}

func FuzzResponseHead(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 4)
	f.Add("HTTP/1.0 304\r\nTransfer-Encoding: chunked\r\n\r\n", 1)
	f.Fuzz(func(t *testing.T, in string, piece int) {
		limits := Limits{HeadBytes: 2048, Fields: 16}
		var whole, parts ResponseHead
		whole.Reset(limits)
		n, err := whole.Parse([]byte(in))
		parts.Reset(limits)
		sameInPieces(t, parts.Parse, in, piece, n, err)
		if err == nil && (whole.Status < 100 || whole.Status > 999) {
			t.Fatalf("status %d came through", whole.Status)
		}
	})
}

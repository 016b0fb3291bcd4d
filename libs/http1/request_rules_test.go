package http1

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// parseRequest parses a whole head.
func parseRequest(t testing.TB, head string) (*RequestHead, error) {
	t.Helper()
	r := new(RequestHead)
	r.Reset(Limits{})
	n, err := r.Parse([]byte(head))
	if err == nil && n != len(head) {
		t.Fatalf("Parse(%q) used %d of %d bytes", head, n, len(head))
	}
	return r, err
}

func TestAmbiguousRequestsAreRefused(t *testing.T) {
	const get, host = "GET / HTTP/1.1\r\n", "Host: a\r\n"
	for _, tc := range []struct {
		name, head string
		want       error
	}{
		{"bare LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", errBareLF},
		{"bare LF ends a field", get + "Host: a\n\r\n", errBareLF},
		{"bare LF ends the head", get + host + "\n", errBareLF},
		{"bare CR in a value", get + host + "X: a\rb\r\n\r\n", errBareCR},
		{"bare CR in the request line", "GET /\r HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"folded line", get + host + "X: a\r\n b\r\n\r\n", errObsFold},
		{"folded line with a tab", get + host + "X: a\r\n\tb\r\n\r\n", errObsFold},
		{"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", errObsFold},
		{"space before the colon", get + "Host : a\r\n\r\n", errFieldName},
		{"tab before the colon", get + "Host\t: a\r\n\r\n", errFieldName},
		{"empty name", get + host + ": a\r\n\r\n", errFieldName},
		{"no colon", get + host + "X\r\n\r\n", errNoColon},
		{"character not of a token in a name", get + host + "X(y): a\r\n\r\n", errFieldName},
		{"NUL in a name", get + host + "X\x00y: a\r\n\r\n", errFieldName},
		{"NUL in a value", get + host + "X: \x00\r\n\r\n", errFieldValue},
		{"control character in a value", get + host + "X: a\x01\r\n\r\n", errFieldValue},
		{"DEL in a value", get + host + "X: \x7f\r\n\r\n", errFieldValue},
		{"underscore in a name", get + host + "Content_Length: 3\r\n\r\n", errUnderscore},

		{"no version", "GET /\r\n\r\n", errRequestLine},
		{"no target", "GET HTTP/1.1\r\n\r\n", errRequestLine},
		{"two spaces after the method", "GET  / HTTP/1.1\r\n\r\n", errRequestLine},
		{"two spaces after the target", "GET /  HTTP/1.1\r\n\r\n", errVersionSyntax},
		{"tab after the method", "GET\t/ HTTP/1.1\r\n\r\n", errMethod},
		{"space after the version", "GET / HTTP/1.1 \r\n\r\n", errVersionSyntax},
		{"space before the method", " GET / HTTP/1.1\r\n\r\n", errRequestLine},
		{"method is no token", "G@T / HTTP/1.1\r\n\r\n", errMethod},
		{"version in lower case", "GET / http/1.1\r\n\r\n", errVersionSyntax},
		{"version without minor", "GET / HTTP/1\r\n\r\n", errVersionSyntax},
		{"version of two digits", "GET / HTTP/1.10\r\n\r\n", errVersionSyntax},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", errVersion},
		{"HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\r\n", errVersion},

		{"no Host", get + "\r\n", errNoHost},
		{"two Hosts", get + host + host + "\r\n", errTwoHosts},
		{"empty Host", get + "Host:\r\n\r\n", errHost},
		{"Host with a path", get + "Host: a/b\r\n\r\n", errHost},
		{"Host with user information", get + "Host: u@a\r\n\r\n", errHost},
		{"Host with letters beyond ASCII", get + "Host: b\u00fccher.example\r\n\r\n", errHost},
		{"Host with a space", get + "Host: a b\r\n\r\n", errHost},
		{"Host is a list", get + "Host: a,b\r\n\r\n", errHost},
		{"Host with a port too large", get + "Host: a:65536\r\n\r\n", errHost},
		{"Host with a port that is no number", get + "Host: a:b\r\n\r\n", errHost},
		{"Host is only a port", get + "Host: :80\r\n\r\n", errHost},
		{"Host with an open bracket", get + "Host: [::1\r\n\r\n", errHost},
		{"Host with a zone", get + "Host: [fe80::1%25eth0]\r\n\r\n", errHost},
		{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + host + host + "\r\n", errTwoHosts},

		{
			"both lengths", get + host +
				"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", errBothLengths,
		},
		{
			"both lengths, the other way round", get + host +
				"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", errBothLengths,
		},
		{
			"two lengths that differ", get + host +
				"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", errTwoLengths,
		},
		{"list of lengths", get + host + "Content-Length: 3, 3\r\n\r\n", errLengthSyntax},
		{"signed length", get + host + "Content-Length: +3\r\n\r\n", errLengthSyntax},
		{"negative length", get + host + "Content-Length: -3\r\n\r\n", errLengthSyntax},
		{"hexadecimal length", get + host + "Content-Length: 0x3\r\n\r\n", errLengthSyntax},
		{"empty length", get + host + "Content-Length:\r\n\r\n", errLengthSyntax},
		{
			"length over int64", get + host +
				"Content-Length: 9223372036854775808\r\n\r\n", errLengthSyntax,
		},
		{
			"coding other than chunked", get + host +
				"Transfer-Encoding: gzip, chunked\r\n\r\n", errCodingUnknown,
		},
		{
			"coding without chunked", get + host +
				"Transfer-Encoding: x-mine\r\n\r\n", errCodingUnknown,
		},
		{"coding identity", get + host + "Transfer-Encoding: identity\r\n\r\n", errCodingUnknown},
		{
			"chunked is not the last coding", get + host +
				"Transfer-Encoding: chunked, gzip\r\n\r\n", errCoding,
		},
		{
			"an empty element among codings", get + host +
				"Transfer-Encoding: gzip,, chunked\r\n\r\n", errCoding,
		},
		{
			"coding with a parameter", get + host +
				"Transfer-Encoding: gzip;q=1, chunked\r\n\r\n", errCoding,
		},
		{
			"chunked twice in one field", get + host +
				"Transfer-Encoding: chunked, chunked\r\n\r\n", errCoding,
		},
		{
			"chunked twice in two fields", get + host +
				"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", errCoding,
		},
		{"quoted coding", get + host + "Transfer-Encoding: \"chunked\"\r\n\r\n", errCoding},
		{
			"coding with a vertical tab", get + host +
				"Transfer-Encoding: \vchunked\r\n\r\n", errFieldValue,
		},
		{"empty coding", get + host + "Transfer-Encoding:\r\n\r\n", errCoding},
		{
			"coding in HTTP/1.0", "GET / HTTP/1.0\r\n" + host +
				"Transfer-Encoding: chunked\r\n\r\n", errCodingOld,
		},

		{"Connection names Host", get + host + "Connection: host\r\n\r\n", errConnectionName},
		{
			"Connection names Content-Length", get + host +
				"Connection: keep-alive, Content-Length\r\n\r\n", errConnectionName,
		},
		{
			"Connection names Authorization", get + host +
				"Connection: Authorization\r\n\r\n", errConnectionName,
		},
		{
			"Connection names X-Forwarded-For", get + host +
				"Connection: X-Forwarded-For\r\n\r\n", errConnectionName,
		},
		{
			"Connection names another X-Forwarded", get + host +
				"Connection: x-forwarded-port\r\n\r\n", errConnectionName,
		},
		{
			"Connection names our own field", get + host +
				"Connection: X-Request-Id\r\n\r\n", errConnectionName,
		},
		{
			"Connection names too many", get + host + "Connection: " + strings.Repeat("x,", 40) +
				"y\r\n\r\n", errConnection,
		},

		{"fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"backslash", "GET /a\\b HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"byte over 7F in the target", "GET /\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"encoded NUL", "GET /%00 HTTP/1.1\r\n" + host + "\r\n", errTargetUnsafe},
		{"backslash before a query", "GET /a\\b?c HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"backslash in a host", "GET http://a\\b/?c HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"fragment in a query", "GET /a?b\\#c HTTP/1.1\r\n" + host + "\r\n", errTarget},
		{"incomplete escape", "GET /%4 HTTP/1.1\r\n" + host + "\r\n", errTargetEscape},
		{"escape that is no number", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", errTargetEscape},
		{"asterisk with GET", "GET * HTTP/1.1\r\n" + host + "\r\n", errTargetForm},
		{"authority with GET", "GET a:80 HTTP/1.1\r\n" + host + "\r\n", errTargetForm},
		{"relative target", "GET a/b HTTP/1.1\r\n" + host + "\r\n", errTargetForm},
		{"other scheme", "GET ftp://a/ HTTP/1.1\r\n" + host + "\r\n", errTargetForm},
		{"absolute without host", "GET http:///a HTTP/1.1\r\n" + host + "\r\n", errHost},
		{"absolute with user information", "GET http://u@a/ HTTP/1.1\r\n" + host + "\r\n", errHost},
		{"CONNECT with a path", "CONNECT /a HTTP/1.1\r\n" + host + "\r\n", errTargetForm},
		{"CONNECT without a port", "CONNECT a HTTP/1.1\r\n" + host + "\r\n", errTargetForm},

		{
			"request line too long", "GET /" + strings.Repeat("a", DefaultRequestLine) +
				" HTTP/1.1\r\n" + host + "\r\n", errURITooLong,
		},
		{
			"head too long", get + host +
				strings.Repeat("X: "+strings.Repeat("a", 1000)+"\r\n", 40) + "\r\n", errHeadTooLong,
		},
		{
			"too many fields", get + host + strings.Repeat("X: a\r\n", DefaultFields) +
				"\r\n", errTooMany,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseRequest(t, tc.head); err != tc.want {
				t.Errorf("Parse(%.120q) = %v, want %v", tc.head, err, tc.want)
			}
		})
	}
}

// A head that is refused must be refused as soon as its fault has come, or a
// client that sends no more would have to be waited for.
func TestAFaultIsSeenBeforeTheHeadIsComplete(t *testing.T) {
	for _, head := range []string{
		"GET /\r\n", "GET / HTTP/2.0\r\n", "\x16\x03\x01\n", "GET / HTTP/1.1\r\nHost : a\r\n",
		strings.Repeat("a", DefaultRequestLine+1),
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", DefaultHeadBytes),
	} {
		var perr *Error
		if _, err := parseRequest(t, head); !errors.As(err, &perr) {
			t.Errorf("Parse(%.60q) = %v, want an *Error", head, err)
		}
	}
}

func TestWhatARequestSays(t *testing.T) {
	for _, tc := range []struct{ name, head, want string }{
		{"plain", "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a ?b h 0 keep"},
		{"empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /  h 0 keep"},
		{"close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", "GET /  h 0 close"},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET /   0 close"},
		{
			"HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
			"GET /   0 keep",
		},
		{
			"close wins", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
			"GET /   0 close",
		},
		{"minor version from the future", "GET / HTTP/1.7\r\nHost: h\r\n\r\n", "GET /  h 0 keep"},
		{
			"absolute form wins", "GET http://a:8080/x?y HTTP/1.1\r\nHost: b\r\n\r\n",
			"GET /x ?y a:8080 0 keep",
		},
		{
			"absolute form without path", "GET HTTP://a HTTP/1.1\r\nHost: b\r\n\r\n",
			"GET /  a 0 keep",
		},
		{
			"absolute form with only a query", "GET http://a?x/y HTTP/1.1\r\nHost: b\r\n\r\n",
			"GET / ?x/y a 0 keep",
		},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *  h 0 keep"},
		{
			"asterisk of absolute form", "OPTIONS http://a HTTP/1.1\r\nHost: h\r\n\r\n",
			"OPTIONS *  a 0 keep",
		},
		{"authority", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT   a:443 0 keep"},
		{"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /  [::1]:80 0 keep"},
		{"host with an empty port", "GET / HTTP/1.1\r\nHost: h:\r\n\r\n", "GET /  h: 0 keep"},
		{"length", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\n\r\n", "PUT /  h 7 keep"},
		{
			"the same length twice",
			"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
			"PUT /  h 7 keep",
		},
		{
			"chunked in any case",
			"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \tChunked \r\n\r\n",
			"PUT /  h -1 keep",
		},
		{
			"expectation", "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n",
			"PUT /  h 0 keep expects",
		},
		{
			"expectation of HTTP/1.0", "PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
			"PUT /  h 0 close",
		},
		{
			"upgrade",
			"GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n" +
				"Upgrade: websocket\r\n\r\n", "GET /  h 0 keep to websocket",
		},
		{
			"upgrade not in Connection", "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n",
			"GET /  h 0 keep",
		},
		{
			"upgrade to h2c",
			"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n" +
				"Upgrade: h2c\r\n\r\n", "GET /  h 0 keep",
		},
		{"8-bit value", "GET / HTTP/1.1\r\nHost: h\r\nX: \xe4\r\n\r\n", "GET /  h 0 keep"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := parseRequest(t, tc.head)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s %s %s %s %d", r.MethodName, r.Path, r.Query, r.Authority,
				r.ContentLength)
			if r.KeepAlive {
				got += " keep"
			} else {
				got += " close"
			}
			if r.ExpectContinue {
				got += " expects"
			}
			if len(r.Upgrade) > 0 {
				got += " to " + string(r.Upgrade)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPathIsNormalised(t *testing.T) {
	for _, tc := range [][2]string{
		{"/", "/"}, {"/a/b", "/a/b"}, {"/a/", "/a/"}, {"//a", "/a"}, {"/a//b///c", "/a/b/c"},
		{"/./a", "/a"}, {"/a/.", "/a/"}, {"/a/./b", "/a/b"}, {"/a/..", "/"}, {"/a/b/..", "/a/"},
		{"/a/../b", "/b"}, {"/../../b", "/b"}, {"/..", "/"}, {"/a/b/../../../c", "/c"},
		{"/a//../b", "/b"},
		{"/%2e%2E/a", "/a"}, {"/a/%2e", "/a/"}, {"/a/%2e./b", "/b"},
		{"/.well-known", "/.well-known"}, {"/a/...", "/a/..."},
		{"/%41%7e%5f", "/A~_"}, {"/%c3%a4%20", "/%C3%A4%20"}, {"/%25", "/%25"},
		{"/%252e%252e/", "/%252e%252e/"},
		{"/a%2fb", "/a%2Fb"}, {"/a;b/..;/c", "/a;b/..;/c"}, {"/a%3fb", "/a%3Fb"}, {"/%23", "/%23"},
	} {
		r, err := parseRequest(t, "GET "+tc[0]+"?q=/../%zz HTTP/1.1\r\nHost: h\r\n\r\n")
		if err != nil {
			t.Errorf("%s: %v", tc[0], err)
			continue
		}
		if string(r.Path) != tc[1] || string(r.Query) != "?q=/../%zz" {
			t.Errorf("%s became %s and %s, want %s and the query as it came", tc[0], r.Path,
				r.Query, tc[1])
		}
	}
}

func TestUnderscoresCanBeAllowed(t *testing.T) {
	var r RequestHead
	r.Reset(Limits{AllowUnderscores: true})
	if _, err := r.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
}

func TestFieldsThatEndHere(t *testing.T) {
	r, err := parseRequest(t,
		"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-B: 2\r\nConnection: x-a, close\r\n"+
			"Connection: Cookie\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		if got, want := r.EndsHere(f), string(r.Name(f)) == "X-A"; got != want {
			t.Errorf("EndsHere(%s) = %v, want %v", r.Name(f), got, want)
		}
	}
}

func TestParsingAllocatesNothing(t *testing.T) {
	head := []byte("GET /users/7?full=1 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: test\r\n" +
		"Accept: */*\r\nConnection: keep-alive, x-a\r\nX-A: b\r\n\r\n")
	var r RequestHead
	n := testing.AllocsPerRun(100, func() {
		r.Reset(Limits{})
		if _, err := r.Parse(head); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per head, want none", n)
	}
}

func BenchmarkRequestHead(b *testing.B) {
	head := []byte("GET /users/7?full=1 HTTP/1.1\r\nHost: api.example.com\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate, br\r\n" +
		"Cookie: session=0123456789abcdef\r\n\r\n")
	var r RequestHead
	b.SetBytes(int64(len(head)))
	for b.Loop() {
		r.Reset(Limits{})
		if _, err := r.Parse(head); err != nil {
			b.Fatal(err)
		}
	}
}

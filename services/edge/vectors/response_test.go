package vectors_test

import (
	"strings"
)

// ok is a response of the given raw field lines and body.
func ok(lines, body string) string { return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body }

// responses: what an upstream may get wrong, and what it may do that is unusual but right.
var responses = []vector{
	// Right.
	answer("plain", ok("Content-Length: 5\r\n", "hello"), "RFC 9112 6.3", bodyIs("hello")),
	answer("chunked", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 7.1", bodyIs("hello")),
	answer("chunked, capitals",
		ok("Transfer-Encoding: Chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n"), "RFC 9112 7.1",
		bodyIs("0123456789")),
	answer("chunk extension dropped",
		ok("Transfer-Encoding: chunked\r\n", "5;a=\"b\"\r\nhello\r\n0\r\n\r\n"), "RFC 9112 7.1.1",
		bodyIs("hello"), house),
	answer("trailers", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"),
		"RFC 9110 6.5", bodyIs("hello")),
	answer("trailers are passed on",
		ok("Transfer-Encoding: chunked\r\nTrailer: X-T\r\n", "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"),
		"gRPC needs them", house, verify(func(c *conversation) string {
			if c.last().Trailers.Get("X-T") != "1" {
				return "the client sees no trailer"
			}
			return ""
		})),
	answer("framing trailer is filtered",
		ok("Transfer-Encoding: chunked\r\n",
			"5\r\nhello\r\n0\r\nContent-Length: 3\r\nTransfer-Encoding: x\r\n"+
				"Set-Cookie: a=b\r\n\r\n"), "RFC 9110 6.5.1", func(v *vector) {
			v.answers, v.end = [][]int{{200, 502}}, anyEnd
		}, verify(func(c *conversation) string {
			if tr := c.last().Trailers; tr.Has("Content-Length") || tr.Has("Transfer-Encoding") {
				return "a framing trailer gets through"
			}
			return ""
		}), house),
	answer("body until the end, close", ok("", "hello"),
		"RFC 9112 6.3: for a 1.1 client it is framed anew, or the connection closes",
		upstreamCloses, bodyIs("hello"), ends(anyEnd)),
	answer("body until the end, said", ok("Connection: close\r\n", "hello"), "RFC 9112 6.3",
		upstreamCloses, bodyIs("hello"), ends(anyEnd)),
	answer("empty body until the end", ok("", ""), "RFC 9112 6.3", upstreamCloses, bodyIs(""),
		ends(anyEnd)),
	answer("length and close", ok("Connection: close\r\nContent-Length: 5\r\n", "hello"),
		"RFC 9112 9.6", upstreamCloses, bodyIs("hello")),
	answer("1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "RFC 9112 9.3",
		bodyIs("hello")),
	answer("1.0 until the end", "HTTP/1.0 200 OK\r\n\r\nhello", "RFC 9112 6.3", upstreamCloses,
		bodyIs("hello"), ends(anyEnd)),
	answer("1.0 keep-alive",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9112 9.3", bodyIs("hello")),
	answer("half-close after the answer", ok("Content-Length: 5\r\n", "hello"), "RFC 9112 9.6",
		upstreamHalfCloses, bodyIs("hello")),
	answer("204", "HTTP/1.1 204 No Content\r\n\r\n", "RFC 9110 15.3.5", status(204), bodyIs("")),
	answer("204 with length zero", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 8.6: must not be sent on", status(204), bodyIs(""), house),
	answer("304 with the length of a 200",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: \"x\"\r\n\r\n",
		"RFC 9110 15.4.5: no body", status(304), bodyIs("")),
	answer("304 chunked", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
		"RFC 9112 6.3: no body", status(304), bodyIs(""), house),
	answer("205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", "RFC 9110 15.3.6",
		status(205)),
	answer("HEAD with the length of a GET", ok("Content-Length: 100\r\n", ""), "RFC 9110 9.3.2",
		steps(send("HEAD /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")), methods("HEAD"),
		tells("Content-Length", "100")),
	answer("HEAD chunked", ok("Transfer-Encoding: chunked\r\n", ""), "RFC 9110 9.3.2",
		steps(send("HEAD /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")), methods("HEAD")),
	answer("HEAD without framing", ok("", ""), "RFC 9112 6.3: no body, no waiting for the end",
		steps(send("HEAD /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")), methods("HEAD")),
	answer("empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 4: the reason may be empty"),
	answer("8-bit reason", "HTTP/1.1 200 \xe9t\xe9\r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 4: obs-text"),
	answer("no space after the status", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 4: the space is not optional; widely taken", func(v *vector) {
			v.answers, v.end = [][]int{{200, 502}}, anyEnd
		}),
	answer("status 299", "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 15: unknown codes pass", status(299)),
	answer("status 418", "HTTP/1.1 418 Teapot\r\nX-Vec: {id}\r\nContent-Length: 2\r\n\r\nhi",
		"RFC 9110 15", status(418), bodyIs("hi")),
	answer("status 599", "HTTP/1.1 599 Odd\r\nX-Vec: {id}\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 15", status(599)),
	answer("500 is not rewritten",
		"HTTP/1.1 500 Oops\r\nX-Vec: {id}\r\nContent-Length: 4\r\n\r\nmine",
		"config: an answer of the upstream is never rewritten", status(500), bodyIs("mine")),
	answer("503 is not rewritten",
		"HTTP/1.1 503 Busy\r\nX-Vec: {id}\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nmine",
		"config", status(503), bodyIs("mine"), tells("Retry-After", "7")),
	answer("redirect is not followed",
		"HTTP/1.1 302 Found\r\nLocation: http://b.test/x\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 15.4", status(302), tells("Location", "http://b.test/x")),
	answer("cookies stay apart",
		ok("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n", ""),
		"RFC 9110 5.3: Set-Cookie cannot be joined", verify(func(c *conversation) string {
			if got := strings.Join(c.last().Fields.Values("Set-Cookie"), "|"); got != "a=1|b=2" {
				return "the client sees Set-Cookie: " + got
			}
			return ""
		})),
	answer("8-bit value", ok("X-A: caf\xe9\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.5",
		tells("X-A", "caf\xe9")),
	answer("empty value", ok("X-A:\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.5",
		tells("X-A", "")),
	answer("Date and Server are the upstream's",
		ok("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: mine\r\nContent-Length: 0\r\n", ""),
		"RFC 9110 6.6.1: not replaced", tells("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
		tells("Server", "mine"), house),
	answer("underscore in a name", ok("X_A: 1\r\nContent-Length: 0\r\n", ""),
		"RFC 9110 5.1: a token", tells("X_A", "1"), house),
	answer("10 KB of fields",
		ok("X-A: "+strings.Repeat("v", 10000)+"\r\nContent-Length: 0\r\n", ""), "within limits",
		house),

	// 1xx.
	answer("103 and an answer",
		"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+ok("Content-Length: 2\r\n", "ok"),
		"RFC 8297: forwarded or dropped", bodyIs("ok")),
	answer("103 is forwarded",
		"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+ok("Content-Length: 2\r\n", "ok"),
		"RFC 9110 15.2: a proxy must forward 1xx", bodyIs("ok"), interim(103), house),
	answer("100 that nobody asked for",
		"HTTP/1.1 100 Continue\r\n\r\n"+ok("Content-Length: 2\r\n", "ok"),
		"RFC 9110 15.2: may be dropped", bodyIs("ok")),
	answer("102 and 103",
		"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"+
			ok("Content-Length: 2\r\n", "ok"), "RFC 9110 15.2", bodyIs("ok")),
	answer("ten 103",
		strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 10)+ok("Content-Length: 2\r\n", "ok"),
		"RFC 9110 15.2", bodyIs("ok")),
	answer("unknown 1xx", "HTTP/1.1 199 Odd\r\n\r\n"+ok("Content-Length: 2\r\n", "ok"),
		"RFC 9110 15.2: unknown 1xx are ignored or forwarded", bodyIs("ok")),
	answer("100000 times 100",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100000)+ok("Content-Length: 2\r\n", "ok"),
		"bounded, or passed: never stuck", func(v *vector) {
			v.answers, v.end = [][]int{{200, 502}}, anyEnd
		}, house),
	bad("1xx and then the end", "HTTP/1.1 100 Continue\r\n\r\n",
		"RFC 9110 15.2: a final answer is due", upstreamCloses,
		code("GW_UPSTREAM_RESET", "GW_UPSTREAM_PROTOCOL")),
	bad("1xx and garbage", "HTTP/1.1 100 Continue\r\n\r\ngarbage\r\n\r\n", "RFC 9112 4"),

	// No answer, or not all of it.
	bad("close without an answer", "", "config: GW_UPSTREAM_RESET", upstreamCloses, atMost(3),
		code("GW_UPSTREAM_RESET")),
	bad("reset without an answer", "", "config: GW_UPSTREAM_RESET", upstreamResets, atMost(3),
		code("GW_UPSTREAM_RESET")),
	bad("close in the status line", "HTTP/1.1 2", "RFC 9112 8", upstreamCloses,
		code("GW_UPSTREAM_RESET", "GW_UPSTREAM_PROTOCOL")),
	bad("close in the fields", "HTTP/1.1 200 OK\r\nContent-Le", "RFC 9112 8", upstreamCloses,
		code("GW_UPSTREAM_RESET", "GW_UPSTREAM_PROTOCOL")),
	bad("reset in the fields", "HTTP/1.1 200 OK\r\nContent-Le", "RFC 9112 8", upstreamResets,
		code("GW_UPSTREAM_RESET", "GW_UPSTREAM_PROTOCOL")),
	answer("close in the body", ok("Content-Length: 50\r\n", "hello"),
		"RFC 9112 8: never a silent short body", upstreamCloses, cutShort),
	answer("close before the body", ok("Content-Length: 5\r\n", ""), "RFC 9112 8", upstreamCloses,
		cutShort),
	answer("reset in the body", ok("Content-Length: 50\r\n", "hello"), "RFC 9112 8", upstreamResets,
		cutShort),
	answer("close one byte short", ok("Content-Length: 6\r\n", "hello"), "RFC 9112 8",
		upstreamCloses, cutShort),
	answer("close in a chunk", ok("Transfer-Encoding: chunked\r\n", "5\r\nhel"), "RFC 9112 8",
		upstreamCloses, cutShort),
	answer("close between chunks", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"),
		"RFC 9112 8", upstreamCloses, cutShort),
	answer("close before the last CRLF",
		ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n"), "RFC 9112 8", upstreamCloses,
		cutShort),
	answer("reset in an endless body", ok("", "hello"), "RFC 9112 8: a reset is no proper end",
		upstreamResets, cutShort, house),
	answer("bad chunk size", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\nzz\r\n"),
		"RFC 9112 7.1", cutShort, upstreamGone),
	answer("bad first chunk size", ok("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 7.1", cutShort, upstreamGone),
	answer("chunk size overflow",
		ok("Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 7.1", cutShort, upstreamGone),
	answer("chunk data too long", ok("Transfer-Encoding: chunked\r\n", "4\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 7.1", cutShort, upstreamGone),
	answer("bare LF in chunks", ok("Transfer-Encoding: chunked\r\n", "5\nhello\n0\n\n"),
		"RFC 9112 7.1", cutShort, upstreamGone, house),
	answer("bad trailer",
		ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n"),
		"RFC 9112 7.1.2", cutShort, upstreamGone, house),

	// More than promised.
	answer("more than promised", ok("Content-Length: 5\r\n", "hello, and more"),
		"RFC 9112 9.2: the rest is nobody's answer", bodyIs("hello"), upstreamGone),
	answer("a second response",
		ok("Content-Length: 5\r\n", "hello")+ok("Content-Length: 4\r\n", "evil"), "RFC 9112 9.2",
		bodyIs("hello"), upstreamGone),
	answer("more after the last chunk",
		ok("Transfer-Encoding: chunked\r\n",
			"5\r\nhello\r\n0\r\n\r\n"+ok("Content-Length: 4\r\n", "evil")), "RFC 9112 9.2",
		bodyIs("hello"), upstreamGone),
	answer("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 15.3.5: no body whatever it says", status(204), bodyIs(""), upstreamGone),
	answer("204 chunked with a body",
		"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 6.1", func(v *vector) {
			v.answers, v.end = [][]int{{204, 502}}, anyEnd
		}, upstreamGone, house),
	answer("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 15.4.5", status(304), bodyIs(""), upstreamGone),
	answer("HEAD with a body", ok("Content-Length: 5\r\n", "hello"), "RFC 9110 9.3.2",
		steps(send("HEAD /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")), methods("HEAD"),
		upstreamGone),

	// Malformed.
	bad("garbage", "garbage\r\n\r\n", "RFC 9112 4", code("GW_UPSTREAM_PROTOCOL")),
	bad("binary garbage", "\x00\x01\x02\xff\xfe\r\n\r\n", "RFC 9112 4",
		code("GW_UPSTREAM_PROTOCOL")),
	bad("an HTTP/0.9 page", "<html>hello</html>\r\n", "RFC 9112 4", upstreamCloses, house),
	bad("HTTP/2 frames", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\xff\xff\r\n",
		"RFC 9113 3.4", upstreamCloses, house),
	bad("a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", "TLS on a clear-text port", upstreamCloses,
		house),
	bad("version 2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9110 2.5", house),
	bad("version x.y", "HTTP/x.y 200 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("ICY", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("http/1.1", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 2.3: case-sensitive"),
	bad("no status", "HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("status of letters", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("status +20", "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9112 4"),
	bad("status 000", "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9110 15"),
	bad("status 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9110 15"),
	bad("status 600", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "RFC 9110 15: 100 to 599",
		house),
	bad("two spaces before the status", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 4", house),
	bad("control byte in the reason", "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 4", house),
	bad("CRLF before the status line", "\r\n"+ok("Content-Length: 0\r\n", ""),
		"RFC 9112 2.2: servers only may skip it", house),
	bad("bare LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "RFC 9112 2.2", house),
	bad("bare LF in the fields", ok("X-A: 1\nX-B: 2\r\nContent-Length: 0\r\n", ""), "RFC 9112 2.2",
		house),
	bad("bare CR in a value", ok("X-A: 1\r2\r\nContent-Length: 0\r\n", ""),
		"RFC 9112 2.2: must not reach a client", house),
	bad("NUL in a value", ok("X-A: a\x00b\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.5"),
	bad("control byte in a value", ok("X-A: a\x01b\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.5",
		house),
	bad("fold", ok("X-A: 1\r\n 2\r\nContent-Length: 0\r\n", ""),
		"RFC 9112 5.2: 502 or joined; here 502", house),
	bad("space before the colon", ok("X-A : 1\r\nContent-Length: 0\r\n", ""),
		"RFC 9112 5.1: removed or refused; here 502", house),
	bad("space before the first field", ok(" X-A: 1\r\nContent-Length: 0\r\n", ""), "RFC 9112 2.2",
		house),
	bad("no colon", ok("X-A\r\nContent-Length: 0\r\n", ""), "RFC 9112 5", house),
	bad("empty name", ok(": 1\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.1", house),
	bad("bad character in a name", ok("X(A: 1\r\nContent-Length: 0\r\n", ""), "RFC 9110 5.1",
		house),
	bad("both lengths",
		ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 6.3: response splitting", house),
	bad("two lengths", ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
		"RFC 9112 6.3: must be 502"),
	bad("two lengths in one", ok("Content-Length: 5, 6\r\n", "hello!"),
		"RFC 9112 6.3: must be 502"),
	answer("the same length twice", ok("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
		"RFC 9112 6.3: made one, or 502", func(v *vector) {
			v.answers, v.end = [][]int{{200, 502}}, anyEnd
		}),
	bad("length +5", ok("Content-Length: +5\r\n", "hello"), "RFC 9110 8.6", house),
	bad("length -5", ok("Content-Length: -5\r\n", "hello"), "RFC 9110 8.6"),
	bad("length empty", ok("Content-Length:\r\n", "hello"), "RFC 9110 8.6", house),
	bad("length x", ok("Content-Length: x\r\n", "hello"), "RFC 9110 8.6"),
	bad("length of 2^64+5", ok("Content-Length: 18446744073709551621\r\n", "hello"),
		"RFC 9110 8.6"),
	bad("coding gzip", ok("Transfer-Encoding: gzip\r\n", "hello"), "RFC 9112 6.1: not asked for",
		house),
	bad("coding gzip, chunked",
		ok("Transfer-Encoding: gzip, chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 6.1: not asked for", house),
	bad("coding xchunked", ok("Transfer-Encoding: xchunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 6.1", house),
	bad("coding chunked twice",
		ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
			"5\r\nhello\r\n0\r\n\r\n"), "RFC 9112 6.1", house),
	bad("coding on 1.0",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 6.1: faulty framing", house),
	bad("obfuscated coding", ok("Transfer-Encoding: \x0bchunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
		"RFC 9112 6.1", house),
	bad("a field of 100 KB",
		ok("X-A: "+strings.Repeat("v", 100<<10)+"\r\nContent-Length: 0\r\n", ""), "bounded", house),
	bad("a head that never ends", "HTTP/1.1 200 OK\r\nX-A: "+strings.Repeat("v", 1<<20), "bounded",
		house),
	bad("a thousand fields", ok(manyFields(1000, 3)+"\r\nContent-Length: 0\r\n", ""), "bounded",
		house),

	// Slow but right.
	answer("byte by byte", "", "RFC 9112 2.1: a stream", bodyIs("hello"), func(v *vector) {
		v.script = func(s *upstreamSide) bool {
			if !s.body() {
				return false
			}
			return s.Dribble(
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
				0) == nil
		}
	}),
	answer("answer before the body is read", "", "RFC 9112 9.3: early, and whole", bodyIs("early"),
		ends(anyEnd), func(v *vector) {
			v.steps = []step{
				send(
					"POST /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n" +
						"Content-Length: 20\r\n\r\nhello"), arrived,
			}
			v.script = refuses("HTTP/1.1 200 OK\r\nX-Vec: {id}\r\nContent-Length: 5\r\n" +
				"Connection: close\r\n\r\nearly")
		}),
}

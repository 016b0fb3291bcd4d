package vectors_test

import "strings"

// chunks is a chunked POST with the given raw body.
func chunks(body string) string {
	return "POST /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

// goodChunks must arrive as the body given; that no extension is left is judged by the strict
// reader upstream.
func goodChunks(name, raw, body, why string, opts ...option) vector {
	return pass(name, chunks(raw), why, append([]option{seesBody(body)}, opts...)...)
}

// badChunks are refused with 400 and a close; the head may have left already, an end must not.
func badChunks(name, raw, why string, opts ...option) vector {
	return reject(name, chunks(raw)+smuggled, why, append([]option{partial}, opts...)...)
}

// chunkSyntax: sizes, line ends and extensions.
var chunkSyntax = []vector{
	goodChunks("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", "RFC 9112 7.1"),
	goodChunks("no chunk", "0\r\n\r\n", "", "RFC 9112 7.1"),
	goodChunks("three chunks", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef",
		"RFC 9112 7.1"),
	goodChunks("capital hex", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", "RFC 9112 7.1: HEXDIG"),
	goodChunks("small hex", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", "RFC 9112 7.1: HEXDIG"),
	goodChunks("leading zeros", "005\r\nhello\r\n0\r\n\r\n", "hello", "RFC 9112 7.1: 1*HEXDIG"),
	goodChunks("several zeros end", "5\r\nhello\r\n000\r\n\r\n", "hello",
		"RFC 9112 7.1: last-chunk is 1*\"0\""),
	goodChunks("chunk of 4096", "1000\r\n"+strings.Repeat("x", 4096)+"\r\n0\r\n\r\n",
		strings.Repeat("x", 4096), "RFC 9112 7.1"),
	goodChunks("chunk of 100000", "186a0\r\n"+strings.Repeat("x", 100000)+"\r\n0\r\n\r\n",
		strings.Repeat("x", 100000), "RFC 9112 7.1: larger than any buffer"),
	goodChunks("a thousand chunks of a byte", strings.Repeat("1\r\nx\r\n", 1000)+"0\r\n\r\n",
		strings.Repeat("x", 1000), "RFC 9112 7.1"),
	goodChunks("data that looks like chunks", "a\r\n0\r\n\r\nhello\r\n0\r\n\r\n", "0\r\n\r\nhello",
		"RFC 9112 7.1: the size counts"),
	goodChunks("extension name", "5;foo\r\nhello\r\n0\r\n\r\n", "hello", "RFC 9112 7.1.1: dropped"),
	goodChunks("extension with value", "5;foo=bar\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1"),
	goodChunks("extension with quoted value", "5;foo=\"b;a\\\"r\"\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1"),
	goodChunks("two extensions", "5;a=1;b=\"2\"\r\nhello\r\n0\r\n\r\n", "hello", "RFC 9112 7.1.1"),
	goodChunks("extension on the last chunk", "5\r\nhello\r\n0;foo=bar\r\n\r\n", "hello",
		"RFC 9112 7.1.1"),
	goodChunks("spaces in an extension", "5 ; foo = bar\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1: BWS", orReject()),
	goodChunks("extension that looks like a size", "5;5\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1"),
	goodChunks("empty extension", "5;\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1: bad, harmless", orReject(), partial),
	goodChunks("extension of 8-bit bytes", "5;f=\"\xff\"\r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1.1: obs-text in a quoted string", orReject(), partial),
	goodChunks("space after the size", "5 \r\nhello\r\n0\r\n\r\n", "hello",
		"RFC 9112 7.1: no BWS without an extension; widely taken", orReject(), partial),
	goodChunks("twenty zeros before the size", "000000000000000000005\r\nhello\r\n0\r\n\r\n",
		"hello", "RFC 9112 7.1: bounded or not", orReject(), partial),
	goodChunks("a hundred extensions of 100 bytes",
		strings.Repeat("1;"+strings.Repeat("e", 100)+"\r\nx\r\n", 100)+"0\r\n\r\n",
		strings.Repeat("x", 100), "RFC 9112 7.1.1: bounded in sum, or refused",
		orReject(400, 413, 431), partial),
	badChunks("size g", "g\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: HEXDIG"),
	badChunks("size 5g", "5g\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 0x5", "0x5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5h", "5h\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size +5", "+5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size -5", "-5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size -1", "-1\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size -0", "-0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5.0", "5.0\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5_0", "5_0\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5,5", "5,5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5 5", "5 5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size 5:", "5:\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size in quotes", "\"5\"\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size in wide digits", "\xef\xbc\x95\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("space before the size", " 5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("tab before the size", "\t5\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("vertical tab after the size", "5\v\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("NUL after the size", "5\x00\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("NUL before the size", "\x005\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("empty size", "\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: 1*HEXDIG"),
	badChunks("empty size with an extension", ";foo=bar\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("size of 2^64", "10000000000000000\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: overflow",
		status(400, 413)),
	badChunks("size of 2^64+5", "10000000000000005\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: overflow",
		status(400, 413)),
	badChunks("size of 2^64-1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: overflow",
		status(400, 413)),
	badChunks("size of 2^63", "8000000000000000\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: overflow",
		status(400, 413)),
	badChunks("size of 2^63-1", "7fffffffffffffff\r\nhello\r\n0\r\n\r\n", "RFC 9110 15.5.14",
		status(400, 413), house),
	badChunks("size of 2^32+5", "100000005\r\nhello\r\n0\r\n\r\n", "RFC 9110 15.5.14",
		status(400, 413), house),
	badChunks("size of 40 digits", strings.Repeat("f", 40)+"\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 7.1: overflow", status(400, 413)),
	badChunks("size that never ends", strings.Repeat("0", 50000), "RFC 9112 7.1: bounded",
		status(400, 413, 431)),
	badChunks("bare LF after the size", "5\nhello\r\n0\r\n\r\n", "RFC 9112 7.1: CRLF"),
	badChunks("bare LF after the data", "5\r\nhello\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("bare LF after the last size", "5\r\nhello\r\n0\n\r\n", "RFC 9112 7.1"),
	badChunks("bare LF at the end", "5\r\nhello\r\n0\r\n\n", "RFC 9112 7.1"),
	badChunks("bare LF everywhere", "5\nhello\n0\n\n", "RFC 9112 7.1"),
	badChunks("bare CR after the size", "5\rhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("bare CR after the data", "5\r\nhello\r0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("CR CR LF after the size", "5\r\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("CR and another byte at the end", "5\r\nhello\r\n0\r\n\rX", "RFC 9112 7.1"),
	badChunks("nothing after the data", "5\r\nhello0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("data longer than its size", "4\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("data shorter than its size", "6\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("two CRLF after the data", "5\r\nhello\r\n\r\n0\r\n\r\n", "RFC 9112 7.1"),
	badChunks("second size bad", "5\r\nhello\r\nzz\r\n\r\n", "RFC 9112 7.1"),
	badChunks("bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 7.1.1: TERM.EXT"),
	badChunks("bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 7.1.1: EXT.TERM"),
	badChunks("bare LF ends an extension", "5;a\nhello\r\n0\r\n\r\n", "RFC 9112 7.1.1"),
	badChunks("bare LF in a quoted extension", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 7.1.1"),
	badChunks("NUL in an extension", "5;a\x00b\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1.1", house),
	badChunks("control byte in an extension", "5;a\x01b\r\nhello\r\n0\r\n\r\n", "RFC 9112 7.1.1",
		house),
	badChunks("extension of 50000 bytes", "5;"+strings.Repeat("e", 50000)+"\r\nhello\r\n0\r\n\r\n",
		"RFC 9112 7.1.1: bounded", status(400, 413, 431), house),
	badChunks("extension that never ends", "5;"+strings.Repeat("e", 100000),
		"RFC 9112 7.1.1: bounded", status(400, 413, 431), house),
	{
		name: "cut off in the data", why: "RFC 9112 8: incomplete",
		steps: []step{send(chunks("5\r\nhel")), fin}, partial: true, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "cut off before the last chunk", why: "RFC 9112 8: incomplete",
		steps: []step{send(chunks("5\r\nhello\r\n")), fin}, partial: true, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "cut off after the last size", why: "RFC 9112 8: incomplete",
		steps: []step{send(chunks("5\r\nhello\r\n0\r\n")), fin}, partial: true, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "cut off in the size", why: "RFC 9112 8: incomplete",
		steps: []step{send(chunks("5")), fin}, partial: true, end: already,
		checks: []check{refusedOrClosed},
	},
	pass("a request follows",
		chunks("5\r\nhello\r\n0\r\n\r\n")+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"RFC 9112 9.3", answers(200, 200), forwarded(2), seesBody("hello"),
		verify(seesLine(1, "GET /second/{id}"))),
	pass("a request follows an empty body",
		chunks("0\r\n\r\n")+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n", "RFC 9112 9.3",
		answers(200, 200), forwarded(2), seesBody(""), verify(seesLine(1, "GET /second/{id}"))),
}

// trailed is a chunked POST with raw trailer lines.
func trailed(lines string) string { return chunks("5\r\nhello\r\n0\r\n" + lines + "\r\n\r\n") }

// filtered is a trailer that must not get through, by dropping it or by refusing the message.
func filtered(name, lines string) vector {
	field, _, _ := strings.Cut(lines, ":")
	return pass("trailer "+name, trailed(lines),
		"RFC 9110 6.5.1, defaults: no framing, routing or auth fields", seesBody("hello"),
		trailerGone(field), orReject(), partial, house)
}

// ownField has the fields that the head carries anyway.
var ownField = map[string]bool{
	"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true,
	"X-Forwarded-For": true, "X-Forwarded-Host": true, "X-Request-Id": true,
}

func trailerGone(field string) option {
	return verify(func(c *conversation) string {
		r := c.request(0)
		if r.Trailers.Has(field) {
			return "the upstream sees the trailer " + field
		}
		if !ownField[field] && r.Fields.Has(field) {
			return "the trailer became a header: " + field
		}
		return ""
	})
}

// trailers: after the last chunk.
var trailers = []vector{
	pass("one trailer", trailed("X-Checksum: abc"),
		"RFC 9110 6.5: passed on, or dropped, never merged", seesBody("hello"),
		verify(func(c *conversation) string {
			if c.request(0).Fields.Has("X-Checksum") {
				return "the trailer became a header"
			}
			return ""
		})),
	pass("trailer passed on", trailed("X-Checksum: abc"), "gRPC and checksums need them", house,
		seesBody("hello"), verify(func(c *conversation) string {
			if got := c.request(0).Trailers.Get("X-Checksum"); got != "abc" {
				return "the upstream sees no trailer X-Checksum"
			}
			return ""
		})),
	pass("several trailers", trailed("X-A: 1\r\nX-B: 2\r\nX-A: 3"), "RFC 9110 6.5",
		seesBody("hello")),
	pass("trailer with an 8-bit value", trailed("X-A: \xe9"), "RFC 9110 5.5", seesBody("hello")),
	pass("empty trailer value", trailed("X-A:"), "RFC 9110 5.5", seesBody("hello")),
	pass("announced trailer",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"+
			"Trailer: X-A\r\n\r\n5\r\nhello\r\n0\r\nX-A: 1\r\n\r\n", "RFC 9110 6.6.2",
		seesBody("hello")),
	pass("a request follows trailers",
		trailed("X-A: 1")+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n", "RFC 9112 7.1.2",
		answers(200, 200), forwarded(2), verify(seesLine(1, "GET /second/{id}"))),
	filtered("Content-Length", "Content-Length: 5"),
	filtered("Transfer-Encoding", "Transfer-Encoding: chunked"),
	filtered("Host", "Host: evil.test"),
	filtered("Authorization", "Authorization: Basic eDp5"),
	filtered("Proxy-Authorization", "Proxy-Authorization: Basic eDp5"),
	filtered("Cookie", "Cookie: a=b"),
	filtered("Connection", "Connection: close"),
	filtered("Keep-Alive", "Keep-Alive: timeout=5"),
	filtered("TE", "TE: gzip"),
	filtered("Trailer", "Trailer: X-A"),
	filtered("Upgrade", "Upgrade: websocket"),
	filtered("Expect", "Expect: 100-continue"),
	filtered("Content-Encoding", "Content-Encoding: gzip"),
	filtered("Content-Type", "Content-Type: text/plain"),
	filtered("Content-Range", "Content-Range: bytes 0-1/2"),
	filtered("Max-Forwards", "Max-Forwards: 1"),
	filtered("X-Forwarded-For", "X-Forwarded-For: 6.6.6.6"),
	filtered("X-Forwarded-Host", "X-Forwarded-Host: evil.test"),
	filtered("X-Request-Id", "X-Request-Id: evil"),
	badTrailer("fold", "X-A: 1\r\n 2", house),
	badTrailer("bare LF between", "X-A: 1\nX-B: 2", house),
	badTrailer("bare CR in a value", "X-A: 1\r2"),
	badTrailer("space before the colon", "X-A : 1"),
	badTrailer("leading space", " X-A: 1"),
	badTrailer("NUL in a value", "X-A: \x00"),
	badTrailer("control byte in a value", "X-A: \x01", house),
	badTrailer("DEL in a value", "X-A: \x7f", house),
	badTrailer("no colon", "X-A"),
	badTrailer("empty name", ": 1"),
	badTrailer("bad character in a name", "X(A: 1"),
	badTrailer("underscore in a name", "X_A: 1", house),
	badTrailer("40 KB", "X-A: "+strings.Repeat("v", 40<<10), status(400, 413, 431)),
	badTrailer("300 fields", manyFields(300, 3), status(400, 413, 431), house),
	badChunks("trailer that never ends", "5\r\nhello\r\n0\r\nX-A: "+strings.Repeat("v", 60<<10),
		"bounded", status(400, 413, 431)),
	badChunks("trailer line ends in a bare LF", "5\r\nhello\r\n0\r\nX-A: 1\n\r\n", "RFC 9112 7.1.2",
		house),
	badChunks("trailers end in a bare LF", "5\r\nhello\r\n0\r\nX-A: 1\r\n\n", "RFC 9112 7.1.2",
		house),
	{
		name: "cut off in a trailer", why: "RFC 9112 8: incomplete",
		steps: []step{send(chunks("5\r\nhello\r\n0\r\nX-A: 1\r\n")), fin}, partial: true,
		end: already, checks: []check{refusedOrClosed},
	},
}

func badTrailer(name, lines string, opts ...option) vector {
	return badChunks("trailer: "+name, "5\r\nhello\r\n0\r\n"+lines+"\r\n\r\n",
		"RFC 9112 7.1.2: trailers are field lines", opts...)
}

package vectors_test

// body5 is a POST whose framing lines are given, with hello for a body and a second request behind
// it that must never reach the upstream when the framing is refused.
func body5(lines string) string {
	return "POST /{id} HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n\r\nhello"
}

const smuggled = "GET /smuggled/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n"

func goodLength(lines, why string, opts ...option) vector {
	return pass(show(lines), body5(lines), why, append([]option{seesBody("hello")}, opts...)...)
}

func badLength(lines, why string, opts ...option) vector {
	return reject(show(lines), body5(lines)+smuggled, why, opts...)
}

// contentLength: 1*DIGIT, once.
var contentLength = []vector{
	goodLength("Content-Length: 5", "RFC 9112 6.2"),
	goodLength("content-length:5", "RFC 9110 5.1: names have no case"),
	goodLength("CONTENT-LENGTH: 5", "RFC 9110 5.1"),
	goodLength("Content-Length: \t 5 \t ", "RFC 9112 5: OWS"),
	goodLength("Content-Length: 005", "RFC 9110 8.6: 1*DIGIT", orReject()),
	goodLength("Content-Length: 000000000000000000000000000005", "RFC 9110 8.6: 1*DIGIT",
		orReject()),
	goodLength("Content-Length: 5\r\nContent-Length: 5",
		"RFC 9110 8.6: may be made one, or refused", orReject()),
	goodLength("Content-Length: 5\r\ncontent-length: 5\r\nContent-Length: 5", "RFC 9110 8.6",
		orReject()),
	pass("zero", "POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", "RFC 9112 6.3",
		seesBody("")),
	pass("GET with a body", "GET /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 9.3.1: no meaning, but framed", seesBody("hello")),
	pass("DELETE with a body",
		"DELETE /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello", "RFC 9110 9.3.5",
		seesBody("hello")),
	pass("HEAD with a body",
		"HEAD /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello", "RFC 9110 9.3.2",
		seesBody("hello"), methods("HEAD")),
	pass("OPTIONS with a body",
		"OPTIONS /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 9.3.7", seesBody("hello")),
	pass("GET with length zero", "GET /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
		"RFC 9112 6.3", seesBody("")),
	pass("body in two pieces", "", "a body is a stream",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello"),
			send("world")), seesBody("helloworld")),
	pass("body that looks like a request",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 38\r\n\r\n"+
			"GET /smuggled HTTP/1.1\r\nHost: x.test\r\n",
		"RFC 9112 6.3: the body is what the length says",
		seesBody("GET /smuggled HTTP/1.1\r\nHost: x.test\r\n")),
	pass("binary body",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\n\x00\r\n\xff\n\r",
		"a body is bytes", seesBody("\x00\r\n\xff\n\r")),
	badLength("Content-Length:", "RFC 9110 8.6: 1*DIGIT"),
	badLength("Content-Length: +5", "RFC 9110 8.6"),
	badLength("Content-Length: -1", "RFC 9110 8.6"),
	badLength("Content-Length: -5", "RFC 9110 8.6"),
	badLength("Content-Length: -0", "RFC 9110 8.6"),
	badLength("Content-Length: +0", "RFC 9110 8.6"),
	badLength("Content-Length: 0x5", "RFC 9110 8.6"),
	badLength("Content-Length: 5h", "RFC 9110 8.6"),
	badLength("Content-Length: five", "RFC 9110 8.6"),
	badLength("Content-Length: 5.0", "RFC 9110 8.6"),
	badLength("Content-Length: 5e0", "RFC 9110 8.6"),
	badLength("Content-Length: 0b101", "RFC 9110 8.6"),
	badLength("Content-Length: 5_0", "RFC 9110 8.6"),
	badLength("Content-Length: 5;", "RFC 9110 8.6"),
	badLength("Content-Length: \"5\"", "RFC 9110 8.6"),
	badLength("Content-Length: 5 5", "RFC 9110 8.6"),
	badLength("Content-Length: 5\t5", "RFC 9110 8.6"),
	badLength("Content-Length: 5 6", "RFC 9110 8.6"),
	badLength("Content-Length: 5,5", "RFC 9110 8.6 lets it be made one; here 1*DIGIT only", house),
	badLength("Content-Length: 5, 5", "RFC 9110 8.6", house),
	badLength("Content-Length: 5, 6", "RFC 9110 8.6"),
	badLength("Content-Length: 6, 5", "RFC 9110 8.6"),
	badLength("Content-Length: 5,", "RFC 9110 8.6"),
	badLength("Content-Length: ,5", "RFC 9110 8.6"),
	badLength("Content-Length: \v5", "RFC 9110 8.6"),
	badLength("Content-Length: 5\v", "RFC 9110 8.6"),
	badLength("Content-Length: 5\x00", "RFC 9110 8.6"),
	badLength("Content-Length: \xa05", "RFC 9110 8.6"),
	badLength("Content-Length: \xd9\xa5", "RFC 9110 8.6: ASCII digits, not Arabic ones"),
	badLength("Content-Length: \xef\xbc\x95", "RFC 9110 8.6: ASCII digits, not wide ones"),
	badLength("Content-Length: 18446744073709551621", "RFC 9110 8.6: 2^64+5 wraps to 5",
		status(400, 413)),
	badLength("Content-Length: 9223372036854775808", "RFC 9110 8.6: 2^63", status(400, 413)),
	badLength("Content-Length: 9223372036854775807", "RFC 9110 15.5.14: 2^63-1", status(400, 413),
		house),
	badLength("Content-Length: 4294967301", "RFC 9110 15.5.14: 2^32+5", status(400, 413), house),
	badLength("Content-Length: 99999999999999999999999999", "RFC 9110 8.6", status(400, 413)),
	badLength("Content-Length: 5\r\nContent-Length: 6", "RFC 9112 6.3: unrecoverable"),
	badLength("Content-Length: 6\r\nContent-Length: 5", "RFC 9112 6.3"),
	badLength("Content-Length: 5\r\nContent-Length: 0", "RFC 9112 6.3"),
	badLength("Content-Length: 0\r\nX-A: 1\r\ncontent-length: 5",
		"RFC 9112 6.3: apart and in other case"),
	badLength("Content-Length: 5\r\nContent-Length:", "RFC 9112 6.3"),
	badLength("Content-Length:\r\nContent-Length: 5", "RFC 9112 6.3"),
	badLength("Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 6", "RFC 9112 6.3"),
	badLength("Content-Length: 5\r\nContent-Length: 05",
		"RFC 9112 6.3: equal numbers, different strings", house, func(v *vector) {
			*v = goodLength("Content-Length: 5\r\nContent-Length: 05", v.why, orReject())
		}),
	badLength("Content-Length: 5\r\nContent-Length: +5", "RFC 9112 6.3"),
	badLength("Content-Length : 5", "RFC 9112 5.1"),
	badLength("Content-Length\t: 5", "RFC 9112 5.1"),
	badLength("Content-Length\v: 5", "RFC 9112 5.1"),
	badLength("Content-Length: 5\r\n Content-Length: 6", "RFC 9112 5.2: fold"),
	badLength("Content-Length:\r\n 5", "RFC 9112 5.2: fold", house),
	badLength("Content-Length: \r\n\t5", "RFC 9112 5.2: fold", house),
	badLength("Content-Length: 5\r\nContent_Length: 6", "defaults: underscore", house),
	badLength("Content-Length: 5\nContent-Length: 6", "RFC 9112 2.2"),
	badLength("Content-Length: 5\rContent-Length: 6", "RFC 9112 2.2"),
	{
		name: "body cut off", why: "RFC 9112 8: an incomplete request is never whole",
		steps: []step{
			send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50\r\n\r\nhello"), fin,
		}, partial: true, end: already, checks: []check{refusedOrClosed},
	},
	{
		name: "body cut off by one byte", why: "RFC 9112 8",
		steps: []step{
			send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\nhello"), fin,
		}, partial: true, end: already, checks: []check{refusedOrClosed},
	},
	pass("bytes after the body are the next request",
		body5("Content-Length: 5")+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"RFC 9112 9.3", answers(200, 200), forwarded(2), seesBody("hello"),
		verify(seesLine(1, "GET /second/{id}"))),
	pass("length zero and then a request",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"+
			"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n", "RFC 9112 9.3", answers(200, 200),
		forwarded(2), seesBody(""), verify(seesLine(1, "GET /second/{id}"))),
}

// bothLengths: Transfer-Encoding and Content-Length in one message.
var bothLengths = []vector{
	badBoth("Content-Length: 5\r\nTransfer-Encoding: chunked", "CL.TE"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: 5", "TE.CL"),
	badBoth("Content-Length: 0\r\nTransfer-Encoding: chunked", "CL.TE with zero"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: 0", "TE.CL with zero"),
	badBoth("Content-Length: 15\r\nTransfer-Encoding: chunked", "both right is still both"),
	badBoth("Transfer-Encoding: chunked\r\nX-A: 1\r\nContent-Length: 5", "apart"),
	badBoth("transfer-encoding: CHUNKED\r\ncontent-length: 5", "other case"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: abc", "one of them bad"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: -1", "one of them bad"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length:", "one of them empty"),
	badBoth("Transfer-Encoding:\r\nContent-Length: 5", "one of them empty"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 5", "three"),
	badBoth("Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 6", "three"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: identity", "identity is gone since RFC 7230"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: gzip", "unknown coding"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: gzip, chunked", "more codings"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: xchunked", "obfuscated"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: \vchunked", "obfuscated"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: chunked\x00", "obfuscated"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: \"chunked\"", "obfuscated"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding : chunked", "obfuscated"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding\t: chunked", "obfuscated"),
	badBoth("Content-Length: 5\r\n Transfer-Encoding: chunked", "obfuscated by a fold"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding:\r\n chunked", "obfuscated by a fold"),
	badBoth("Content-Length: 5\r\nX-A: 1\nTransfer-Encoding: chunked", "obfuscated by a bare LF"),
	badBoth("Content-Length: 5\r\nX-A: 1\rTransfer-Encoding: chunked", "obfuscated by a bare CR"),
	badBoth("Content-Length: 5\r\nTransfer_Encoding: chunked", "obfuscated by an underscore",
		house),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity",
		"two TE lines"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: Content-Length",
		"Connection is no way out"),
	badBoth("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
		"Connection is no way out"),
	reject("both on a GET",
		"GET /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RFC 9112 6.1", house),
	reject("both on 1.0",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nContent-Length: 5\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RFC 9112 6.1", house),
	reject("both and keep-alive",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive\r\nContent-Length: 5\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RFC 9112 6.1", house),
}

// badBoth: RFC 9112 6.1 lets a server prefer Transfer-Encoding and close; we refuse (defaults), so
// plain cases are our own rule and rivals are not asked.
func badBoth(lines, why string, opts ...option) vector {
	v := reject(show(lines),
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\n"+lines+"\r\n\r\n0\r\n\r\n"+smuggled,
		"RFC 9112 6.1, 11.2: "+why, opts...)
	v.answers, v.house = [][]int{{400, 501}}, true
	return v
}

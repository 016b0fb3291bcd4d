package vectors_test

// chunked is a POST with the framing lines given and hello in one chunk.
func chunkedWith(lines string) string {
	return "POST /{id} HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
}

func goodTE(lines, why string, opts ...option) vector {
	return pass(show(lines), chunkedWith(lines), why,
		append([]option{seesBody("hello")}, opts...)...)
}

// badTE is refused with 400, or 501 as RFC 9112 6.1 has it for a coding that is not known; what
// follows must not become a request.
func badTE(lines, why string, opts ...option) vector {
	return reject(show(lines), chunkedWith(lines)+smuggled, why,
		append([]option{unknownCoding}, opts...)...)
}

func badCoding(value string, opts ...option) vector {
	return badTE("Transfer-Encoding: "+value, "RFC 9112 6.1: exactly chunked", opts...)
}

// transferEncoding: exactly "chunked", once, in any case of letters.
var transferEncoding = []vector{
	goodTE("Transfer-Encoding: chunked", "RFC 9112 7.1"),
	goodTE("transfer-encoding:chunked", "RFC 9110 5.1"),
	goodTE("TRANSFER-ENCODING: CHUNKED", "RFC 9112 7: coding names have no case"),
	goodTE("Transfer-Encoding: Chunked", "RFC 9112 7"),
	goodTE("Transfer-Encoding: cHuNkEd", "RFC 9112 7"),
	goodTE("Transfer-Encoding:   chunked  ", "RFC 9112 5: OWS"),
	goodTE("Transfer-Encoding:\tchunked\t", "RFC 9112 5: OWS"),
	pass("chunked on a GET",
		"GET /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"hello\r\n0\r\n\r\n", "RFC 9112 6.1", seesBody("hello")),
	pass("chunked and empty on a GET",
		"GET /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"RFC 9112 6.1", seesBody("")),
	pass("chunked on a DELETE",
		"DELETE /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"hello\r\n0\r\n\r\n", "RFC 9112 6.1", seesBody("hello")),
	pass("chunked on a HEAD",
		"HEAD /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"hello\r\n0\r\n\r\n", "RFC 9112 6.1", seesBody("hello"), methods("HEAD")),
	pass("a field of a similar name",
		fields("Transfer-Encodin: chunked\r\nX-Transfer-Encoding: chunked"),
		"RFC 9110 5.1: another name", seesField("X-Transfer-Encoding", "chunked"), seesBody("")),
	pass("Content-Encoding is no framing",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Encoding: chunked\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 8.4", seesBody("hello"),
		seesField("Content-Encoding", "chunked")),
	badCoding(""),
	badCoding("xchunked"),
	badCoding("chunkedx"),
	badCoding("x-chunked"),
	badCoding("chunked-x"),
	badCoding("chunk"),
	badCoding("chunkedchunked"),
	badCoding("chunked chunked"),
	badCoding("chunked foo"),
	badCoding("foo chunked"),
	badCoding("chu nked"),
	badCoding("\"chunked\""),
	badCoding("'chunked'"),
	badCoding("(chunked)"),
	badCoding("[chunked]"),
	badCoding("{chunked}"),
	badCoding("chunked;"),
	badCoding("chunked;q=1"),
	badCoding("chunked; foo=bar"),
	badCoding("chunked=1"),
	badCoding("chunked:"),
	badCoding(":chunked"),
	badCoding("chunked,chunked"),
	badCoding("chunked, chunked"),
	badCoding("chunked,", house),  // RFC 9110 5.6.1 lets a reader skip the empty element
	badCoding("chunked ,", house), // RFC 9110 5.6.1 lets a reader skip the empty element
	badCoding(",chunked", house),  // RFC 9110 5.6.1 lets a reader skip the empty element
	badCoding(", chunked", house), // RFC 9110 5.6.1 lets a reader skip the empty element
	badCoding(","),
	badCoding("gzip"),
	badCoding("gzip, chunked"),
	badCoding("gzip,chunked"),
	badCoding("deflate, chunked"),
	badCoding("chunked, gzip"),
	badCoding("identity"),
	badCoding("identity, chunked"),
	badCoding("chunked, identity"),
	reject("a coding that is not supported",
		chunkedWith("Transfer-Encoding: gzip, chunked")+smuggled, "RFC 9112 6.1: 501", status(501),
		code("GW_NOT_IMPLEMENTED"), house),
	badCoding("cow"),
	badCoding("cow, chunked"),
	badCoding("chunked, cow"),
	badCoding("trailers"),
	badCoding("\vchunked"),
	badCoding("chunked\v"),
	badCoding("\fchunked"),
	badCoding("\x00chunked"),
	badCoding("chunked\x00"),
	badCoding("ch\x00unked"),
	badCoding("\x08chunked"),
	badCoding("chunked\x1f"),
	badCoding("chunked\x7f"),
	badCoding("\xa0chunked"),
	badCoding("\xc2\xa0chunked"),
	badCoding("chunked\xff"),
	badCoding("chun\xe2\x84\xaaed"), // KELVIN SIGN, which Unicode folds to k
	badCoding("\xef\xbd\x83hunked"),
	badCoding("chunked\\"),
	badCoding("%63hunked"),
	badCoding("chunked\r"),
	badTE("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "RFC 9112 6.1: once", house),
	badTE("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked", "RFC 9112 6.1: once"),
	badTE("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "RFC 9112 6.1"),
	badTE("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "RFC 9112 6.1"),
	badTE("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "RFC 9112 6.1"),
	badTE("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", "RFC 9112 6.1"),
	badTE("Transfer-Encoding: chunked\r\nTransfer-Encoding:", "RFC 9112 6.1", house),
	badTE("Transfer-Encoding:\r\nTransfer-Encoding: chunked", "RFC 9112 6.1", house),
	badTE("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", "RFC 9112 6.1"),
	badTE("Transfer-Encoding : chunked", "RFC 9112 5.1"),
	badTE("Transfer-Encoding\t: chunked", "RFC 9112 5.1"),
	badTE("Transfer-Encoding\v: chunked", "RFC 9112 5.1"),
	badTE("Transfer-Encoding\x00: chunked", "RFC 9110 5.1"),
	badTE("\x00Transfer-Encoding: chunked", "RFC 9110 5.1"),
	badTE(" Transfer-Encoding: chunked", "RFC 9112 5.2", house),
	badTE("\tTransfer-Encoding: chunked", "RFC 9112 5.2", house),
	badTE("X-A: 1\r\n Transfer-Encoding: chunked", "RFC 9112 5.2", house),
	badTE("Transfer-Encoding:\r\n chunked", "RFC 9112 5.2", house),
	badTE("Transfer-Encoding: chunked\r\n , identity", "RFC 9112 5.2", house),
	badTE("Transfer-Encoding:\nchunked", "RFC 9112 2.2"),
	badTE("X-A: 1\nTransfer-Encoding: chunked", "RFC 9112 2.2", house),
	badTE("X-A: 1\rTransfer-Encoding: chunked", "RFC 9112 2.2"),
	badTE("\rTransfer-Encoding: chunked", "RFC 9112 2.2"),
	badTE("\nTransfer-Encoding: chunked", "RFC 9112 2.2", house),
	badTE("Transfer_Encoding: chunked", "defaults: underscore", house),
	badTE("Transfer Encoding: chunked", "RFC 9110 5.1"),
	badTE("Transfer-Encoding", "RFC 9112 5"),
	badTE("Transfer-Encoding chunked", "RFC 9112 5"),
	badTE("Transfer-Encoding=chunked", "RFC 9112 5"),
	badTE("Transfer-Encoding\\: chunked", "RFC 9110 5.1"),
	badTE("Transfer-Encoding;: chunked", "RFC 9110 5.1"),
	badTE("\"Transfer-Encoding\": chunked", "RFC 9110 5.1"),
	reject("chunked on 1.0",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"hello\r\n0\r\n\r\n", "RFC 9112 6.1: faulty framing", house),
	reject("chunked and keep-alive on 1.0",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"+smuggled, "RFC 9112 6.1",
		house),
	reject("identity on 1.0",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: identity\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9112 6.1", unknownCoding, house),
}

package vectors_test

import (
	"fmt"
	"strings"
)

// fields is a GET with the given raw lines after Host.
func fields(lines string) string {
	return "GET /{id} HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n\r\n"
}

// headerSyntax: field lines.
var headerSyntax = append([]vector{
	reject("bare LF ends a line", "GET /{id} HTTP/1.1\r\nHost: a.test\r\nX-A: 1\nX-B: 2\r\n\r\n",
		"RFC 9112 2.2 lets a reader take it; two readers then differ", house),
	reject("bare LF ends the head", "GET /{id} HTTP/1.1\r\nHost: a.test\r\n\n",
		"RFC 9112 2.2: readers differ", house),
	reject("bare LF ends the last line", "GET /{id} HTTP/1.1\r\nHost: a.test\n\r\n",
		"RFC 9112 2.2: readers differ",
		house),
	reject("bare LF everywhere", "GET /{id} HTTP/1.1\nHost: a.test\n\n",
		"RFC 9112 2.2: readers differ", house),
	reject("bare LF hides a field", fields("X-A: 1\nTransfer-Encoding: chunked"),
		"RFC 9112 2.2: readers differ",
		house),
	reject("bare CR in a value", fields("X-A: 1\r2"), "RFC 9110 5.5"),
	reject("bare CR hides a field", fields("X-A: 1\rTransfer-Encoding: chunked"), "RFC 9112 2.2"),
	reject("bare CR before CRLF", fields("X-A: 1\r"), "RFC 9112 2.2"),
	reject("bare CR in a name", fields("X-\rA: 1"), "RFC 9110 5.1"),
	reject("bare CR on its own line", fields("\rX-A: 1"), "RFC 9112 2.2"),
	reject("CR CR LF ends the head", "GET /{id} HTTP/1.1\r\nHost: a.test\r\n\r\r\n\r\n",
		"RFC 9112 2.2"),
	reject("fold with a space", fields("X-A: 1\r\n 2"), "RFC 9112 5.2: 400 or joined; here 400",
		house),
	reject("fold with a tab", fields("X-A: 1\r\n\t2"), "RFC 9112 5.2", house),
	reject("fold of nothing", fields("X-A: 1\r\n "), "RFC 9112 5.2", house),
	reject("fold hides a field", fields("X-A: 1\r\n Transfer-Encoding: chunked"), "RFC 9112 5.2",
		house),
	reject("fold before the first field", "GET /{id} HTTP/1.1\r\n X-A: 1\r\nHost: a.test\r\n\r\n",
		"RFC 9112 2.2: space before the first field"),
	reject("tab before the first field", "GET /{id} HTTP/1.1\r\n\tX-A: 1\r\nHost: a.test\r\n\r\n",
		"RFC 9112 2.2"),
	reject("first field is white space", "GET /{id} HTTP/1.1\r\n \r\nHost: a.test\r\n\r\n",
		"RFC 9112 2.2"),
	reject("Host after a leading space", "GET /{id} HTTP/1.1\r\n Host: a.test\r\n\r\n",
		"RFC 9112 2.2"),
	reject("space before the colon", fields("X-A : 1"), "RFC 9112 5.1: 400"),
	reject("tab before the colon", fields("X-A\t: 1"), "RFC 9112 5.1: 400"),
	reject("vertical tab before the colon", fields("X-A\v: 1"), "RFC 9112 5.1"),
	reject("no colon", fields("X-A"), "RFC 9112 5"),
	reject("no colon but a value", fields("X-A 1"), "RFC 9112 5"),
	reject("only a colon", fields(":"), "RFC 9110 5.1: a name has a character"),
	reject("empty name", fields(": 1"), "RFC 9110 5.1"),
	reject("name of a space", fields(" : 1"), "RFC 9112 5.2: a fold, or no name", house),
	reject("8-bit name", fields("X-\xc3\xa9: 1"), "RFC 9110 5.1"),
	reject("NUL in a name", fields("X\x00A: 1"), "RFC 9110 5.1"),
	reject("DEL in a name", fields("X\x7fA: 1"), "RFC 9110 5.1"),
	reject("underscore in a name", fields("X_A: 1"),
		"defaults: CGI reads _ as -, so X_A could pass for X-A", house),
	reject("underscore in Content_Length", fields("Content_Length: 5"), "defaults", house),
	pass("all other token characters", fields("X!#$%&'*+-.^`|~09azAZ: 1"), "RFC 9110 5.6.2",
		seesField("X!#$%&'*+-.^`|~09azAZ", "1")),
	pass("name of digits", fields("123: 1"), "RFC 9110 5.6.2", seesField("123", "1")),
	pass("name of 200 bytes", fields("X-"+strings.Repeat("n", 198)+": 1"), "RFC 9110 5.4",
		seesField("X-"+strings.Repeat("n", 198), "1")),
	pass("Latin-1 value", fields("X-A: caf\xe9"), "RFC 9110 5.5: obs-text is opaque",
		seesField("X-A", "caf\xe9")),
	pass("UTF-8 value", fields("X-A: caf\xc3\xa9"), "RFC 9110 5.5",
		seesField("X-A", "caf\xc3\xa9")),
	pass("bytes 80 and FF in a value", fields("X-A: \x80\xff"), "RFC 9110 5.5",
		seesField("X-A", "\x80\xff")),
	pass("tab inside a value", fields("X-A: a\tb"), "RFC 9110 5.5: HTAB is allowed",
		seesField("X-A", "a\tb")),
	pass("empty value", fields("X-A:"), "RFC 9110 5.5: the field is there", seesField("X-A", "")),
	pass("value of spaces", fields("X-A:   \t "), "RFC 9112 5: OWS is no value",
		seesField("X-A", "")),
	pass("spaces around", fields("X-A: \t  1 2  \t"), "RFC 9112 5", seesField("X-A", "1 2")),
	pass("no space after the colon", fields("X-A:1"), "RFC 9112 5", seesField("X-A", "1")),
	pass("colons in a value", fields("X-A: a:b::c"), "RFC 9112 5: the first colon ends the name",
		seesField("X-A", "a:b::c")),
	pass("field twice, in order", fields("X-A: 1\r\nX-B: 0\r\nX-A: 2"), "RFC 9110 5.3",
		seesField("X-A", "1", "2")),
	pass("cookie twice", fields("Cookie: a=1\r\nCookie: b=2"), "RFC 9110 5.3",
		verify(func(c *conversation) string {
			got := strings.Join(c.request(0).Fields.Values("Cookie"), "; ")
			if got != "a=1; b=2" {
				return "the upstream sees Cookie: " + got
			}
			return ""
		})),
	pass("quotes and specials", fields("X-A: \"a\\\"b\", <c>; d=(e)"), "RFC 9110 5.5: opaque",
		seesField("X-A", "\"a\\\"b\", <c>; d=(e)")),
	pass("value of 8000 bytes", fields("X-A: "+strings.Repeat("v", 8000)), "RFC 9110 5.4",
		seesField("X-A", strings.Repeat("v", 8000))),
	pass("Authorization is passed on", fields("Authorization: Bearer abc"), "RFC 9110 11.6.2",
		seesField("Authorization", "Bearer abc")),
	pass("Range and conditions are passed on",
		fields("Range: bytes=0-1\r\nIf-None-Match: \"x\"\r\n"+
			"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"), "RFC 9110 13: end to end",
		seesField("Range", "bytes=0-1"), seesField("If-None-Match", "\"x\"")),
	pass("Accept-Encoding is passed on", fields("Accept-Encoding: gzip, br"),
		"RFC 9110 12.5.3: never invented, never dropped", seesField("Accept-Encoding", "gzip, br")),
	pass("User-Agent is not invented", fields("X-A: 1"), "a proxy adds what it must, no more",
		lacks("User-Agent", "Accept-Encoding", "Accept")),
	pass("Referer, Origin and Date are passed on",
		fields("Referer: http://x/\r\nOrigin: null\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT"),
		"RFC 9110: end to end", seesField("Referer", "http://x/"), seesField("Origin", "null"),
		seesField("Date", "Thu, 01 Jan 1970 00:00:00 GMT")),
	{
		name: "head cut off after the request line", why: "RFC 9112 8: incomplete",
		steps: []step{send("GET /{id} HTTP/1.1\r\n"), fin}, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "head cut off in a field", why: "RFC 9112 8: incomplete",
		steps: []step{send("GET /{id} HTTP/1.1\r\nHost: a.te"), fin}, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "head cut off before the last LF", why: "RFC 9112 8: incomplete",
		steps: []step{send("GET /{id} HTTP/1.1\r\nHost: a.test\r\n\r"), fin}, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "nothing is sent", why: "a port scan is no error", steps: []step{fin}, end: already,
		checks: []check{refusedOrClosed},
	},
	{
		name: "half-close after the request", why: "RFC 9112 9.6: the answer is still due",
		steps: []step{send(fields("X-A: 1")), fin}, answers: [][]int{{200}}, end: closes,
		forwarded: 1,
	},
}, badBytes()...)

// badBytes has every control byte in a value, and every separator in a name.
func badBytes() []vector {
	var vs []vector
	for b := byte(0); b < 0x20; b++ {
		if b == '\t' || b == '\n' || b == '\r' {
			continue
		}
		v := reject(fmt.Sprintf("byte %02X in a value", b), fields("X-A: a"+string(rune(b))+"b"),
			"RFC 9110 5.5: no CTL in a value")
		v.house = b != 0 // the RFC leaves the others to the recipient
		vs = append(vs, v)
	}
	vs = append(vs, reject("byte 7F in a value", fields("X-A: a\x7fb"), "RFC 9110 5.5", house))
	for _, b := range "(),/;<=>?@[\\]{}\" " {
		vs = append(vs,
			reject(fmt.Sprintf("%q in a name", b), fields("X"+string(b)+"A: 1"),
				"RFC 9110 5.6.2: not a token"))
	}
	return vs
}

// refusedOrClosed accepts an answer that blames the client, or a close without one.
func refusedOrClosed(c *conversation) string {
	r, err := c.client.Response("GET")
	if err != nil {
		if isHang(err) {
			return "hangs"
		}
		return ""
	}
	if r.Status < 400 || r.Status >= 500 {
		return fmt.Sprintf("an incomplete request is answered %d", r.Status)
	}
	if err := c.client.ExpectClose(); err != nil {
		return err.Error()
	}
	return ""
}

// limits: how much is too much.
var limits = []vector{
	pass("30 KB of fields", fields(manyFields(30, 1000)), "the limit is 32 KiB", house),
	reject("40 KB in one field", fields("X-A: "+strings.Repeat("v", 40<<10)), "RFC 6585 5: 431",
		status(431)),
	reject("40 KB in a name", fields(strings.Repeat("n", 40<<10)+": 1"), "RFC 6585 5: 431",
		status(431, 400)),
	reject("40 KB in forty fields", fields(manyFields(40, 1000)), "RFC 6585 5: 431", status(431)),
	reject("1 MB of fields", fields(manyFields(1000, 1000)), "RFC 6585 5: 431", status(431)),
	reject("a field that never ends",
		"GET /{id} HTTP/1.1\r\nHost: a.test\r\nX-A: "+strings.Repeat("v", 60<<10),
		"the limit does not wait for the line's end", status(431)),
	pass("90 fields", fields(manyFields(90, 10)), "the limit is 100"),
	reject("101 fields and more", fields(manyFields(105, 10)), "defaults: 100, 431", status(431),
		house),
	reject("300 fields", fields(manyFields(300, 10)), "RFC 6585 5: 431", status(431), house),
	reject("3000 fields", fields(manyFields(3000, 3)), "RFC 6585 5: 431", status(431), house),
	pass("body at the route's limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n"+
			strings.Repeat("b", 1000), "max_body_bytes: 1000", seesBody(strings.Repeat("b", 1000)),
		house),
	reject("body over the route's limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1001\r\n\r\n"+
			strings.Repeat("b", 1001), "RFC 9110 15.5.14: 413", tooLarge, house),
	reject("announced body over the route's limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1001\r\n\r\n",
		"413 needs no body", tooLarge, ends(closes), house),
	pass("chunked body at the route's limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n"+
			strings.Repeat("b", 1000)+"\r\n0\r\n\r\n", "max_body_bytes: 1000",
		seesBody(strings.Repeat("b", 1000)), house),
	reject("chunked body over the route's limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"+
			strings.Repeat("b", 1001)+"\r\n0\r\n\r\n", "413, not 502, though part has left",
		tooLarge, ends(closes), partial, house),
	reject("chunked body over the limit in small chunks",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"+
			strings.Repeat("64\r\n"+strings.Repeat("b", 100)+"\r\n", 11)+"0\r\n\r\n", "413",
		tooLarge, ends(closes), partial, house),
	reject("body limit behind dots",
		"POST /x/../small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1001\r\n\r\n",
		"matched after normalising", tooLarge, ends(closes), house),
	reject("announced body over 10 MiB",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10485761\r\n\r\n",
		"defaults: 10 MiB", tooLarge, ends(closes), house),
	reject("chunk over 10 MiB announced",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\na00001\r\nabc",
		"defaults: 10 MiB; the size line tells enough", tooLarge, ends(closes), partial, house),
	reject("Expect and a body over the limit",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5000\r\n"+
			"Expect: 100-continue\r\n\r\n", "RFC 9110 10.1.1: the final answer instead of 100",
		tooLarge, ends(anyEnd), interim(), house),
}

func manyFields(n, size int) string {
	var ls []string
	for i := range n {
		ls = append(ls, fmt.Sprintf("X-%d: %s", i, strings.Repeat("v", size)))
	}
	return strings.Join(ls, "\r\n")
}

package vectors_test

import (
	"strconv"
	"strings"
)

// hosted is a request whose Host lines are given.
func hosted(lines string) string { return "GET /{id} HTTP/1.1\r\n" + lines + "\r\n\r\n" }

// goodHost and badHost are about one value of Host.
func goodHost(value, why string, opts ...option) vector {
	return pass("host "+show(value), hosted("Host: "+value), why,
		append([]option{seesField("Host", strings.Trim(value, " \t"))}, opts...)...)
}

func badHost(value, why string, opts ...option) vector {
	return reject("host "+show(value), hosted("Host: "+value), why, opts...)
}

// hostAuthority: the host that a request is for has to be named, once and clearly.
var hostAuthority = []vector{
	reject("no Host on 1.1", "GET /{id} HTTP/1.1\r\nX-Vec: {id}\r\n\r\n", "RFC 9112 3.2: 400"),
	reject("two Hosts", hosted("Host: a.test\r\nHost: b.test"), "RFC 9112 3.2: 400"),
	reject("two equal Hosts", hosted("Host: a.test\r\nHost: a.test"),
		"RFC 9112 3.2: more than one is 400"),
	reject("two Hosts apart and in other case", hosted("Host: a.test\r\nX-A: 1\r\nhOST: a.test"),
		"RFC 9112 3.2"),
	reject("two Hosts, the first empty", hosted("Host:\r\nHost: a.test"), "RFC 9112 3.2"),
	reject("Host empty", hosted("Host:"), "RFC 9110 4.2.1: an http URI has a host"),
	reject("Host of spaces", hosted("Host:   "), "RFC 9110 4.2.1"),
	reject("space before the colon", hosted("Host : a.test"), "RFC 9112 5.1"),
	reject("tab before the colon", hosted("Host\t: a.test"), "RFC 9112 5.1"),
	reject("folded Host", hosted("Host:\r\n a.test"), "RFC 9112 5.2", house),
	reject("second Host in a fold", hosted("Host: a.test\r\n Host: b.test"), "RFC 9112 5.2", house),
	pass("name in lower case", hosted("host: a.test"), "RFC 9110 5.1", seesField("Host", "a.test")),
	pass("name in capitals, no space", hosted("HOST:a.test"), "RFC 9112 5",
		seesField("Host", "a.test")),
	pass("tabs around", hosted("Host:\ta.test\t"), "RFC 9112 5: OWS", seesField("Host", "a.test")),
	pass("Host is not first", hosted("X-A: 1\r\nHost: a.test"), "RFC 9110 5.3: order is free",
		seesField("X-A", "1"), seesField("Host", "a.test")),

	goodHost("a.test:80", "RFC 9110 7.2: host and port"),
	goodHost("a.test:8080", "RFC 9110 7.2"),
	goodHost("127.0.0.1", "RFC 3986 3.2.2"),
	goodHost("127.0.0.1:8080", "RFC 3986 3.2.2"),
	goodHost("[::1]", "RFC 3986 3.2.2: IP-literal"),
	goodHost("[::1]:8080", "RFC 3986 3.2.2"),
	goodHost("a_b.test", "RFC 3986 3.2.2: a reg-name may have underscores"),
	goodHost("localhost", "RFC 3986 3.2.2"),
	goodHost("xn--bcher-kva.test", "RFC 3986 3.2.2"),
	pass("host A.TEST", hosted("Host: A.TEST"), "RFC 3986 3.2.2: hosts have no case"),
	pass("host a.test.", hosted("Host: a.test."), "RFC 3986 3.2.2: the root dot", orReject()),
	pass("host with an empty port", hosted("Host: a.test:"),
		"RFC 3986 3.2.3: the port may be empty", orReject()),
	pass("host with port 0", hosted("Host: a.test:0"), "RFC 3986 3.2.3", orReject()),
	pass("host with two dots", hosted("Host: a..test"), "RFC 3986 3.2.2 allows it, DNS does not",
		orReject()),
	pass("host percent-encoded", hosted("Host: %61.test"), "RFC 3986 3.2.2 allows it", orReject()),
	pass("host of 300 bytes", hosted("Host: "+strings.Repeat("a", 296)+".com"),
		"RFC 3986 3.2.2: longer than DNS", orReject()),
	badHost("a.test:abc", "RFC 3986 3.2.3: digits"),
	badHost("a.test:-1", "RFC 3986 3.2.3"),
	badHost("a.test:+80", "RFC 3986 3.2.3"),
	badHost("a.test:80:80", "RFC 3986 3.2.3"),
	badHost("a.test:80 ", "trailing white space is no part of the value", func(v *vector) {
		*v = pass("host with a space after it", hosted("Host: a.test:80 "), "RFC 9112 5: OWS",
			seesField("Host", "a.test:80"))
	}),
	badHost("a.test: 80", "RFC 3986 3.2.3"),
	badHost("a.test:999999", "no such port", house),
	badHost(":80", "RFC 9110 4.2.1: no host"),
	badHost("user@a.test", "RFC 9110 7.2: no userinfo"),
	badHost("user:pw@a.test", "RFC 9110 7.2: no userinfo"),
	badHost("@a.test", "RFC 9110 7.2: no userinfo"),
	badHost("a.test/x", "RFC 9110 7.2: uri-host only"),
	badHost("/", "RFC 9110 7.2"),
	badHost("a.test?x", "RFC 9110 7.2"),
	badHost("a.test#x", "RFC 9110 7.2"),
	badHost("http://a.test", "RFC 9110 7.2"),
	badHost("a b.test", "RFC 3986 3.2.2"),
	badHost("a\tb.test", "RFC 3986 3.2.2"),
	badHost("a.test, b.test", "RFC 9112 3.2: one host"),
	badHost("a.test,b.test", "RFC 9112 3.2: a comma is a sub-delim, yet two names here", house),
	badHost("a.test b.test", "RFC 9112 3.2"),
	badHost("a\x00.test", "RFC 9110 5.5"),
	badHost("a\x01.test", "RFC 9110 5.5"),
	badHost("a\x7f.test", "RFC 9110 5.5"),
	badHost("b\xfccher.test", "RFC 3986 3.2.2: ASCII"),
	badHost("b\xc3\xbccher.test", "RFC 3986 3.2.2: ASCII"),
	badHost("a.test\\", "RFC 3986 3.2.2"),
	badHost("<a.test>", "RFC 3986 3.2.2"),
	badHost("\"a.test\"", "RFC 3986 3.2.2"),
	badHost("a^b.test", "RFC 3986 3.2.2"),
	badHost("a|b.test", "RFC 3986 3.2.2"),
	badHost("{a}.test", "RFC 3986 3.2.2"),
	badHost("a%zz.test", "RFC 3986 2.1"),
	badHost("[::1", "RFC 3986 3.2.2"),
	badHost("::1", "RFC 3986 3.2.2: brackets"),
	badHost("[zz]", "RFC 3986 3.2.2"),
	badHost("[]", "RFC 3986 3.2.2"),
	badHost("[::1]x", "RFC 3986 3.2.2"),
	badHost("[::1]80", "RFC 3986 3.2.2"),
	badHost("a[::1]", "RFC 3986 3.2.2"),

	pass("absolute form overrules Host", "GET http://b.test/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"RFC 9112 3.2.2: absolute wins and Host is rewritten; refusing is as safe",
		sees("GET /{id}"), seesField("Host", "b.test"), orReject()),
	pass("absolute form overrules Host's port",
		"GET http://a.test:8080/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n", "RFC 9112 3.2.2",
		seesField("Host", "a.test:8080"), orReject()),
	pass("absolute form is what is routed",
		"GET http://only.test/hosted/{id} HTTP/1.1\r\nHost: only.test\r\n\r\n", "RFC 9112 3.2.2",
		sees("GET /hosted/{id}")),
	pass("absolute form, Host empty", "GET http://a.test/{id} HTTP/1.1\r\nHost:\r\n\r\n",
		"RFC 9112 3.2.2: Host is ignored, yet must be valid", seesField("Host", "a.test"),
		orReject()),
	reject("absolute form without Host", "GET http://a.test/{id} HTTP/1.1\r\nX-Vec: {id}\r\n\r\n",
		"RFC 9112 3.2: Host is needed even so"),
	reject("absolute form with two Hosts",
		"GET http://a.test/{id} HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n", "RFC 9112 3.2"),
	reject("absolute form with a bad Host", "GET http://a.test/{id} HTTP/1.1\r\nHost: a b\r\n\r\n",
		"RFC 9112 3.2"),
	pass("absolute form on 1.0 without Host", "GET http://a.test/{id} HTTP/1.0\r\n\r\n",
		"RFC 9112 3.2", sees("GET /{id}"), seesField("Host", "a.test"), ends(closes)),
	reject("two Hosts on 1.0", "GET /{id} HTTP/1.0\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
		"RFC 9112 3.2: any version", house),
	reject("bad Host on 1.0", "GET /{id} HTTP/1.0\r\nHost: a b\r\n\r\n",
		"RFC 9112 3.2: any version", house),
}

// show makes a value readable as part of a test's name.
func show(s string) string {
	q := strconv.QuoteToASCII(s)
	if len(q) > 110 {
		q = q[:110] + "…"
	}
	return strings.Trim(q, `"`)
}

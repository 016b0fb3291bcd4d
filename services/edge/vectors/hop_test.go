package vectors_test

import (
	"fmt"
	"regexp"
	"strings"
)

// hopByHop: what is for the next hop only, and what Connection names.
var hopByHop = []vector{
	pass("Connection: close", fields("Connection: close"), "RFC 9112 9.6", ends(closes)),
	pass("Connection: Close", fields("Connection: Close"), "RFC 9110 7.6.1: no case", ends(closes)),
	pass("Connection: close tells back", fields("Connection: close"),
		"RFC 9112 9.6: the last response should say so", ends(closes),
		verify(func(c *conversation) string {
			if !strings.Contains(
				strings.ToLower(strings.Join(c.last().Fields.Values("Connection"), ",")), "close") {
				return "the response does not say Connection: close"
			}
			return ""
		})),
	pass("close among others", fields("Connection: X-Foo, close\r\nX-Foo: 1"), "RFC 9110 7.6.1",
		ends(closes), lacks("X-Foo")),
	pass("close on a second line", fields("Connection: keep-alive\r\nConnection: close"),
		"RFC 9110 5.3", ends(closes)),
	pass("keep-alive", fields("Connection: keep-alive"), "RFC 9112 9.3"),
	pass("named field is dropped", fields("Connection: X-Foo\r\nX-Foo: 1\r\nX-Bar: 2"),
		"RFC 9110 7.6.1: must be removed", lacks("X-Foo"), seesField("X-Bar", "2")),
	pass("named field is dropped, other case", fields("Connection: x-FOO\r\nX-Foo: 1"),
		"RFC 9110 7.6.1", lacks("X-Foo")),
	pass("named before and after", fields("X-Foo: 1\r\nConnection: X-Foo\r\nX-Foo: 2"),
		"RFC 9110 7.6.1", lacks("X-Foo")),
	pass("two named fields",
		fields("Connection: X-Foo , \tX-Bar\r\nX-Foo: 1\r\nX-Bar: 2\r\nX-Baz: 3"), "RFC 9110 7.6.1",
		lacks("X-Foo", "X-Bar"), seesField("X-Baz", "3")),
	pass("named on two lines",
		fields("Connection: X-Foo\r\nConnection: X-Bar\r\nX-Foo: 1\r\nX-Bar: 2"), "RFC 9110 7.6.1",
		lacks("X-Foo", "X-Bar")),
	pass("keep-alive and named", fields("Connection: keep-alive, X-Foo\r\nX-Foo: 1"),
		"RFC 9110 7.6.1", lacks("X-Foo")),
	pass("empty elements", fields("Connection: ,, X-Foo ,\r\nX-Foo: 1"),
		"RFC 9110 5.6.1: recipients skip them", lacks("X-Foo")),
	pass("Connection empty", fields("Connection:"), "RFC 9110 5.6.1"),
	pass("Connection names nothing present", fields("Connection: X-None"), "RFC 9110 7.6.1"),
	pass("Connection names itself", fields("Connection: Connection"), "RFC 9110 7.6.1", orReject()),
	pass("Connection with many names",
		fields("Connection: "+strings.TrimSuffix(strings.Repeat("X-N, ", 100), ", ")+
			", X-Foo\r\nX-Foo: 1"), "RFC 9110 7.6.1: the last counts too", lacks("X-Foo"),
		orReject(400, 431)),
	pass("Connection names a bad token", fields("Connection: X Foo"), "RFC 9110 7.6.1", orReject()),
	pass("Connection with parameters", fields("Connection: keep-alive; timeout=5"),
		"RFC 9110 7.6.1 has none; ignored, as every other proxy does"),
	pass("Connection: close with parameters", fields("Connection: close; x=1"),
		"RFC 9110 7.6.1 has none; what it means is plain", ends(anyEnd)),
	pass("Connection with junk that looks like a name",
		fields("Connection: X-Foo; a\r\nX-Foo: 1"), "RFC 9110 7.6.1: it names nothing",
		seesField("X-Foo", "1"), house),
	pass("Connection is not passed on", fields("Connection: X-Foo\r\nX-Foo: 1"),
		"RFC 9110 7.6.1: replaced by our own", verify(func(c *conversation) string {
			if v := strings.Join(c.request(0).Fields.Values("Connection"), ","); strings.Contains(v,
				"Foo") {
				return "the upstream sees Connection: " + v
			}
			return ""
		})),
	pass("Keep-Alive", fields("Keep-Alive: timeout=5, max=10"),
		"RFC 9110 7.6.1: dropped though not named", lacks("Keep-Alive")),
	pass("Proxy-Connection", fields("Proxy-Connection: keep-alive"), "RFC 9110 7.6.1: dropped",
		lacks("Proxy-Connection")),
	pass("Proxy-Connection: close means nothing", fields("Proxy-Connection: close"),
		"RFC 9112 C.2.2", lacks("Proxy-Connection"), ends(anyEnd)),
	pass("Proxy-Authorization", fields("Proxy-Authorization: Basic eDp5"),
		"RFC 9110 11.7.2: for a proxy, not for the upstream", lacks("Proxy-Authorization"), house),
	pass("TE: trailers is kept", fields("Connection: TE\r\nTE: trailers"),
		"defaults: gRPC needs it", seesField("TE", "trailers"), house),
	pass("TE: trailers unnamed", fields("TE: trailers"),
		"RFC 9110 10.1.4: should be named; kept or dropped"),
	pass("TE: gzip", fields("Connection: TE\r\nTE: gzip"), "RFC 9110 10.1.4: for the next hop",
		lacks("TE")),
	pass("TE: trailers and gzip", fields("Connection: TE\r\nTE: gzip;q=0.5, trailers"),
		"RFC 9110 10.1.4: only trailers goes on"),
	pass("TE: chunked", fields("TE: chunked"), "RFC 9110 10.1.4: means nothing", lacks("TE")),
	pass("Upgrade without Connection", fields("Upgrade: websocket"),
		"RFC 9110 7.8: not for us, not passed on", lacks("Upgrade")),
	pass("Connection: Upgrade without Upgrade", fields("Connection: Upgrade"), "RFC 9110 7.8",
		lacks("Upgrade")),
	pass("Trailer field", fields("Trailer: X-A"), "RFC 9110 6.6.2"),
	pass("Connection: TE without TE", fields("Connection: TE"), "RFC 9110 10.1.4"),
	pass("Connection names Transfer-Encoding",
		chunkedWith("Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding"),
		"the framing stands, or the message is refused", seesBody("hello"), orReject()),
	pass("Connection names Keep-Alive", fields("Connection: Keep-Alive\r\nKeep-Alive: 5"),
		"RFC 9112 C.2.2", lacks("Keep-Alive")),
	pass("Connection names Cookie", fields("Connection: Cookie\r\nCookie: a=b"),
		"RFC 9110 7.6.1: dropped or refused", lacks("Cookie"), orReject()),
	pass("Connection names Accept", fields("Connection: Accept\r\nAccept: x/y"),
		"RFC 9110 7.6.1: dropped or refused", lacks("Accept"), orReject()),
	naming("Host"), naming("Content-Length"), naming("Authorization"), naming("X-Forwarded-For"),
	naming("X-Forwarded-Proto"),
	naming("X-Forwarded-Host"), naming("X-Request-Id"), naming("Via"), naming("Forwarded"),
	naming("host"), naming("close, Host"),
	naming("keep-alive, x-forwarded-for"),
	reject("Connection names Host on a second line",
		fields("Connection: close\r\nConnection: Host"), "defaults", house),

	answer("response: named field is dropped",
		"HTTP/1.1 200 OK\r\nConnection: X-Foo\r\nX-Foo: 1\r\nX-Bar: 2\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 7.6.1", responseLacks("X-Foo"), tells("X-Bar", "2")),
	answer("response: Keep-Alive is dropped",
		"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n", "RFC 9110 7.6.1",
		responseLacks("Keep-Alive"), house),
	answer("response: Proxy-Connection is dropped",
		"HTTP/1.1 200 OK\r\nProxy-Connection: close\r\nContent-Length: 0\r\n\r\n", "RFC 9110 7.6.1",
		responseLacks("Proxy-Connection"), house),
	answer("response: close upstream is not close for the client",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"RFC 9110 7.6.1: hop by hop", bodyIs("ok")),
	answer("response: Upgrade offer is hop-by-hop",
		"HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 7.8", house, responseLacks("Upgrade")),
}

// naming is a Connection field that names what the gateway itself relies on.
func naming(names string) vector {
	f := names[strings.LastIndex(names, " ")+1:]
	extra := ""
	switch strings.ToLower(f) {
	case "host":
	case "content-length":
		extra = "\r\nContent-Length: 0"
	default:
		extra = "\r\n" + f + ": x"
	}
	return reject("Connection names "+names, fields("Connection: "+names+extra),
		"defaults: a client may not strip what we rely on", house)
}

// forwarding: what the gateway says about the client and the way.
var forwarding = []vector{
	pass("X-Forwarded-For set", fields("X-A: 1"), "defaults: set afresh", house,
		seesField("X-Forwarded-For", "127.0.0.1"), seesField("X-Forwarded-Proto", "http"),
		seesField("X-Forwarded-Host", "a.test")),
	pass("X-Forwarded-For of an untrusted client", fields("X-Forwarded-For: 6.6.6.6"),
		"defaults: dropped and set afresh", house, seesField("X-Forwarded-For", "127.0.0.1")),
	pass("X-Forwarded-For twice", fields("X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7"),
		"defaults", house, seesField("X-Forwarded-For", "127.0.0.1")),
	pass("X-Forwarded-Proto of an untrusted client", fields("X-Forwarded-Proto: https"), "defaults",
		house, seesField("X-Forwarded-Proto", "http")),
	pass("X-Forwarded-Host of an untrusted client", fields("X-Forwarded-Host: evil.test"),
		"defaults", house, seesField("X-Forwarded-Host", "a.test")),
	pass("X-Forwarded-Host is the authority asked for",
		"GET /{id} HTTP/1.1\r\nHost: b.test:8080\r\n\r\n", "defaults", house,
		seesField("X-Forwarded-Host", "b.test:8080")),
	pass("Forwarded of an untrusted client", fields("Forwarded: for=6.6.6.6;proto=https"),
		"defaults: dropped and set afresh", house, verify(func(c *conversation) string {
			if v := strings.Join(c.request(0).Fields.Values("Forwarded"), ","); strings.Contains(v,
				"6.6.6.6") {
				return "the upstream sees Forwarded: " + v
			}
			return ""
		})),
	pass("X-Request-Id of an untrusted client", fields("X-Request-Id: evil"),
		"defaults: set afresh", house, verify(func(c *conversation) string {
			v := c.request(0).Fields.Values("X-Request-Id")
			if len(v) != 1 || v[0] == "evil" ||
				!regexp.MustCompile(`^[0-9A-Za-z-]{8,}$`).MatchString(v[0]) {
				return fmt.Sprintf("the upstream sees X-Request-Id: %q", v)
			}
			return ""
		})),
	pass("Via added", fields("X-A: 1"), "RFC 9110 7.6.3: a proxy must add itself", house,
		verify(func(c *conversation) string {
			if v := c.request(0).Fields.Get("Via"); !regexp.MustCompile(`^1\.1 \S+$`).
				MatchString(v) {
				return fmt.Sprintf("the upstream sees Via: %q", v)
			}
			return ""
		})),
	pass("Via appended", fields("Via: 1.0 fred, 1.1 p.test"), "RFC 9110 7.6.3: in order", house,
		verify(func(c *conversation) string {
			if v := strings.Join(c.request(0).Fields.Values("Via"),
				", "); !regexp.MustCompile(`^1\.0 fred, 1\.1 p\.test, 1\.1 \S+$`).MatchString(v) {
				return fmt.Sprintf("the upstream sees Via: %q", v)
			}
			return ""
		})),
	pass("Via tells the client's version", "GET /{id} HTTP/1.0\r\nHost: a.test\r\n\r\n",
		"RFC 9110 7.6.3: received-protocol", ends(closes), house,
		verify(func(c *conversation) string {
			if v := c.request(0).Fields.Get("Via"); !strings.HasPrefix(v, "1.0 ") {
				return fmt.Sprintf("the upstream sees Via: %q", v)
			}
			return ""
		})),
	pass("Max-Forwards counts down",
		"OPTIONS /{id} HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 5\r\n\r\n",
		"RFC 9110 7.6.2: must update for OPTIONS and TRACE", seesField("Max-Forwards", "4"), house),
	{
		name: "Max-Forwards is used up", why: "RFC 9110 7.6.2: answered here, not forwarded",
		steps:   []step{send("OPTIONS /{id} HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n")},
		answers: [][]int{{200, 204, 400, 405, 501}}, end: anyEnd, house: true,
	},
	pass("Max-Forwards on GET", fields("Max-Forwards: 0"),
		"RFC 9110 7.6.2: may be ignored on others", ends(anyEnd)),

	pass("trusted peer: X-Forwarded-For appended", fields("X-Forwarded-For: 6.6.6.6"),
		"defaults: from a trusted one appended", house, via("trusting"),
		seesField("X-Forwarded-For", "6.6.6.6", "127.0.0.1")),
	pass("trusted peer: X-Forwarded-Proto kept", fields("X-Forwarded-Proto: https"),
		"config: trusted_proxies", house, via("trusting"), seesField("X-Forwarded-Proto", "https")),
	pass("trusted peer: X-Forwarded-Host kept", fields("X-Forwarded-Host: shop.test"),
		"config: trusted_proxies", house, via("trusting"),
		seesField("X-Forwarded-Host", "shop.test")),
	pass("trusted peer: X-Request-Id kept", fields("X-Request-Id: abc-123"),
		"config: trusted_proxies", house, via("trusting"), seesField("X-Request-Id", "abc-123")),
}

package vectors_test

import (
	"fmt"
	"strings"
)

// get is one request of a pipeline.
func get(path string) string { return "GET /" + path + "/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n" }

func many(n int) (raw string, statuses []int) {
	var b strings.Builder
	for i := range n {
		b.WriteString(get(fmt.Sprint("p", i)))
		statuses = append(statuses, 200)
	}
	return b.String(), statuses
}

func pipelineOf(n int) vector {
	raw, statuses := many(n)
	return pass(fmt.Sprintf("%d requests", n), raw, "RFC 9112 9.3.2: answered in order",
		answers(statuses...), forwarded(n), verify(inOrder))
}

// inOrder looks at the echoed targets: /p0, /p1, and so on.
func inOrder(c *conversation) string {
	for i, r := range c.responses {
		if want := fmt.Sprintf("%s GET /p%d/%s 0\n", c.id, i, c.id); string(r.Body) != want {
			return fmt.Sprintf("answer %d is %q, want %q", i+1, r.Body, want)
		}
	}
	return ""
}

// spoiled is a good request, a bad one, and a good one that must never be served.
func spoiled(name, bad, why string, opts ...option) vector {
	return pass("after "+name, get("first")+bad+get("third"), why,
		append([]option{answers(200, 400), ends(closes)}, opts...)...)
}

// pipelining: several requests in flight, and what a fault does to those behind it.
var pipelining = []vector{
	pipelineOf(2), pipelineOf(3), pipelineOf(10), pipelineOf(50),
	pass("bodies of every kind",
		get("a")+"POST /b/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"+
			"POST /c/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"world\r\n0\r\n\r\n"+get("d"), "RFC 9112 9.3.2", answers(200, 200, 200, 200),
		forwarded(4),
		verify(seesBodyOf(0, ""), seesBodyOf(1, "hello"), seesBodyOf(2, "world"),
			seesLine(3, "GET /d/{id}"))),
	pass("HEAD between", get("a")+"HEAD /b/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n"+get("c"),
		"RFC 9110 9.3.2: no body for HEAD", answers(200, 200, 200), methods("GET", "HEAD", "GET"),
		forwarded(3)),
	pass("a body that is a request",
		"POST /a/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 47\r\n\r\n"+
			"GET /smuggled HTTP/1.1\r\nHost: a.test\r\nX: 12\r\n\r\n"+get("b"), "RFC 9112 6.3",
		answers(200, 200), forwarded(2), verify(seesLine(1, "GET /b/{id}"))),
	pass("CRLF between", get("a")+"\r\n"+get("b"), "RFC 9112 2.2: ignore an empty line",
		answers(200, 200), forwarded(2)),
	pass("CRLF after a body",
		"POST /a/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello\r\n"+get("b"),
		"RFC 9112 2.2: old clients send it", answers(200, 200), forwarded(2)),
	pass("next request cut in two", "", "RFC 9112 9.3.2",
		steps(send(get("a")+"GET /b/{id} HT"), send("TP/1.1\r\nHost: a.test\r\n\r\n")),
		answers(200, 200), forwarded(2)),
	pass("nothing after close",
		get("first")+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"+
			get("third"), "RFC 9112 9.6: no more is processed", answers(200, 200), forwarded(2),
		ends(closes)),
	pass("nothing after 1.0",
		get("first")+"GET /second/{id} HTTP/1.0\r\nHost: a.test\r\n\r\n"+get("third"),
		"RFC 9112 9.3", answers(200, 200), forwarded(2), ends(closes)),
	spoiled("no Host", "GET /bad/{id} HTTP/1.1\r\n\r\n", "RFC 9112 3.2"),
	spoiled("a bad request line", "GET /bad/{id}\r\n\r\n", "RFC 9112 3", func(v *vector) {
		v.answers = [][]int{{200}, {400, 505}}
	}),
	spoiled("garbage", "\x00\x01\x02{id}\r\n\r\n", "RFC 9112 3"),
	spoiled("both lengths",
		"POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RFC 9112 6.1", house),
	spoiled("a bad length", "POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: x\r\n\r\n",
		"RFC 9112 6.3"),
	spoiled("an unknown coding",
		"POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: x\r\n\r\n", "RFC 9112 6.1",
		func(v *vector) { v.answers = [][]int{{200}, {400, 501}} }),
	spoiled("a bad chunk",
		"POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
		"RFC 9112 7.1", partial),
	spoiled("a second bad chunk",
		"POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"+
			"hello\r\nzz\r\n\r\n", "RFC 9112 7.1", partial),
	spoiled("a body longer than its length",
		"POST /bad/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nhello",
		"RFC 9112 9.3: oGET is a method; hello spoils the line", func(v *vector) {
			v.answers, v.forwarded = [][]int{{200}, {200}, {200, 400, 405, 501}}, 2
			v.atMost, v.end = 3, anyEnd
		}),
	spoiled("a fold", "GET /bad/{id} HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n 2\r\n\r\n",
		"RFC 9112 5.2", house),
	spoiled("a bare LF", "GET /bad/{id} HTTP/1.1\nHost: a.test\n\n", "RFC 9112 2.2", house),
	spoiled("a large head",
		"GET /bad/{id} HTTP/1.1\r\nHost: a.test\r\nX-A: "+strings.Repeat("v", 50<<10)+"\r\n\r\n",
		"RFC 6585 5", answers(200, 431)),
	spoiled("a large body",
		"POST /small/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2000\r\n\r\n"+
			strings.Repeat("b", 2000),
		"RFC 9110 15.5.14: not a fault of framing, so the next may be served", func(v *vector) {
			v.answers, v.atMost, v.end = [][]int{{200}, {413}}, 2, anyEnd
		}, house),
	pass("405 does not end the connection's order",
		get("first")+"POST /gets/{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
		"an answer of our own keeps its place", answers(200, 405), ends(anyEnd), house),
	pass("bad first, good second", "GET /bad/{id} HTTP/1.1\r\n\r\n"+get("second"), "RFC 9112 9.3",
		answers(400), forwarded(0), ends(closes)),
	pass("early answer, the body still comes", "",
		"RFC 9112 9.3: what follows the body is the next request, or the connection closes",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 47\r\n\r\n"), await(401),
			send("GET /smuggled HTTP/1.1\r\nHost: a.test\r\nX: 12\r\n\r\n")),
		scripted(refuses(denied)), status(401), ends(anyEnd)),
	pass("early answer to a body under way", "",
		"RFC 9112 9.3: an early final answer reaches the client",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhello"),
			await(401)), scripted(refuses(denied)), status(401), ends(anyEnd)),
	pass("early answer to a chunked body under way", "", "RFC 9112 9.3",
		steps(send(chunks("5\r\nhello\r\n")), await(401)), scripted(refuses(denied)), status(401),
		ends(anyEnd)),
}

func old(lines string) string { return "GET /{id} HTTP/1.0\r\nHost: a.test\r\n" + lines + "\r\n" }

// http10: the version before.
var http10 = []vector{
	pass("closes by default", old(""), "RFC 9112 9.3", ends(closes)),
	pass("close said", old("Connection: close\r\n"), "RFC 9112 9.3", ends(closes)),
	pass("keep-alive asked for", old("Connection: keep-alive\r\n"),
		"RFC 9112 9.3: may be kept, and says so if it is", ends(anyEnd),
		verify(func(c *conversation) string {
			says := strings.EqualFold(c.last().Fields.Get("Connection"), "keep-alive")
			err := c.client.ExpectClose()
			switch {
			case says && !isHang(err):
				return "keep-alive is promised, and not kept"
			case !says && err != nil:
				return "the connection stays open without saying keep-alive: an HTTP/1.0 client " +
					"waits for the end"
			}
			return ""
		})),
	pass("keep-alive, two requests", "", "RFC 9112 9.3: may be kept",
		steps(send(old("Connection: keep-alive\r\n"))), ends(anyEnd)),
	pass("keep-alive and close", old("Connection: keep-alive, close\r\n"),
		"RFC 9112 9.3: close wins", ends(closes)),
	pass("Proxy-Connection: keep-alive", old("Proxy-Connection: keep-alive\r\n"),
		"RFC 9112 C.2.2: not to be honoured by a server", ends(closes), lacks("Proxy-Connection")),
	pass("no Host", "GET /{id} HTTP/1.0\r\n\r\n", "RFC 9112 3.2: needed on 1.1 only", ends(closes)),
	pass("no Host, X-Vec", "GET /x HTTP/1.0\r\nX-Vec: {id}\r\n\r\n", "RFC 9112 3.2", ends(closes),
		sees("GET /x")),
	pass("Host empty", "GET /{id} HTTP/1.0\r\nHost:\r\n\r\n", "RFC 9112 3.2", ends(closes),
		orReject()),
	pass("HEAD", "HEAD /{id} HTTP/1.0\r\nHost: a.test\r\n\r\n", "RFC 9110 9.3.2", ends(closes),
		methods("HEAD")),
	pass("POST", "POST /{id} HTTP/1.0\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 1945 8.3", ends(closes), seesBody("hello")),
	pass("POST without a length", "POST /{id} HTTP/1.0\r\nHost: a.test\r\n\r\n",
		"RFC 1945 7.2.2: needs one; no body, or 400 or 411", ends(closes), seesBody(""),
		orReject(400, 411)),
	pass("second request is not served", old("")+get("second"), "RFC 9112 9.3", ends(closes)),
	pass("answer is 1.1 or 1.0, not chunked", old(""), "RFC 9112 7: no chunked to 1.0",
		ends(closes), responseLacks("Transfer-Encoding")),
	pass("chunked answer is unchunked", old(""), "RFC 9112 6.1: no chunked to 1.0", ends(closes),
		scripted(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n"+
			" world\r\n0\r\nX-T: 1\r\n\r\n", true)), responseLacks("Transfer-Encoding"),
		bodyIs("hello world")),
	pass("chunked answer and keep-alive", old("Connection: keep-alive\r\n"),
		"RFC 9112 6.3: the end of the connection ends the body", ends(anyEnd),
		scripted(
			says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
				true)), responseLacks("Transfer-Encoding"), bodyIs("hello")),
	pass("1xx is not sent", old(""), "RFC 9110 15.2: never to 1.0", ends(closes), interim(),
		scripted(says("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n"+
			"Content-Length: 2\r\n\r\nok", true)), bodyIs("ok")),
	pass("named field is dropped", old("Connection: X-Foo\r\nX-Foo: 1\r\n"), "RFC 9110 7.6.1",
		ends(closes), lacks("X-Foo")),
	pass("goes upstream as well-formed", "GET /{id} HTTP/1.0\r\n\r\n",
		"RFC 9112 3.2: with a Host if as 1.1", ends(closes)),
	pass("TE: trailers", old("Connection: TE\r\nTE: trailers\r\n"), "RFC 9110 10.1.4",
		ends(closes)),
	reject("bad length", "POST /{id} HTTP/1.0\r\nHost: a.test\r\nContent-Length: x\r\n\r\n",
		"RFC 9112 6.3"),
	reject("two lengths",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nContent-Length: 5\r\n"+
			"Content-Length: 6\r\n\r\nhello", "RFC 9112 6.3"),
	reject("space before the colon", old("X-A : 1\r\n"), "RFC 9112 5.1"),
	reject("NUL in a value", old("X-A: \x00\r\n"), "RFC 9110 5.5"),
}

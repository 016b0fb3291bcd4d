package vectors_test

import (
	"fmt"
	"strings"
)

const expecting = "POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n" +
	"Content-Length: 5\r\n\r\n"

// continues is an upstream that asks for the body and then answers like any other.
func continues(s *upstreamSide) bool {
	s.say("HTTP/1.1 100 Continue\r\n\r\n")
	return echo(s)
}

// refuses answers from the head alone; the body is not read, so the connection ends.
func refuses(head string) script {
	return func(s *upstreamSide) bool {
		s.rec.mu.Lock()
		s.rec.done = append(s.rec.done, s.req)
		s.rec.mu.Unlock()
		s.say(head)
		return false
	}
}

const denied = "HTTP/1.1 401 Unauthorized\r\nX-Vec: {id}\r\nConnection: close\r\n" +
	"Content-Length: 3\r\n\r\nno\n"

// expect: 100-continue is a matter between client and upstream; the gateway forwards, it does not
// fake.
var expect = []vector{
	pass("100 is forwarded", "", "RFC 9110 10.1.1",
		steps(send(expecting), await(100), send("hello")), scripted(continues), seesBody("hello"),
		interim(100)),
	pass("the body does not wait", expecting+"hello", "RFC 9110 10.1.1: a client may send at once",
		scripted(continues), seesBody("hello")),
	pass("the body does not wait, no 100", expecting+"hello",
		"RFC 9110 10.1.1: upstream may skip 100", seesBody("hello")),
	pass("Expect in capitals", "", "RFC 9110 10.1.1: no case",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nEXPECT: 100-Continue\r\n"+
			"Content-Length: 5\r\n\r\n"), await(100), send("hello")), scripted(continues),
		seesBody("hello")),
	pass("Expect is forwarded", expecting+"hello", "RFC 9110 10.1.1: the upstream decides",
		scripted(continues), seesField("Expect", "100-continue"), house),
	pass("Expect with a chunked body", "", "RFC 9110 10.1.1",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n"), await(100), send("5\r\nhello\r\n0\r\n\r\n")),
		scripted(continues), seesBody("hello")),
	pass("Expect without a body", fields("Expect: 100-continue"),
		"RFC 9110 10.1.1: must not be sent, harmless", orReject(400, 417)),
	pass("Expect with an empty body",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
		"RFC 9110 10.1.1", orReject(400, 417)),
	pass("final answer instead of 100", expecting, "RFC 9110 10.1.1: 100 is not faked",
		scripted(refuses(denied)), status(401), interim(), ends(anyEnd), house),
	pass("final answer, then the body is no request", "",
		"a body that comes after all must not be parsed as a request", house,
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n"+
			"Content-Length: 62\r\n\r\n"), await(401),
			send("GET /smuggled/{id} HTTP/1.1\r\nHost: a.test\r\nX-A: 12345\r\n\r\n")),
		scripted(refuses(denied)), status(401), ends(anyEnd)),
	pass("417 of the upstream", expecting, "RFC 9110 15.5.18",
		scripted(refuses("HTTP/1.1 417 Expectation Failed\r\nX-Vec: {id}\r\nConnection: close\r\n"+
			"Content-Length: 0\r\n\r\n")), status(417), interim(), ends(anyEnd), house),
	pass("unknown expectation",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 200-ok\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 10.1.1: 417 or forwarded", seesBody("hello"), orReject(400, 417)),
	pass("100-continue and unknown",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue, x\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 10.1.1", seesBody("hello"),
		orReject(400, 417)),
	pass("Expect empty",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect:\r\nContent-Length: 5\r\n\r\nhello",
		"RFC 9110 10.1.1", seesBody("hello"), orReject(400, 417)),
	pass("Expect twice",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 10.1.1", seesBody("hello"),
		orReject(400, 417)),
	pass("Expect on 1.0 is ignored",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 10.1.1: must be ignored", ends(closes),
		seesBody("hello"), interim()),
	pass("1.0 gets no 100",
		"POST /{id} HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 15.2: never 1xx to 1.0", ends(closes),
		seesBody("hello"), interim(), scripted(continues)),
	pass("a request follows", "", "RFC 9112 9.3",
		steps(send(expecting), await(100),
			send("hello"+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")),
		scripted(func(s *upstreamSide) bool {
			if s.req.Method == "POST" {
				return continues(s)
			}
			return echo(s)
		}), answers(200, 200), forwarded(2), interim(100)),
	reject("bad chunk after 100", "", "RFC 9112 7.1: the client's fault is 400",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n"), await(100), send("zz\r\n")), scripted(continues),
		partial),
	reject("both lengths and Expect",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n", "RFC 9112 6.1: no 100 for a bad head", interim(),
		house),
}

const wsHead = "GET /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// tunnels accepts the upgrade and then sends back whatever comes, until the end comes.
func tunnels(first string) script {
	return func(s *upstreamSide) bool {
		if !s.body() {
			return false
		}
		s.say(first)
		buf := make([]byte, 4096)
		for {
			n, err := s.Reader().Read(buf)
			if n > 0 && s.Send(string(buf[:n])) != nil {
				return false
			}
			if err != nil {
				_ = s.CloseWrite()
				return false
			}
		}
	}
}

// upgrade: tunnels, and what is no tunnel.
var upgrade = []vector{
	pass("WebSocket", "", "RFC 9110 7.8",
		steps(send(wsHead), await(101), send("ping"), raw("ping"), send("again"), raw("again"), fin,
			eof), scripted(tunnels(switching)), status(101), ends(already),
		seesField("Upgrade", "websocket"),
		seesField("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")),
	pass("WebSocket, names in other case", "", "RFC 9110 7.8",
		steps(send("GET /{id} HTTP/1.1\r\nHost: a.test\r\nconnection: keep-alive, upgrade\r\n"+
			"upgrade: WebSocket\r\n\r\n"), await(101), send("ping"), raw("ping")),
		scripted(
			tunnels("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"+
				"upgrade: WebSocket\r\n\r\n")), status(101), ends(already)),
	pass("bytes sent early go through the tunnel", "",
		"RFC 9110 7.8: after 101 they are the new protocol's",
		steps(send(wsHead+"early"), await(101), raw("early"), send("late"), raw("late")),
		scripted(tunnels(switching)), status(101), ends(already)),
	pass("bytes with the 101 reach the client", "", "RFC 9110 7.8",
		steps(send(wsHead), await(101), raw("welcome"), send("x"), raw("x")),
		scripted(tunnels(switching+"welcome")), status(101), ends(already)),
	pass("binary through the tunnel", "", "a tunnel is bytes",
		steps(send(wsHead), await(101), send("\x00\r\n\r\nGET / HTTP/1.1\xff"),
			raw("\x00\r\n\r\nGET / HTTP/1.1\xff")), scripted(tunnels(switching)), status(101),
		ends(already)),
	pass("early bytes that look like a request, accepted", "",
		"no request, once the upstream switched",
		steps(send(wsHead+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n"), await(101),
			raw("GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")), scripted(tunnels(switching)),
		status(101), ends(already)),
	pass("early bytes, refused with 200",
		wsHead+"GET /second/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"RFC 9110 7.8: the upgrade is ignored, so they are the next request", answers(200, 200),
		forwarded(2), verify(seesLine(1, "GET /second/{id}"))),
	pass("early garbage, refused with 200", wsHead+"\x81\x05hello\r\n\r\n",
		"the upgrade is ignored, so it is a bad request", answers(200, 400), ends(closes)),
	pass("refused with 403", wsHead, "RFC 9110 7.8",
		scripted(says("HTTP/1.1 403 Forbidden\r\nX-Vec: {id}\r\nContent-Length: 2\r\n\r\nno",
			true)), status(403), bodyIs("no")),
	pass("refused with 426", wsHead, "RFC 9110 15.5.22",
		scripted(says("HTTP/1.1 426 Upgrade Required\r\nX-Vec: {id}\r\nConnection: Upgrade\r\n"+
			"Upgrade: foo\r\nContent-Length: 0\r\n\r\n", true)), status(426)),
	pass("after a first request", "", "RFC 9112 9.3",
		steps(send("GET /first/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n"), await(200), send(wsHead),
			await(101), send("ping"), raw("ping")), scripted(func(s *upstreamSide) bool {
			if strings.HasPrefix(s.req.Target, "/first") {
				return echo(s)
			}
			return tunnels(switching)(s)
		}), answers(200, 101), forwarded(2), ends(already)),
	pass("pipelined behind a first request", "", "RFC 9112 9.3.2",
		steps(send("GET /first/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n"+wsHead), await(200),
			await(101), send("ping"), raw("ping")), scripted(func(s *upstreamSide) bool {
			if strings.HasPrefix(s.req.Target, "/first") {
				return echo(s)
			}
			return tunnels(switching)(s)
		}), answers(200, 101), forwarded(2), ends(already)),
	pass("upstream ends the tunnel", "", "RFC 9110 7.8",
		steps(send(wsHead), await(101), raw("bye"), eof), scripted(func(s *upstreamSide) bool {
			s.body()
			s.say(switching + "bye")
			_ = s.CloseWrite()
			return false
		}), status(101), ends(already)),
	pass("1xx before 101", "", "RFC 9110 15.2",
		steps(send(wsHead), await(101), send("ping"), raw("ping")),
		scripted(tunnels("HTTP/1.1 103 Early Hints\r\n\r\n"+switching)), status(101), ends(already),
		house),
	pass("h2c is not negotiated",
		fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"+
			"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
		"RFC 9113 3.1: h2c upgrade is gone; an upstream that took it would be a way "+
			"round every rule", lacks("Upgrade", "HTTP2-Settings"), house),
	pass("h2c without settings", fields("Connection: Upgrade\r\nUpgrade: h2c"), "RFC 9113 3.1",
		lacks("Upgrade"), house),
	pass("h2c among others",
		fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\n"+
			"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), "RFC 9113 3.1", lacks("HTTP2-Settings"),
		verify(noH2C), orReject(), house),
	pass("H2C in capitals", fields("Connection: Upgrade\r\nUpgrade: H2C"), "RFC 9113 3.1",
		verify(noH2C), house),
	pass("upgrade to TLS", fields("Connection: Upgrade\r\nUpgrade: TLS/1.0"),
		"RFC 2817: the upstream may ignore it", orReject()),
	pass("Upgrade on 1.0",
		"GET /{id} HTTP/1.0\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"RFC 9110 7.8: must be ignored", lacks("Upgrade"), ends(closes)),
	pass("Upgrade with a body",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Content-Length: 5\r\n\r\nhello", "RFC 9110 7.8: the body comes first",
		seesBody("hello"), orReject()),
	pass("Upgrade with a chunked body",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "RFC 9110 7.8",
		seesBody("hello"), orReject()),
	pass("body and then the tunnel", "",
		"RFC 9110 7.8: the body ends before the new protocol begins",
		steps(send("POST /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n"+
			"Upgrade: websocket\r\nContent-Length: 5\r\n\r\nhelloearly"), await(101), raw("early")),
		scripted(tunnels(switching)), status(101), ends(already), seesBody("hello"), house),
	reject("both lengths and Upgrade",
		"POST /{id} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "RFC 9112 6.1",
		house),
	bad("101 that nobody asked for", switching, "RFC 9110 15.2.2: a response out of protocol"),
	bad("101 that nobody asked for, and bytes",
		switching+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "RFC 9110 15.2.2"),
	bad("101 to another protocol",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
		"RFC 9110 7.8: only to what was offered",
		steps(send(strings.Replace(wsHead, "/{id}", "/faulty/{id}", 1))), house),
	bad("101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"RFC 9110 7.8: must name the protocol",
		steps(send(strings.Replace(wsHead, "/{id}", "/faulty/{id}", 1))), house),
}

func noH2C(c *conversation) string {
	if v := strings.Join(c.request(0).Fields.Values("Upgrade"),
		","); strings.Contains(strings.ToLower(v), "h2c") {
		return fmt.Sprintf("the upstream sees Upgrade: %s", v)
	}
	return ""
}

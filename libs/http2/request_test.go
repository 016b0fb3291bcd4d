package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// readAll reads a stream's body.
func readAll(s *http2.Stream) ([]byte, error) {
	var all []byte
	buf := make([]byte, 1000)
	for {
		n, err := s.ReadBody(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// echo answers with what it got, in words.
func echo(s *http2.Stream) {
	var b strings.Builder
	r := s.Request()
	fmt.Fprintf(&b, "%s %s %s %s %q %d\n", r.Method, r.Scheme, r.Authority, r.Path, r.Protocol,
		r.ContentLength)
	list := func(h *http2.Head, from int) {
		for i := from; i < h.Len(); i++ {
			fmt.Fprintf(&b, "%s: %s\n", h.Name(i), h.Value(i))
		}
	}
	list(s.Head(), r.First)
	body, err := readAll(s)
	if err != nil {
		s.Reset(http2.CodeInternal)
		return
	}
	fmt.Fprintf(&b, "%q\n", body)
	list(s.Trailer(), 0)
	_ = s.WriteHead(200, []byte(b.String()), true)
}

func TestAHandlerGetsTheWholeRequestInOrder(t *testing.T) {
	s := listen(t, echo, nil)
	c := dial(t, s)
	c.headers(1, false,
		post("x-one", "1", "cookie", "a=b", "x-two", "2", "x-one", "3", "te", "trailers",
			"content-length", "11")...)
	c.must(c.fr.WriteDataPadded(1, false, []byte("hello "), make([]byte, 7)))
	c.must(c.fr.WriteData(1, false, []byte("world")))
	c.headers(1, true, "x-sum", "42", "x-empty", "")
	c.flush()
	want := "POST http a.test / \"\" 11\nx-one: 1\ncookie: a=b\nx-two: 2\nx-one: 3\n" +
		"te: trailers\ncontent-length: 11\n\"hello world\"\nx-sum: 42\nx-empty: \n"
	if a := c.answer(1); a.status != 200 || string(a.body) != want {
		t.Errorf("%v\n%s\nwant\n%s", a, a.body, want)
	}
}

func TestHeaderBlocksComeInPieces(t *testing.T) {
	s := listen(t, echo, nil)
	c := dial(t, s)
	long := strings.Repeat("0123456789", 1500)
	block := bytes.Clone(c.block(get("x-long", long)...))
	c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block[:5], EndStream: true, PadLength: 9,
		Priority: xhttp2.PriorityParam{StreamDep: 3, Weight: 7},
	}))
	c.must(c.fr.WriteContinuation(1, false, block[5:7]))
	c.must(c.fr.WriteContinuation(1, false, nil))
	c.must(c.fr.WriteContinuation(1, true, block[7:]))
	c.flush()
	if a := c.answer(1); a.status != 200 ||
		!strings.Contains(string(a.body), "x-long: "+long+"\n") {
		t.Errorf("got %v", a)
	}
}

func TestMalformedRequestsAreStreamErrorsThatNoHandlerSees(t *testing.T) {
	calls := make(chan string, 100)
	s := listen(t, func(st *http2.Stream) {
		calls <- string(st.Request().Path)
		hello(st)
	}, nil)
	c := dial(t, s)
	id := uint32(1)
	for name, fields := range map[string][]string{
		"a capital letter":          get("X-Capital", "1"),
		"a name with a space":       get("x y", "1"),
		"an empty name":             get("", "1"),
		"a colon in a name":         get("x:y", "1"),
		"a line break in a value":   get("x", "a\r\nb: c"),
		"a NUL in a value":          get("x", "a\x00b"),
		"a control character":       get("x", "a\x01b"),
		"a space before a value":    get("x", " a"),
		"a tab behind a value":      get("x", "a\t"),
		"connection":                get("connection", "close"),
		"keep-alive":                get("keep-alive", "1"),
		"proxy-connection":          get("proxy-connection", "close"),
		"transfer-encoding":         get("transfer-encoding", "chunked"),
		"upgrade":                   get("upgrade", "h2c"),
		"te":                        get("te", "gzip"),
		"a late pseudo field":       get("x", "1", ":authority", "a.test"),
		"an unknown pseudo field":   append([]string{":foo", "1"}, get()...),
		"a response's pseudo field": append([]string{":status", "200"}, get()...),
		"two paths":                 append([]string{":path", "/"}, get()...),
		"no path": {
			":method", "GET", ":scheme", "http", ":authority", "a.test",
		},
		"an empty path": {
			":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "",
		},
		"a relative path": {
			":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "a/b",
		},
		"a fragment": {
			":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/a#b",
		},
		"a space in the path": {
			":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/a HTTP/1.1",
		},
		"an asterisk of GET": {
			":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "*",
		},
		"no scheme": {":method", "GET", ":authority", "a.test", ":path", "/"},
		"a malformed scheme": {
			":method", "GET", ":scheme", "ht tp", ":authority", "a.test", ":path", "/",
		},
		"no method": {":scheme", "http", ":authority", "a.test", ":path", "/"},
		"a malformed method": {
			":method", "G ET", ":scheme", "http", ":authority", "a.test", ":path", "/",
		},
		"no host at all": {":method", "GET", ":scheme", "http", ":path", "/"},
		"user information": {
			":method", "GET", ":scheme", "http", ":authority", "me@a.test", ":path", "/",
		},
		"an open bracket": {
			":method", "GET", ":scheme", "http", ":authority", "[::1", ":path", "/",
		},
		"a port that is none": {
			":method", "GET", ":scheme", "http", ":authority", "a.test:99999", ":path", "/",
		},
		"another host": get("host", "b.test"),
		"two hosts":    get("host", "a.test", "host", "a.test"),
		"CONNECT with a path": {
			":method", "CONNECT", ":authority", "a.test:1", ":path", "/",
		},
		"CONNECT without authority":   {":method", "CONNECT"},
		":protocol without being on":  append([]string{":protocol", "websocket"}, get()...),
		"lengths that differ":         get("content-length", "0", "content-length", "1"),
		"a length that is no number":  get("content-length", "+1"),
		"a length without a body":     get("content-length", "1"),
		"a length beyond all numbers": get("content-length", "99999999999999999999"),
	} {
		c.request(id, fields...)
		if a := c.answer(id); !a.wasRst || a.reset != xhttp2.ErrCodeProtocol {
			t.Errorf("%s: %v, want a reset with PROTOCOL_ERROR", name, a)
		}
		id += 2
	}
	c.request(id, get()...)
	if a := c.answer(id); a.status != 200 {
		t.Errorf("a sound request behind them: %v", a)
	}
	if len(calls) != 1 {
		t.Errorf("the handler was called %d times, want once", len(calls))
	}
}

func TestUnusualRequestsThatAreFine(t *testing.T) {
	s := listen(t, hello, nil)
	c := dial(t, s)
	id := uint32(1)
	for name, fields := range map[string][]string{
		"host in place of :authority": {
			":method", "GET", ":scheme", "http", ":path", "/", "host", "a.test",
		},
		"both, in other letters": get("host", "A.TEST"),
		"an IPv6 address": {
			":method", "GET", ":scheme", "https", ":authority", "[::1]:8443", ":path", "/?a={b}",
		},
		"OPTIONS of the server": {
			":method", "OPTIONS", ":scheme", "http", ":authority", "a.test", ":path", "*",
		},
		"CONNECT":               {":method", "CONNECT", ":authority", "a.test:443"},
		"TE in other letters":   get("te", "Trailers"),
		"a value with obs-text": get("x", "\xff\xfe"),
		"an underscore":         get("x_y", "1"),
		"the same length twice": get("content-length", "0", "content-length", "0"),
	} {
		c.request(id, fields...)
		if a := c.answer(id); a.status != 200 {
			t.Errorf("%s: %v", name, a)
		}
		id += 2
	}
}

func TestABodyMustBeWhatContentLengthSays(t *testing.T) {
	got := make(chan error, 1)
	s := listen(t, func(st *http2.Stream) {
		_, err := readAll(st)
		got <- err
	}, nil)
	c := dial(t, s)
	for i, send := range []func(id uint32){
		func(id uint32) { c.must(c.fr.WriteData(id, true, []byte("1234"))) },
		func(id uint32) { c.must(c.fr.WriteData(id, false, []byte("123456"))) },
		func(id uint32) { c.must(c.fr.WriteData(id, true, nil)) },
		func(id uint32) {
			c.must(c.fr.WriteData(id, false, []byte("123")))
			c.headers(id, true, "x-trailer", "1")
		},
	} {
		id := uint32(2*i + 1)
		c.headers(id, false, post("content-length", "5")...)
		send(id)
		c.flush()
		if a := c.answer(id); !a.wasRst || a.reset != xhttp2.ErrCodeProtocol {
			t.Errorf("case %d: %v, want a reset with PROTOCOL_ERROR", i, a)
		}
		var fault *http2.StreamError
		if err := <-got; !errors.As(err, &fault) {
			t.Errorf("case %d: the handler got %v, want a *StreamError", i, err)
		}
	}
}

func TestTrailersMayNotHavePseudoFields(t *testing.T) {
	s := listen(t, echo, nil)
	c := dial(t, s)
	for i, trailer := range [][]string{
		{":path", "/"}, {"X-Capital", "1"}, {"connection", "close"},
	} {
		id := uint32(2*i + 1)
		c.headers(id, false, post()...)
		c.headers(id, true, trailer...)
		c.flush()
		if a := c.answer(id); !a.wasRst || a.reset != xhttp2.ErrCodeProtocol {
			t.Errorf("%v: %v, want a reset with PROTOCOL_ERROR", trailer, a)
		}
	}
}

func TestHeadsOverTheLimitReachTheHandlerAsSuch(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		if st.Request().TooLarge {
			_ = st.WriteHead(431, nil, true)
			return
		}
		hello(st)
	}, nil)
	c := dial(t, s)
	c.request(1, get("x", strings.Repeat("x", 33<<10))...)
	if a := c.answer(1); a.status != 431 {
		t.Errorf("a large field: %v, want 431", a)
	}
	var many []string
	for range 101 {
		many = append(many, "x", "y")
	}
	c.request(3, get(many...)...)
	if a := c.answer(3); a.status != 431 {
		t.Errorf("many fields: %v, want 431", a)
	}
	c.request(5, get("x", strings.Repeat("x", 30<<10))...)
	if a := c.answer(5); a.status != 200 {
		t.Errorf("a field within the limit: %v, want 200", a)
	}
}

func TestExtendedConnectIsAnOption(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		r := st.Request()
		if !r.Connect || string(r.Protocol) != "websocket" || string(r.Path) != "/chat" {
			st.Reset(http2.CodeInternal)
			return
		}
		_ = st.WriteHead(200, nil, false)
		buf := make([]byte, 100)
		n, _ := st.ReadBody(buf)
		_ = st.WriteBody(buf[:n], true)
	}, func(s *server) { s.opts.ExtendedConnect = true })
	c := dial(t, s)
	c.headers(1, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https",
		":authority", "a.test", ":path", "/chat")
	c.must(c.fr.WriteData(1, false, []byte("ping")))
	c.flush()
	if a := c.answer(1); a.status != 200 || string(a.body) != "ping" {
		t.Errorf("got %v, %q", a, a.body)
	}
	c.request(3, append([]string{":protocol", "websocket"}, get()...)...)
	if a := c.answer(3); !a.wasRst {
		t.Errorf(":protocol with GET: %v, want a reset", a)
	}
}

func TestTheClientOfALaterStreamIsNotHeldUpByAnEarlierOne(t *testing.T) {
	release := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		if string(st.Request().Path) == "/slow" {
			<-release
		}
		hello(st)
	}, nil)
	c := dial(t, s)
	c.request(1, ":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/slow")
	c.request(3, get()...)
	if a := c.answer(3); a.status != 200 {
		t.Errorf("the later: %v", a)
	}
	close(release)
	if a := c.answer(1); a.status != 200 {
		t.Errorf("the earlier: %v", a)
	}
}

func TestMoreStreamsThanAllowedAreRefused(t *testing.T) {
	release := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		<-release
		hello(st)
	}, func(s *server) { s.opts.MaxStreams = 3 })
	c := dial(t, s)
	for id := uint32(1); id <= 7; id += 2 {
		c.request(id, get()...)
	}
	if a := c.answer(7); !a.wasRst || a.reset != xhttp2.ErrCodeRefusedStream {
		t.Errorf("got %v, want REFUSED_STREAM", a)
	}
	close(release)
	if a := c.answer(5); a.status != 200 {
		t.Errorf("one within the limit: %v", a)
	}
}

func TestAWrongPrefaceIsToldAtOnce(t *testing.T) {
	s := listen(t, hello, nil)
	c := dialRaw(t, s, "GET / HTTP/1.1\r\n")
	if bye := c.goAway(); bye.code != xhttp2.ErrCodeProtocol ||
		!strings.Contains(bye.why, "preface") {
		t.Errorf("got %v", bye)
	}
	var fault *http2.ConnError
	if err := s.ended(t); !errors.As(err, &fault) {
		t.Errorf("Serve returned %v, want a *ConnError", err)
	}
}

func TestAPanicEndsOnlyItsStream(t *testing.T) {
	told := make(chan any, 1)
	s := listen(t, func(st *http2.Stream) {
		if string(st.Request().Path) == "/panic" {
			panic("oh")
		}
		hello(st)
	}, func(s *server) { s.opts.OnPanic = func(v any, _ []byte) { told <- v } })
	c := dial(t, s)
	c.request(1, ":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/panic")
	if a := c.answer(1); !a.wasRst || a.reset != xhttp2.ErrCodeInternal {
		t.Errorf("got %v, want INTERNAL_ERROR", a)
	}
	if v := <-told; v != "oh" {
		t.Errorf("OnPanic got %v", v)
	}
	c.request(3, get()...)
	if a := c.answer(3); a.status != 200 {
		t.Errorf("the next: %v", a)
	}
	if err := c.conn.Close(); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the connection is gone", func() bool { return s.watch.Conns() == 0 })
}

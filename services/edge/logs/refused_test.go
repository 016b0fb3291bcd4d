package logs_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func dialTCP(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	edgetest.Must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// frames are what write writes, as bytes.
func frames(write func(*xhttp2.Framer)) []byte {
	var out bytes.Buffer
	f := xhttp2.NewFramer(&out, nil)
	f.AllowIllegalWrites = true
	write(f)
	return out.Bytes()
}

// preface is what a client of HTTP/2 begins with.
func preface() []byte {
	return append([]byte(xhttp2.ClientPreface), frames(func(f *xhttp2.Framer) {
		_ = f.WriteSettings()
	})...)
}

// block is a header block; fields are name, value, name, value and so on.
func block(fields ...string) []byte {
	var out bytes.Buffer
	enc := hpack.NewEncoder(&out)
	for i := 0; i < len(fields); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return out.Bytes()
}

// headers is a HEADERS frame of GET /a?secret=1, with more fields.
func headers(id uint32, end bool, more ...string) []byte {
	return frames(func(f *xhttp2.Framer) {
		_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id, EndStream: end, EndHeaders: true, BlockFragment: block(append([]string{
				":method", "GET", ":scheme", "http", ":authority", "a.test", ":path",
				"/a?secret=1",
			}, more...)...),
		})
	})
}

// largeHeaders is a header block that is longer than a head may be.
func largeHeaders() []byte {
	return frames(func(f *xhttp2.Framer) {
		b := block(":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/a",
			"a", strings.Repeat("b", 60<<10))
		const most = 16 << 10
		_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, EndStream: true, BlockFragment: b[:most],
		})
		for b = b[most:]; len(b) > 0; b = b[min(most, len(b)):] {
			_ = f.WriteContinuation(1, len(b) <= most, b[:min(most, len(b))])
		}
	})
}

// headFor is the head of a GET request for a protocol.
func headFor(protocol, path string, stream uint32) []byte {
	if !strings.HasPrefix(protocol, "HTTP/2") {
		return []byte("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n")
	}
	return frames(func(f *xhttp2.Framer) {
		_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: stream, EndStream: true, EndHeaders: true, BlockFragment: block(
				":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", path),
		})
	})
}

// What is refused before there is a request to serve has a line all the same, with as much of the
// request as can be told. Over HTTP/2 that is what was reset by rule, too, and what has ended the
// connection.
func TestTheLogTellsOfWhatWasRefusedUnread(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _, _ = c.Request() }) // silent
	config := fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", timeouts: {header: 500ms}}]
clusters: [{name: up, endpoints: [{address: %q}]}]
routes: [{name: all, path_prefix: /, cluster: up, max_body_bytes: 0}]
admin: {address: "127.0.0.1:0"}
`, up.Addr())
	tlsHello := "\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"
	h2 := func(parts ...[]byte) string {
		return string(preface()) + string(bytes.Join(parts, nil))
	}
	get := func(more ...string) string { return h2(headers(1, true, more...)) }
	for name, tc := range map[string]struct {
		sent   string
		status int
		code   string
		known  bool // method, path and host
		close  bool // the client ends its side
	}{
		"HTTP/1.1: two Hosts": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\nHost: b\r\n\r\n",
			400, "GW_BAD_REQUEST", true, false},
		"HTTP/1.1: two lengths": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\n" +
			"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "GW_BAD_REQUEST", true, false},
		"HTTP/1.1: a fold": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\nA: b\r\n c\r\n\r\n",
			400, "GW_BAD_REQUEST", true, false},
		"HTTP/1.1: a long field": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\nA: " +
			strings.Repeat("b", 70<<10), 431, "GW_HEADERS_TOO_LARGE", true, false},
		"HTTP/1.1: half a head": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\n", 400,
			"GW_BAD_REQUEST", true, true},
		"HTTP/1.1: a slow head": {"GET /a?secret=1 HTTP/1.1\r\nHost: a.test\r\n", 408,
			"GW_REQUEST_TIMEOUT", true, false},
		"garbage":         {"\x00\x01\x02\x03\r\n\r\n", 400, "GW_BAD_REQUEST", false, false},
		"TLS":             {tlsHello, 400, "GW_BAD_REQUEST", false, false},
		"a short preface": {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 0, "GW_", false, false},

		"HTTP/2: a capital letter": {get("A", "b"), 400, "GW_BAD_REQUEST", true, false},
		"HTTP/2: a field about the connection": {get("connection", "close"), 400,
			"GW_BAD_REQUEST", true, false},
		"HTTP/2: a control character": {get("a", "b\x01"), 400, "GW_BAD_REQUEST", true, false},
		"HTTP/2: a large head": {h2(largeHeaders()), 431, "GW_HEADERS_TOO_LARGE", false,
			false},
		"HTTP/2: a stream that depends on itself": {h2(frames(func(f *xhttp2.Framer) {
			_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: 1, EndStream: true, EndHeaders: true,
				Priority: xhttp2.PriorityParam{StreamDep: 1, Weight: 1},
				BlockFragment: block(":method", "GET", ":scheme", "http", ":authority", "a.test",
					":path", "/a?secret=1"),
			})
		})), 400, "GW_BAD_REQUEST", true, false},
		"HTTP/2: more than Content-Length": {h2(headers(1, false, "content-length", "1"),
			frames(func(f *xhttp2.Framer) { _ = f.WriteData(1, true, []byte("more")) })), 400,
			"GW_BAD_REQUEST", true, false},
		"HTTP/2: a window that grows by 0": {h2(headers(1, true),
			frames(func(f *xhttp2.Framer) {
				_ = f.WriteRawFrame(xhttp2.FrameWindowUpdate, 0, 1, []byte{0, 0, 0, 0})
			})), 400, "GW_BAD_REQUEST", true, false},
		"HTTP/2: DATA behind the end": {h2(headers(1, true),
			frames(func(f *xhttp2.Framer) { _ = f.WriteData(1, true, []byte("more")) })), 400,
			"GW_BAD_REQUEST", true, false},
		"HTTP/2: no compression": {h2(frames(func(f *xhttp2.Framer) {
			_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: 1, EndStream: true, EndHeaders: true, BlockFragment: []byte{0xff, 0xff},
			})
		})), 400, "GW_BAD_REQUEST", false, false},
		"HTTP/2: an even stream": {h2(headers(2, true)), 400, "GW_BAD_REQUEST", false, false},
		"HTTP/2: a block without an end": {h2(frames(func(f *xhttp2.Framer) {
			_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: 1, EndStream: true, BlockFragment: block("a", "b"),
			})
		})), 408, "GW_REQUEST_TIMEOUT", false, false},
		"HTTP/2: half a frame": {h2(headers(1, true)[:20]), 408, "GW_REQUEST_TIMEOUT", false,
			false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testkit.StartEdge(t, config)
			c := testkit.Dial(t, e.Addr("public"))
			edgetest.Must(t, c.Send(tc.sent))
			if tc.close {
				edgetest.Must(t, c.CloseWrite())
			}
			got := await(t, e, 1)[0]
			protocol := "HTTP/1.1"
			if strings.HasPrefix(name, "HTTP/2") {
				protocol = "HTTP/2"
			}
			if tc.status != 0 && (int(got.number("status")) != tc.status ||
				got.text("protocol") != protocol) ||
				!strings.HasPrefix(got.text("code"), tc.code) ||
				got.text("client") == "" || got.text("listener") != "public" ||
				len(got.text("request_id")) != 32 {
				t.Errorf("the line is %v, want %d %s over %s", got, tc.status, tc.code, protocol)
			}
			if tc.known && (got.text("method") != "GET" || got.text("path") != "/a" ||
				got.text("host") != "a.test") {
				t.Errorf("the line is %v, want GET a.test/a", got)
			}
			if strings.Contains(e.Stdout(), "secret") {
				t.Error("the query is in the log")
			}
		})
	}
}

// A client that connects and says nothing, as a browser does that may need the connection later,
// has no line.
func TestSilenceHasNoLine(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", timeouts: {header: 300ms}}
  - {name: h2, address: "127.0.0.1:0", http1: false, timeouts: {header: 300ms}}
clusters: [{name: up, endpoints: [{address: %q}]}]
routes: [{name: all, path_prefix: /, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up.Addr()))
	for _, name := range []string{"public", "h2"} {
		if _, err := testkit.Dial(t, e.Addr(name)).Rest(); testkit.IsTimeout(err) {
			t.Errorf("%s: a silent connection stays open", name)
		}
	}
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	await(t, e, 1)
}

package http2_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// A malformed response is a stream error that names its reason, and nothing of it is
// passed on. The connection goes on.
func TestMalformedResponses(t *testing.T) {
	ok := func(more ...string) []string { return append([]string{":status", "200"}, more...) }
	head := func(end bool, fields ...string) func(*endpoint, uint32) {
		return func(g *endpoint, id uint32) { g.head(id, end, fields...) }
	}
	for _, c := range []struct {
		name, method string
		write        func(g *endpoint, id uint32)
		code         http2.Code // 0: PROTOCOL_ERROR
		why          string
	}{
		{"no status", "GET", head(true, "x", "y"), 0, ":status"},
		{"a status of four digits", "GET", head(true, ":status", "2000"), 0, ":status"},
		{"a status that begins with 0", "GET", head(true, ":status", "0600"), 0, ":status"},
		{"a status under 100", "GET", head(true, ":status", "099"), 0, ":status"},
		{"a status with letters", "GET", head(true, ":status", "2x0"), 0, ":status"},
		{"two statuses", "GET", head(true, ":status", "200", ":status", "200"), 0, "twice"},
		{
			"a status behind a field", "GET", head(true, "x", "y", ":status", "200"), 0,
			"after a field",
		},
		{
			"a pseudo field of requests", "GET", head(true, ":status", "200", ":path", "/"), 0,
			"pseudo field",
		},
		{"switching protocols", "GET", head(false, ":status", "101"), 0, "101"},
		{"an interim head that ends the stream", "GET", head(true, ":status", "103"), 0, "interim"},
		{"a capital letter", "GET", head(true, ok("X-A", "b")...), 0, "capital"},
		{"a name with a space", "GET", head(true, ok("x a", "b")...), 0, "character"},
		{"a name that is empty", "GET", head(true, ok("", "b")...), 0, "no name"},
		{"CR in a value", "GET", head(true, ok("x", "a\rb")...), 0, "control"},
		{"LF in a value", "GET", head(true, ok("x", "a\nb")...), 0, "control"},
		{"NUL in a value", "GET", head(true, ok("x", "a\x00b")...), 0, "control"},
		{"space before a value", "GET", head(true, ok("x", " a")...), 0, "white space"},
		{"connection", "GET", head(true, ok("connection", "close")...), 0, "connection"},
		{"keep-alive", "GET", head(true, ok("keep-alive", "1")...), 0, "connection"},
		{
			"proxy-connection", "GET", head(true, ok("proxy-connection", "close")...), 0,
			"connection",
		},
		{
			"transfer-encoding", "GET", head(true, ok("transfer-encoding", "chunked")...), 0,
			"connection",
		},
		{"upgrade", "GET", head(true, ok("upgrade", "x")...), 0, "connection"},
		{"te", "GET", head(true, ok("te", "trailers")...), 0, "connection"},
		{"a length with a sign", "GET", head(true, ok("content-length", "+1")...), 0, "decimal"},
		{
			"two lengths", "GET", head(true, ok("content-length", "1", "content-length", "2")...),
			0, "differ",
		},
		{
			"a length without a body", "GET", head(true, ok("content-length", "1")...), 0,
			"less DATA",
		},
		{"a body that is too long", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok("content-length", "1")...)
			g.must(g.fr.WriteData(id, true, []byte("xx")))
		}, 0, "more DATA"},
		{"a body that is too short", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok("content-length", "3")...)
			g.must(g.fr.WriteData(id, true, []byte("xx")))
		}, 0, "less DATA"},
		{"a body for HEAD", "HEAD", func(g *endpoint, id uint32) {
			g.head(id, false, ok("content-length", "2")...)
			g.must(g.fr.WriteData(id, true, []byte("xx")))
		}, 0, "more DATA"},
		{"a body for 204", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ":status", "204")
			g.must(g.fr.WriteData(id, true, []byte("x")))
		}, 0, "more DATA"},
		{"a body for 304", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ":status", "304")
			g.must(g.fr.WriteData(id, true, []byte("x")))
		}, 0, "more DATA"},
		{"DATA before the head", "GET", func(g *endpoint, id uint32) {
			g.must(g.fr.WriteData(id, false, []byte("x")))
		}, 0, "before a head"},
		{"DATA behind an interim head", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ":status", "100")
			g.must(g.fr.WriteData(id, true, []byte("x")))
		}, 0, "before a head"},
		{"a second head", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok()...)
			g.head(id, false, ok()...)
		}, 0, "does not end"},
		{"a pseudo field in a trailer", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok()...)
			g.head(id, true, ":status", "200")
		}, 0, "trailer"},
		{"a capital letter in a trailer", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok()...)
			g.head(id, true, "X-A", "b")
		}, 0, "capital"},
		{"more fields than allowed", "GET", func(g *endpoint, id uint32) {
			g.head(id, true, ok(strings.Split(strings.Repeat("x y ", 300)[:1199], " ")...)...)
		}, http2.CodeEnhanceYourCalm, "longer than allowed"},
		{"more bytes than allowed", "GET", func(g *endpoint, id uint32) {
			g.head(id, true, ok("x", strings.Repeat("y", 66<<10))...)
		}, http2.CodeEnhanceYourCalm, "longer than allowed"},
		{"a long trailer", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok()...)
			g.head(id, true, "x", strings.Repeat("y", 66<<10))
		}, http2.CodeEnhanceYourCalm, "longer than allowed"},
		{"more interim heads than are read", "GET", func(g *endpoint, id uint32) {
			for range 40 {
				g.head(id, false, ":status", "103")
			}
		}, http2.CodeEnhanceYourCalm, "interim"},
		{"interim heads of more bytes than are kept", "GET", func(g *endpoint, id uint32) {
			for range 12 {
				g.head(id, false, ":status", "103", "x", strings.Repeat("y", 10_000))
			}
		}, http2.CodeEnhanceYourCalm, "interim"},
		{"more than the window", "GET", func(g *endpoint, id uint32) {
			g.head(id, false, ok()...)
			for range 5 {
				g.must(g.fr.WriteData(id, false, make([]byte, 16<<10)))
			}
		}, http2.CodeFlowControl, "window"},
		{"a window by zero", "POST", func(g *endpoint, id uint32) {
			g.must(g.fr.WriteRawFrame(xhttp2.FrameWindowUpdate, 0, id, make([]byte, 4)))
		}, 0, "by 0"},
		{"a window that is too large", "POST", func(g *endpoint, id uint32) {
			g.must(g.fr.WriteWindowUpdate(id, 1<<31-1))
		}, http2.CodeFlowControl, "2^31-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := c.code
			if want == 0 {
				want = http2.CodeProtocol
			}
			cl, g := face(t, callerOptions{})
			s := cl.open()
			g.must(s.WriteHead(target(c.method, "/"), nil, c.method != "POST"))
			id := g.request().StreamID
			c.write(g, id)
			g.flush()
			// It is read only when all has come, so that nothing is read before.
			if r := await[*xhttp2.RSTStreamFrame](g); r.StreamID != id || r.ErrCode != want {
				t.Errorf("the server got RST_STREAM of stream %d with %v, want %v", r.StreamID,
					r.ErrCode, want)
			}
			r := receive(s)
			var fault *http2.StreamError
			if !errors.As(r.err, &fault) || fault.ByPeer || fault.Code != want ||
				!strings.Contains(fault.Reason, c.why) {
				t.Errorf("got %v, want %v for %q", r.err, want, c.why)
			}
			if r.status != 0 || len(r.body) > 0 {
				t.Errorf("status %d and %d bytes were passed on", r.status, len(r.body))
			}
			if s.Unprocessed() {
				t.Error("it says that the server did nothing with the request")
			}
			s.Close()
			next, id := g.sent(cl, "GET")
			g.head(id, true, ok()...)
			g.flush()
			if r := receive(next.ClientStream); r.status != 200 {
				t.Errorf("another stream: %+v", r)
			}
		})
	}
}

// What looks odd and is allowed is passed on.
func TestResponsesAsTheyMayBe(t *testing.T) {
	cl, g := face(t, callerOptions{})
	t.Run("HEAD with a length", func(t *testing.T) {
		s, id := g.sent(cl, "HEAD")
		g.head(id, true, ":status", "200", "content-length", "1000")
		g.flush()
		if r := receive(s.ClientStream); r.status != 200 || r.fields["content-length"] != "1000" ||
			r.err != nil {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("304 with a length", func(t *testing.T) {
		s, id := g.sent(cl, "GET")
		g.head(id, false, ":status", "304", "content-length", "1000")
		g.must(g.fr.WriteData(id, true, nil))
		g.flush()
		if r := receive(s.ClientStream); r.status != 304 || r.err != nil {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("interim heads, a body and trailers", func(t *testing.T) {
		s, id := g.sent(cl, "GET")
		for range 3 {
			g.head(id, false, ":status", "103", "link", "</a>")
		}
		g.head(id, false, ":status", "200", "content-length", "5")
		g.must(g.fr.WriteDataPadded(id, false, []byte("hello"), make([]byte, 7)))
		g.head(id, true, "grpc-status", "0")
		g.flush()
		r := receive(s.ClientStream)
		if len(r.interim) != 3 || r.status != 200 || string(r.body) != "hello" ||
			r.trailer["grpc-status"] != "0" || r.err != nil {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("trailers only", func(t *testing.T) {
		s, id := g.sent(cl, "POST")
		g.head(id, true, ":status", "200", "grpc-status", "5")
		g.flush()
		status, end, err := s.ReadHead()
		if status != 200 || !end || err != nil ||
			fieldsOf(s.Head(), http2.First)["grpc-status"] != "5" {
			t.Errorf("got %d, %v, %v", status, end, err)
		}
	})
	t.Run("a field that is never to be indexed", func(t *testing.T) {
		s, id := g.sent(cl, "GET")
		b := append([]byte{0x88, 0x10, 1}, "x\x01y"...)
		g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id, BlockFragment: b, EndStream: true, EndHeaders: true,
		}))
		g.flush()
		if r := receive(s.ClientStream); r.fields["x"] != "y" || !s.Head().Sensitive(1) {
			t.Errorf("got %+v, sensitive %v", r, s.Head().Sensitive(1))
		}
	})
}

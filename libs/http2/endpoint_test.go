package http2_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// An endpoint is a server that can do everything wrong: it writes frames by hand.
type endpoint struct {
	t    testing.TB
	conn net.Conn
	fr   *xhttp2.Framer
	out  bytes.Buffer // frames not flushed
	enc  *hpack.Encoder
	blk  bytes.Buffer
	// grants are what the client's WINDOW_UPDATE frames gave, by stream.
	grants map[uint32]int64
}

// face connects a caller to an endpoint that has read the preface and written its
// settings.
func face(t testing.TB, o callerOptions, settings ...xhttp2.Setting) (*caller, *endpoint) {
	t.Helper()
	c, g := faceMute(t, o)
	g.must(g.fr.WriteSettings(settings...))
	g.flush()
	c.ready()
	return c, g
}

// faceMute is face without the settings.
func faceMute(t testing.TB, o callerOptions) (*caller, *endpoint) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := call(t, ln.Addr().String(), o)
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	g := &endpoint{t: t, conn: conn, grants: map[uint32]int64{}}
	g.must(conn.SetDeadline(time.Now().Add(deadline)))
	preface := make([]byte, len(xhttp2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil || string(preface) != xhttp2.ClientPreface {
		t.Fatalf("the preface is %q, %v", preface, err)
	}
	g.fr = xhttp2.NewFramer(&g.out, conn)
	g.fr.AllowIllegalWrites = true
	g.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	g.enc = hpack.NewEncoder(&g.blk)
	return c, g
}

func (g *endpoint) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// flush sends what was written; that the client has closed is for next to find.
func (g *endpoint) flush() {
	_, _ = g.conn.Write(g.out.Bytes())
	g.out.Reset()
}

func (g *endpoint) block(fields ...string) []byte {
	g.blk.Reset()
	for i := 0; i < len(fields); i += 2 {
		g.must(g.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return g.blk.Bytes()
}

// head writes HEADERS, with CONTINUATION where it takes that.
func (g *endpoint) head(id uint32, end bool, fields ...string) {
	b := g.block(fields...)
	n := min(len(b), 16<<10)
	g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: id, BlockFragment: b[:n], EndStream: end, EndHeaders: n == len(b),
	}))
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), 16<<10)
		g.must(g.fr.WriteContinuation(id, n == len(b), b[:n]))
	}
}

// next reads a frame that is about streams, PING or GOAWAY. Settings are
// acknowledged.
func (g *endpoint) next() (xhttp2.Frame, error) {
	for {
		f, err := g.fr.ReadFrame()
		if err != nil {
			return nil, err
		}
		switch f := f.(type) {
		case *xhttp2.SettingsFrame:
			if !f.IsAck() {
				g.must(g.fr.WriteSettingsAck())
				g.flush()
			}
			continue
		case *xhttp2.WindowUpdateFrame:
			g.grants[f.StreamID] += int64(f.Increment)
		}
		return f, nil
	}
}

// await reads until a frame of this type comes.
func await[F xhttp2.Frame](g *endpoint) F {
	g.t.Helper()
	for {
		f, err := g.next()
		if err != nil {
			g.t.Fatalf("waiting for %T: %v", *new(F), err)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}

// request reads the next request's head.
func (g *endpoint) request() *xhttp2.MetaHeadersFrame {
	g.t.Helper()
	return await[*xhttp2.MetaHeadersFrame](g)
}

// bye reads until the client says goodbye and closes.
func (g *endpoint) bye() (bye *goneAway) {
	g.t.Helper()
	for {
		f, err := g.next()
		if err != nil {
			if bye == nil || !errors.Is(err, io.EOF) {
				g.t.Fatalf("after %v: %v, want GOAWAY then the end", bye, err)
			}
			return bye
		}
		if f, ok := f.(*xhttp2.GoAwayFrame); ok {
			bye = &goneAway{last: f.LastStreamID, code: f.ErrCode, why: string(f.DebugData())}
		}
	}
}

// sent opens a stream of c and sends a request without a body, which g has read.
func (g *endpoint) sent(c *caller, method string) (s *stream, id uint32) {
	g.t.Helper()
	s = &stream{ClientStream: c.open()}
	g.t.Cleanup(s.close)
	g.must(s.WriteHead(target(method, "/"), nil, true))
	return s, g.request().StreamID
}

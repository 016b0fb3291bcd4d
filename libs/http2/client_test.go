package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// client is a client that can do everything wrong: it writes frames by hand.
type client struct {
	t    testing.TB
	conn net.Conn
	fr   *xhttp2.Framer
	out  bytes.Buffer // frames not flushed
	sent int          // frames written
	enc  *hpack.Encoder
	blk  bytes.Buffer
}

// dial connects and sends the preface with settings; the server's greeting is
// left to be read.
func dial(t testing.TB, s *server, settings ...xhttp2.Setting) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr(), deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn}
	c.fr = xhttp2.NewFramer((*frames)(c), conn)
	c.fr.AllowIllegalWrites = true
	c.enc = hpack.NewEncoder(&c.blk)
	c.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.out.WriteString(xhttp2.ClientPreface)
	c.must(c.fr.WriteSettings(settings...))
	c.flush()
	return c
}

// frames is where a client writes, a frame at a time.
type frames client

func (f *frames) Write(p []byte) (int, error) {
	f.sent++
	return f.out.Write(p)
}

func (c *client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// flush sends what was written; that the server has closed is for read to find.
func (c *client) flush() {
	_, _ = c.conn.Write(c.out.Bytes())
	c.out.Reset()
}

// block encodes fields given as name, value, name, value…
func (c *client) block(fields ...string) []byte {
	c.blk.Reset()
	for i := 0; i < len(fields); i += 2 {
		c.must(c.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return c.blk.Bytes()
}

// get is the head of a simple request.
func get(more ...string) []string {
	return append([]string{
		":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/",
	}, more...)
}

func post(more ...string) []string {
	return append([]string{
		":method", "POST", ":scheme", "http", ":authority", "a.test", ":path", "/",
	}, more...)
}

// headers writes a HEADERS frame.
func (c *client) headers(id uint32, end bool, fields ...string) {
	b := c.block(fields...)
	n := min(len(b), 16<<10)
	c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: id, BlockFragment: b[:n], EndStream: end, EndHeaders: n == len(b),
	}))
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), 16<<10)
		c.must(c.fr.WriteContinuation(id, n == len(b), b[:n]))
	}
}

// request sends a request without a body.
func (c *client) request(id uint32, fields ...string) {
	c.headers(id, true, fields...)
	c.flush()
}

// raw sends a frame as given.
func (c *client) raw(typ xhttp2.FrameType, flags xhttp2.Flags, id uint32, payload []byte) {
	c.must(c.fr.WriteRawFrame(typ, flags, id, payload))
}

// answer is what came on a stream.
type answer struct {
	interim []int
	status  int
	fields  []hpack.HeaderField
	trailer []hpack.HeaderField
	body    []byte
	reset   xhttp2.ErrCode // valid if wasReset
	wasRst  bool
	ended   bool
}

func (a answer) String() string {
	return fmt.Sprintf("status %d, %d bytes, reset %v (%v), ended %v", a.status, len(a.body),
		a.wasRst, a.reset, a.ended)
}

// next reads a frame; GOAWAY and the end of the connection are errors.
func (c *client) next() (xhttp2.Frame, error) {
	f, err := c.fr.ReadFrame()
	if err != nil {
		return nil, err
	}
	if g, ok := f.(*xhttp2.GoAwayFrame); ok {
		return nil, &goneAway{last: g.LastStreamID, code: g.ErrCode, why: string(g.DebugData())}
	}
	if s, ok := f.(*xhttp2.SettingsFrame); ok && !s.IsAck() {
		c.must(c.fr.WriteSettingsAck())
		c.flush()
	}
	return f, nil
}

// goneAway is a GOAWAY frame.
type goneAway struct {
	last uint32
	code xhttp2.ErrCode
	why  string
}

func (g *goneAway) Error() string {
	return fmt.Sprintf("GOAWAY %v after %d: %s", g.code, g.last, g.why)
}

// answer reads until the stream has ended. It grants no windows.
func (c *client) answer(id uint32) answer {
	c.t.Helper()
	var a answer
	for !a.ended {
		f, err := c.next()
		if err != nil {
			c.t.Fatalf("waiting for stream %d: %v", id, err)
		}
		if f.Header().StreamID == id {
			a.take(c.t, f)
		}
	}
	return a
}

func (a *answer) take(t testing.TB, f xhttp2.Frame) {
	t.Helper()
	switch f := f.(type) {
	case *xhttp2.MetaHeadersFrame:
		switch {
		case a.status != 0:
			a.trailer = append(a.trailer, f.Fields...)
		default:
			n, err := strconv.Atoi(f.PseudoValue("status"))
			if err != nil {
				t.Fatalf("a head without a status: %v", f.Fields)
			}
			if n < 200 {
				a.interim = append(a.interim, n)
			} else {
				a.status = n
				a.fields = append(a.fields, f.RegularFields()...)
			}
		}
		a.ended = f.StreamEnded()
	case *xhttp2.DataFrame:
		a.body = append(a.body, f.Data()...)
		a.ended = f.StreamEnded()
	case *xhttp2.RSTStreamFrame:
		a.reset, a.wasRst, a.ended = f.ErrCode, true, true
	}
}

// goAway reads until the server says goodbye, then until it closes.
func (c *client) goAway() *goneAway {
	c.t.Helper()
	var bye *goneAway
	for {
		_, err := c.next()
		var g *goneAway
		switch {
		case err == nil:
		case errors.As(err, &g):
			bye = g
		case bye == nil || !errors.Is(err, io.EOF):
			c.t.Fatalf("after %v: %v, want GOAWAY then the end", bye, err)
		default:
			return bye
		}
	}
}

// dialRaw connects and sends only text.
func dialRaw(t testing.TB, s *server, text string) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr(), deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &client{t: t, conn: conn}
	c.must(conn.SetDeadline(time.Now().Add(deadline)))
	c.fr = xhttp2.NewFramer(&c.out, conn)
	c.out.WriteString(text)
	c.flush()
	return c
}

// answerGreeting reads the server's settings, and that it has adopted ours.
func (c *client) answerGreeting() {
	c.t.Helper()
	for {
		f, err := c.next()
		c.must(err)
		if s, ok := f.(*xhttp2.SettingsFrame); ok && s.IsAck() {
			return
		}
	}
}

// bye reads until GOAWAY.
func (c *client) bye() *goneAway {
	c.t.Helper()
	for {
		_, err := c.next()
		var g *goneAway
		if errors.As(err, &g) {
			return g
		}
		c.must(err)
	}
}

func newHpackEncoder(to *bytes.Buffer) *hpack.Encoder { return hpack.NewEncoder(to) }

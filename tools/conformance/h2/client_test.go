package h2_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// patience bounds every connection of a test.
const patience = 60 * time.Second

// client is a client that can do everything wrong: it writes frames by hand, and a goroutine of its
// own reads what comes.
type client struct {
	t    testing.TB
	conn net.Conn
	fr   *xhttp2.Framer
	out  bytes.Buffer // frames that were not sent yet
	sent int          // frames written
	enc  *hpack.Encoder
	blk  bytes.Buffer

	bye   chan goneAway // the GOAWAY that said an error, if one came
	ended chan struct{} // closed at the end of the connection
	mu    sync.Mutex
	// ends counts the streams that the edge ended, by how; guarded by mu.
	ends map[string]int
	// bodies is how many bytes of DATA came; guarded by mu.
	bodies int64
}

type goneAway struct {
	code xhttp2.ErrCode
	why  string
}

func (g goneAway) String() string { return fmt.Sprintf("GOAWAY %v %q", g.code, g.why) }

// dial connects to a listener of the edge and exchanges settings. read says whether anything is
// read after those.
func dial(
	t testing.TB, f *testkit.Front, listener string, read bool, settings ...xhttp2.Setting,
) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", f.Addr(listener), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if listener == "tls" {
		conn = tls.Client(conn, f.TLS("h2"))
	}
	c := &client{
		t: t, conn: conn, bye: make(chan goneAway, 1), ended: make(chan struct{}),
		ends: map[string]int{},
	}
	c.fr = xhttp2.NewFramer((*frames)(c), conn)
	c.fr.AllowIllegalWrites = true
	c.enc = hpack.NewEncoder(&c.blk)
	c.out.WriteString(xhttp2.ClientPreface)
	c.must(c.fr.WriteSettings(settings...))
	c.flush()
	for acknowledged := false; !acknowledged; {
		fr, err := c.fr.ReadFrame()
		if err != nil {
			t.Fatalf("before the attack: %v", err)
		}
		if s, ok := fr.(*xhttp2.SettingsFrame); ok {
			if acknowledged = s.IsAck(); !acknowledged {
				c.must(c.fr.WriteSettingsAck())
				c.flush()
			}
		}
	}
	if read {
		go c.read()
	}
	c.sent = 0
	return c
}

// read takes what comes until the connection ends.
func (c *client) read() {
	defer close(c.ended)
	fr := xhttp2.NewFramer(nil, c.conn)
	fr.SetReuseFrames()
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return
		}
		c.mu.Lock()
		switch f := f.(type) {
		case *xhttp2.GoAwayFrame:
			if g := (goneAway{
				code: f.ErrCode, why: string(f.DebugData()),
			}); g.code != xhttp2.ErrCodeNo && len(c.bye) == 0 {
				c.bye <- g
			}
		case *xhttp2.RSTStreamFrame:
			c.ends["reset"]++
		case *xhttp2.HeadersFrame:
			if f.StreamEnded() {
				c.ends["end"]++
			}
		case *xhttp2.DataFrame:
			c.bodies += int64(len(f.Data()))
			if f.StreamEnded() {
				c.ends["end"]++
			}
		}
		c.mu.Unlock()
	}
}

// close ends the connection from this side.
func (c *client) close() {
	c.conn.Close()
	<-c.ended
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

// flush sends what was written; that the edge has closed is for read to find.
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
	return bytes.Clone(c.blk.Bytes())
}

// request is a head, with more fields behind.
func request(method, path string, more ...string) []string {
	return append([]string{
		":method", method, ":scheme", "http", ":authority", "a.test", ":path", path,
	}, more...)
}

// headers writes a header block.
func (c *client) headers(id uint32, end bool, fields ...string) {
	c.blockOf(id, end, c.block(fields...))
}

func (c *client) blockOf(id uint32, end bool, b []byte) {
	n := min(len(b), 16<<10)
	c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: id, BlockFragment: b[:n], EndStream: end, EndHeaders: n == len(b),
	}))
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), 16<<10)
		c.must(c.fr.WriteContinuation(id, n == len(b), b[:n]))
	}
}

func (c *client) raw(typ xhttp2.FrameType, flags xhttp2.Flags, id uint32, payload []byte) {
	c.must(c.fr.WriteRawFrame(typ, flags, id, payload))
}

func (c *client) reset(id uint32) { c.must(c.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel)) }

func (c *client) grow(id, n uint32) { c.must(c.fr.WriteWindowUpdate(id, n)) }

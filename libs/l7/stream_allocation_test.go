package l7

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// streamClient asks for the same thing again and again over HTTP/2, and allocates
// nothing for it: its requests are bytes made before, but for the stream's number. All
// their fields are in the table of HPACK, as those of most requests are.
type streamClient struct {
	t       testing.TB
	conn    net.Conn
	request []byte
	ids     []int // where stream numbers are in request
	next    uint32
	buf     []byte
	r, w    int
}

// newStreamClient makes a client that sends a request on each of so many streams at
// once, with a body if that is not empty.
func newStreamClient(t testing.TB, conn net.Conn, streams int, body string) *streamClient {
	t.Helper()
	c := &streamClient{t: t, conn: conn, next: 1, buf: make([]byte, 64<<10)}
	var hello, batch, block bytes.Buffer
	hello.WriteString(http2.ClientPreface)
	fr := http2.NewFramer(&hello, nil)
	method := "GET"
	if body != "" {
		method = "POST"
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	enc := hpack.NewEncoder(&block)
	fields := func() {
		block.Reset()
		for _, f := range [][2]string{
			{":method", method}, {":scheme", "http"}, {":path", "/users/7"},
			{":authority", "a.test"}, {"user-agent", "test"}, {"accept", "*/*"},
		} {
			must(enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}))
		}
	}
	must(fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30}))
	must(fr.WriteSettingsAck())
	must(fr.WriteWindowUpdate(0, 1<<30))
	fields() // which puts them into the server's table; that makes strings of them
	must(fr.WriteHeaders(http2.HeadersFrameParam{
		StreamID: c.next, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true,
	}))
	c.next += 2
	if _, err := conn.Write(hello.Bytes()); err != nil {
		t.Fatal(err)
	}
	for !c.frame() {
	}
	fields() // from the table, and the same each time
	fr = http2.NewFramer(&batch, nil)
	for range streams {
		c.ids = append(c.ids, batch.Len()+5)
		must(fr.WriteHeaders(http2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: body == "",
		}))
		if body != "" {
			c.ids = append(c.ids, batch.Len()+5)
			must(fr.WriteData(1, true, []byte(body)))
		}
	}
	c.request = batch.Bytes()
	return c
}

// exchange sends the requests and waits for the ends of all responses.
func (c *streamClient) exchange() {
	perStream := len(c.ids)
	if c.request[c.ids[0]-1]&byte(http2.FlagHeadersEndStream) == 0 {
		perStream /= 2
	}
	for i, at := range c.ids {
		binary.BigEndian.PutUint32(c.request[at:], c.next)
		if perStream == len(c.ids) || i%2 == 1 {
			c.next += 2
		}
	}
	if _, err := c.conn.Write(c.request); err != nil {
		c.t.Fatal(err)
	}
	for left := perStream; left > 0; {
		if c.frame() {
			left--
		}
	}
}

// frame reads a frame and reports whether it ends a stream.
func (c *streamClient) frame() bool {
	const head = 9
	c.fill(head)
	b := c.buf[c.r:]
	n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	kind, flags := http2.FrameType(b[3]), http2.Flags(b[4])
	c.fill(head + n)
	payload := c.buf[c.r+head : c.r+head+n]
	c.r += head + n
	switch kind {
	case http2.FramePing:
		if flags&http2.FlagPingAck == 0 {
			c.t.Fatal("the server pings within a short test")
		}
	case http2.FrameRSTStream, http2.FrameGoAway:
		c.t.Fatalf("the server sent %v: %x", kind, payload)
	case http2.FrameHeaders:
		// 200 is in the static table, and the server has no reason to write it out.
		if len(payload) == 0 || payload[0] != 0x88 && payload[0]&0xe0 != 0x20 {
			c.t.Fatalf("the head is %x, not that of a 200", payload)
		}
		return flags&http2.FlagHeadersEndStream != 0
	case http2.FrameData:
		return flags&http2.FlagDataEndStream != 0
	}
	return false
}

// fill reads until there are n bytes.
func (c *streamClient) fill(n int) {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.r+n > len(c.buf) {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	for c.w-c.r < n {
		k, err := c.conn.Read(c.buf[c.w:])
		if err != nil {
			c.t.Fatal(err)
		}
		c.w += k
	}
}

// A stream allocates nothing either, alone or with others. (A field that is not in the
// table yet costs a string or two, which HPACK's decoder makes.)
func TestAStreamAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	for _, tc := range []struct {
		name    string
		streams int
		body    string
	}{
		{"one GET", 1, ""},
		{"16 at a time", 16, ""},
		{"POST with a body", 1, "hello"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, address := startEngine(t, document(serveUpstream(t, answerAll)), nil)
			c := newStreamClient(t, connect(t, address), tc.streams, tc.body)
			for range 300 {
				c.exchange() // let buffers and pools grow
			}
			if n := testing.AllocsPerRun(1000, c.exchange); n > 0 {
				t.Errorf("%v allocations for %d streams, want none", n, tc.streams)
			}
		})
	}
}

// Over TLS the numbers have what crypto/tls allocates on both sides.
func BenchmarkExchangeOverHTTP2(b *testing.B) {
	authority := testkit.NewAuthority(b)
	for _, secure := range []bool{false, true} {
		for _, streams := range []int{1, 16} {
			b.Run(fmt.Sprintf("secure=%t/streams=%d", secure, streams), func(b *testing.B) {
				d := document(serveUpstream(b, func(c net.Conn) {
					_ = c.SetDeadline(noDeadline)
					answerAll(c)
				}))
				if secure {
					secureListener(b, d, authority, "a.test")
				}
				_, address := startEngine(b, d, nil)
				var conn net.Conn
				if secure {
					conn = dialTLS(b, address, &tls.Config{
						RootCAs: authority.Pool(), ServerName: "a.test", NextProtos: []string{"h2"},
					})
				} else {
					conn = connect(b, address)
				}
				_ = conn.SetDeadline(noDeadline)
				c := newStreamClient(b, conn, streams, "")
				b.ReportAllocs()
				for b.Loop() {
					c.exchange()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams),
					"ns/request")
			})
		}
	}
}

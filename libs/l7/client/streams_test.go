package client_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// streams is a connection whose client writes frames by hand.
type streams struct {
	*caller
	watch *http2.Watch // the test's
	fr    *xhttp2.Framer
	out   bytes.Buffer // frames that were not sent
	enc   *hpack.Encoder
	blk   bytes.Buffer
	id    uint32 // of the last request
	came  chan *http2.Stream
	freed chan struct{}
}

// never is later than any test lets its watch tick.
const never = 100000 * time.Hour

func newStreams(t testing.TB, settings ...xhttp2.Setting) *streams {
	t.Helper()
	socks := netx.NewWatch()
	sock, peer := pair(t, socks)
	c := &streams{
		caller: peer, watch: http2.NewWatch(), id: ^uint32(0),
		came: make(chan *http2.Stream, 10), freed: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	conn := http2.NewConn(sock, c.watch, http2.Options{
		BodyIdle: limit, KeepAlive: never, HeaderTime: never, ExtendedConnect: true,
		HeadBytes: 4 << 10,
	}, func(s *http2.Stream) {
		c.came <- s
		<-c.freed // the test uses the stream until its end
	})
	served := call(func() error { return conn.Serve(ctx, nil) })
	ticked := call(func() error { return socks.Run(ctx) })
	t.Cleanup(func() {
		close(c.freed)
		stop()
		<-served
		<-ticked
	})
	c.fr = xhttp2.NewFramer(&c.out, c)
	c.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.enc = hpack.NewEncoder(&c.blk)
	c.out.WriteString(xhttp2.ClientPreface)
	c.must(c.fr.WriteSettings(settings...))
	c.must(c.fr.WriteSettingsAck())
	c.flush()
	return c
}

func (c *streams) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *streams) flush() {
	c.t.Helper()
	c.say(c.out.String())
	c.out.Reset()
}

func (c *streams) block(fields ...string) []byte {
	c.blk.Reset()
	for i := 0; i < len(fields); i += 2 {
		c.must(c.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return c.blk.Bytes()
}

// head writes the head of the next request; flush sends it.
func (c *streams) head(end bool, fields ...string) {
	c.t.Helper()
	c.id += 2
	c.trailer(end, fields...)
}

func (c *streams) trailer(end bool, fields ...string) {
	c.t.Helper()
	c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: c.id, BlockFragment: c.block(fields...), EndHeaders: true, EndStream: end,
	}))
}

func (c *streams) data(end bool, text string) {
	c.t.Helper()
	c.must(c.fr.WriteData(c.id, end, []byte(text)))
}

// resets resets the stream of the last request.
func (c *streams) resets() {
	c.t.Helper()
	c.must(c.fr.WriteRSTStream(c.id, http2.CodeCancel))
	c.flush()
}

// post begins a request whose body may follow.
func (c *streams) post(end bool) {
	c.t.Helper()
	c.head(end, ":method", "POST", ":scheme", "http", ":authority", "a.test", ":path", "/a")
}

// stream sends what was written and takes the stream that it opens.
func (c *streams) stream() *http2.Stream {
	c.t.Helper()
	c.flush()
	return within(c.t, c.came)
}

// side is stream, as a Side.
func (c *streams) side() (*client.HTTP2, *http2.Stream) {
	c.t.Helper()
	s := c.stream()
	side := &client.HTTP2{}
	side.Begin(s, limit)
	return side, s
}

// await reads frames until one of this type comes.
func await[F xhttp2.Frame](c *streams) F {
	c.t.Helper()
	for {
		f, err := c.fr.ReadFrame()
		if err != nil {
			c.t.Fatalf("waiting for %T: %v", *new(F), err)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}

// answered reads a head, of which these fields are wanted, each as name=value.
func (c *streams) answered(end bool, want ...string) {
	c.t.Helper()
	h := await[*xhttp2.MetaHeadersFrame](c)
	if len(h.Fields) != len(want) || h.StreamEnded() != end {
		c.t.Errorf("the client gets %v, end %v; want %q", h.Fields, h.StreamEnded(), want)
		return
	}
	for i, f := range h.Fields {
		if got := f.Name + "=" + f.Value; got != want[i] {
			c.t.Errorf("the client gets %q, want %q", got, want[i])
		}
	}
}

// gets reads a piece of a body.
func (c *streams) gets(text string, end bool) {
	c.t.Helper()
	f := await[*xhttp2.DataFrame](c)
	if string(f.Data()) != text || f.StreamEnded() != end {
		c.t.Errorf("DATA has %q, end %v; want %q, end %v", f.Data(), f.StreamEnded(), text, end)
	}
}

// wasReset reads until a stream is reset, with this code.
func (c *streams) wasReset(code http2.Code) {
	c.t.Helper()
	if f := await[*xhttp2.RSTStreamFrame](c); f.ErrCode != code {
		c.t.Errorf("the stream was reset with %v, want %v", f.ErrCode, code)
	}
}

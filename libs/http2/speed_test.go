package http2_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// loader is a client that costs little: its requests are bytes made before, and
// of what comes it looks at no more than frame headers.
type loader struct {
	conn  net.Conn
	batch []byte // what it sends for one batch
	n     int    // streams in one batch
	id    uint32
	buf   []byte
	r, w  int
	// ids are where stream numbers are in batch.
	ids []int
}

// frame headers of a request whose fields are in the peer's table or the static one.
func newLoader(t testing.TB, addr string, streams int) *loader {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l := &loader{conn: conn, n: streams, id: 1, buf: make([]byte, 64<<10)}
	var hello bytes.Buffer
	hello.WriteString(xhttp2.ClientPreface)
	fr := xhttp2.NewFramer(&hello, nil)
	_ = fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1 << 30})
	_ = fr.WriteWindowUpdate(0, 1<<30)
	c := &client{t: t}
	c.fr = xhttp2.NewFramer(&c.out, nil)
	c.enc = newHpackEncoder(&c.blk)
	browser := get("user-agent", "Mozilla/5.0 (X11; Linux x86_64)", "accept", "*/*",
		"accept-encoding", "gzip, deflate, br", "cookie", "session=0123456789abcdef")
	_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: 1, BlockFragment: c.block(browser...), EndStream: true, EndHeaders: true,
	})
	if _, err := conn.Write(hello.Bytes()); err != nil {
		t.Fatal(err)
	}
	l.await(t, 1)
	l.id = 3
	block := c.block(browser...)
	for range streams {
		l.ids = append(l.ids, c.out.Len()+5)
		_ = c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block, EndStream: true, EndHeaders: true,
		})
	}
	l.batch = bytes.Clone(c.out.Bytes())
	return l
}

// round sends a batch of requests and reads their answers.
func (l *loader) round(t testing.TB) {
	for _, at := range l.ids {
		l.batch[at], l.batch[at+1], l.batch[at+2], l.batch[at+3] = byte(l.id>>24), byte(l.id>>16),
			byte(l.id>>8), byte(l.id)
		l.id += 2
	}
	if _, err := l.conn.Write(l.batch); err != nil {
		t.Fatal(err)
	}
	l.await(t, l.n)
}

// await reads until so many streams have ended.
func (l *loader) await(t testing.TB, n int) {
	for n > 0 {
		for l.w-l.r >= 9 {
			h := l.buf[l.r:]
			size := 9 + int(h[0])<<16 + int(h[1])<<8 + int(h[2])
			if l.w-l.r < size {
				break
			}
			switch typ, flags := xhttp2.FrameType(h[3]), xhttp2.Flags(h[4]); {
			case typ == xhttp2.FrameGoAway || typ == xhttp2.FrameRSTStream:
				t.Fatalf("got %v: %q", typ, h[9:size])
			case (typ == xhttp2.FrameData || typ == xhttp2.FrameHeaders) &&
				flags.Has(xhttp2.FlagDataEndStream):
				n--
			}
			l.r += size
		}
		if n == 0 {
			break
		}
		l.w = copy(l.buf, l.buf[l.r:l.w])
		l.r = 0
		m, err := l.conn.Read(l.buf[l.w:])
		if err != nil {
			t.Fatal(err)
		}
		l.w += m
	}
}

// trivial answers like a proxy whose upstream is fast.
func trivial(s *http2.Stream) {
	f := s.Fields()
	f.AddString("Server", "gateway")
	f.AddString("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
	f.AddString("Content-Type", "text/plain; charset=utf-8")
	f.AddString("Content-Length", "100")
	_ = s.WriteHead(200, hundred, true)
}

var hundred = bytes.Repeat([]byte("0123456789"), 10)

// TestARequestAllocatesNothing counts over many requests, of which the pools
// lose some to the garbage collector.
func TestARequestAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates, and drops what is put into pools")
	}
	s := listen(t, trivial, nil)
	l := newLoader(t, s.addr(), 16)
	for range 100 {
		l.round(t)
	}
	if perRound := testing.AllocsPerRun(500, func() { l.round(t) }); perRound > 1 {
		t.Errorf("16 requests allocate %v times, want at most once", perRound)
	}
}

// BenchmarkServer compares with x/net's server, with the same client in the same
// process. One op is one request.
func BenchmarkServer(b *testing.B) {
	for _, load := range []struct{ conns, streams int }{{4, 16}, {32, 1}} {
		name := fmt.Sprintf("%dx%d", load.conns, load.streams)
		b.Run(name+"/ours", func(b *testing.B) {
			s := listen(b, trivial, nil)
			drive(b, s.addr(), load.conns, load.streams)
		})
		b.Run(name+"/x-net", func(b *testing.B) {
			drive(b, listenNet(b), load.conns, load.streams)
		})
	}
}

// drive spreads b.N requests over connections.
func drive(b *testing.B, addr string, conns, streams int) {
	loaders := make([]*loader, conns)
	for i := range loaders {
		loaders[i] = newLoader(b, addr, streams)
	}
	rounds := max(b.N/(conns*streams), 1)
	b.ReportAllocs()
	b.ResetTimer()
	used := cpu()
	var wg sync.WaitGroup
	for _, l := range loaders {
		wg.Go(func() {
			for range rounds {
				l.round(b)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpu()-used)/float64(rounds*conns*streams), "cpu-ns/op")
}

// listenNet serves the same with x/net's server, and returns its address.
func listenNet(b *testing.B) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	b.Cleanup(func() {
		cancel()
		ln.Close()
		wg.Wait()
	})
	srv := &xhttp2.Server{MaxConcurrentStreams: 100}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := w.Header()
		f.Set("Server", "gateway")
		f.Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
		f.Set("Content-Type", "text/plain; charset=utf-8")
		f.Set("Content-Length", "100")
		_, _ = w.Write(hundred)
	})
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				defer stop()
				srv.ServeConn(conn, &xhttp2.ServeConnOpts{
					Context: ctx, BaseConfig: &http.Server{ReadTimeout: time.Minute, ErrorLog: nil},
					Handler: h,
				})
			})
		}
	})
	return ln.Addr().String()
}

// BenchmarkBody sends a large body each way.
func BenchmarkBody(b *testing.B) {
	const size = 1 << 20
	body := make([]byte, size)
	b.Run("down", func(b *testing.B) {
		s := listen(b, func(st *http2.Stream) { _ = st.WriteHead(200, body, true) }, nil)
		l := newLoader(b, s.addr(), 1)
		b.SetBytes(size)
		for b.Loop() {
			if l.id > 1500 { // its window is used up
				b.StopTimer()
				l = newLoader(b, s.addr(), 1)
				b.StartTimer()
			}
			l.round(b)
		}
	})
	b.Run("up", func(b *testing.B) {
		s := listen(b, func(st *http2.Stream) {
			buf := make([]byte, 32<<10)
			for {
				if _, err := st.ReadBody(buf); err != nil {
					if err == io.EOF {
						_ = st.WriteHead(200, nil, true)
					}
					return
				}
			}
		}, func(s *server) { s.opts.StreamWindow, s.opts.ConnWindow = 2*size, 2*size })
		c := dial(b, s)
		c.answerGreeting()
		b.SetBytes(size)
		id := uint32(1)
		for b.Loop() {
			c.headers(id, false, post()...)
			for rest := size; rest > 0; rest -= 16 << 10 {
				c.must(c.fr.WriteData(id, rest == 16<<10, body[:16<<10]))
			}
			c.flush()
			c.answer(id)
			id += 2
		}
	})
}

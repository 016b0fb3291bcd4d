package endpoint_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// never is later than any test lets its watch tick.
const never = 100000 * time.Hour

// server is an endpoint that speaks HTTP/2, frame by frame.
type server struct {
	*peer
	fr  *xhttp2.Framer
	out bytes.Buffer // frames that were not sent
	enc *hpack.Encoder
	blk bytes.Buffer
}

// streaming is a place whose endpoint speaks HTTP/2, with a first stream on its
// connection. watch is what limits the waits for streams; the test lets it tick.
func streaming(
	t testing.TB, settings ...xhttp2.Setting,
) (a *attempt, s *server, p *place, watch *http2.Watch) {
	t.Helper()
	watch = http2.NewWatch()
	p = newPlace(t, upstream.Options{
		Protocol: "h2c", Streams: watch,
		HTTP2: http2.ClientOptions{PingAfter: never}, // ticks may be hours
	})
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	// The watch of sockets finds an end that comes together with the last bytes.
	wg.Go(func() { _ = p.watch.Run(ctx) })
	t.Cleanup(func() {
		p.endpoint.Retire()
		testkit.Eventually(t, "all connections end", func() bool { return p.cluster.Open() == 0 })
		stop()
		wg.Wait()
	})
	connecting := call(func() *attempt { return p.connect(p.streamed()) })
	s = &server{peer: p.peer()}
	s.hear(xhttp2.ClientPreface)
	s.fr = xhttp2.NewFramer(&s.out, s)
	s.fr.AllowIllegalWrites = true
	s.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	s.enc = hpack.NewEncoder(&s.blk)
	s.must(s.fr.WriteSettings(settings...))
	s.flush()
	return within(t, connecting), s, p, watch
}

func (p *place) streamed() *endpoint.Dial {
	d := p.dial()
	d.Streamed = true
	return d
}

func (s *server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) flush() {
	_, _ = s.Write(s.out.Bytes()) // that the gateway has closed is for next to find
	s.out.Reset()
}

// head sends HEADERS, with CONTINUATION where it takes that.
func (s *server) head(id uint32, end bool, fields ...string) {
	s.t.Helper()
	s.blk.Reset()
	for i := 0; i < len(fields); i += 2 {
		s.must(s.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	b := s.blk.Bytes()
	n := min(len(b), 16<<10)
	s.must(s.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: id, BlockFragment: b[:n], EndStream: end, EndHeaders: n == len(b),
	}))
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), 16<<10)
		s.must(s.fr.WriteContinuation(id, n == len(b), b[:n]))
	}
	s.flush()
}

func (s *server) data(id uint32, end bool, text string) {
	s.t.Helper()
	s.must(s.fr.WriteData(id, end, []byte(text)))
	s.flush()
}

func (s *server) resetStream(id uint32, code http2.Code) {
	s.t.Helper()
	s.must(s.fr.WriteRSTStream(id, code))
	s.flush()
}

func (s *server) goodbye(last uint32) {
	s.t.Helper()
	s.must(s.fr.WriteGoAway(last, http2.CodeNo, nil))
	s.flush()
}

// await reads frames until one of this type comes.
func await[F xhttp2.Frame](s *server) F {
	s.t.Helper()
	for {
		f, err := s.fr.ReadFrame()
		if err != nil {
			s.t.Fatalf("waiting for %T: %v", *new(F), err)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}

// asked reads a request's head.
func (s *server) asked() *xhttp2.MetaHeadersFrame {
	s.t.Helper()
	return await[*xhttp2.MetaHeadersFrame](s)
}

// gets reads a piece of a request's body.
func (s *server) gets(text string, end bool) {
	s.t.Helper()
	f := await[*xhttp2.DataFrame](s)
	if string(f.Data()) != text || f.StreamEnded() != end {
		s.t.Errorf("DATA has %q, end %v; want %q, end %v", f.Data(), f.StreamEnded(), text, end)
	}
}

// body reads the whole rest of a response's body.
func (a *attempt) body() (string, error) {
	var all []byte
	for {
		buf := make([]byte, 100)
		n, err := a.ReadBody(buf, deadline)
		if all = append(all, buf[:n]...); err != nil {
			if err == io.EOF {
				err = nil
			}
			return string(all), err
		}
	}
}

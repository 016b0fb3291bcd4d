package protocols_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// frames writes and reads HTTP/2 frame by frame, so that a test decides where a message ends.
type frames struct {
	*xhttp2.Framer
	wire  io.Writer
	out   bytes.Buffer // what was written and not flushed
	enc   *hpack.Encoder
	block bytes.Buffer
}

func newFrames(wire io.ReadWriter) *frames {
	f := &frames{wire: wire}
	f.Framer = xhttp2.NewFramer(&f.out, wire)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.enc = hpack.NewEncoder(&f.block)
	return f
}

// head writes a HEADERS frame, with CONTINUATION where it takes that; fields are name, value,
// name, value and so on.
func (f *frames) head(id uint32, end bool, fields ...string) {
	f.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = f.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	const most = 16 << 10 // of a frame
	b := f.block.Bytes()
	n := min(len(b), most)
	_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: id, BlockFragment: b[:n], EndStream: end, EndHeaders: n == len(b),
	})
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), most)
		_ = f.WriteContinuation(id, n == len(b), b[:n])
	}
}

// flush sends all that was written at once. If it fails, the next read fails too.
func (f *frames) flush() {
	_, _ = f.wire.Write(f.out.Bytes())
	f.out.Reset()
}

// heard is one message, as far as it has come over HTTP/2.
type heard struct {
	index int      // how many messages began before it on this connection
	seen  []string // its frames, in words
	body  []byte
	ended bool
}

func (h *heard) String() string { return strings.Join(h.seen, ", ") }

// told are the fields that a test looks at.
var told = []string{"content-length", "x-sum"}

// take adds a frame to the message.
func (h *heard) take(f xhttp2.Frame) {
	words := ""
	switch f := f.(type) {
	case *xhttp2.MetaHeadersFrame:
		words = "HEADERS"
		for _, field := range f.Fields {
			for _, name := range told {
				if field.Name == name {
					words += fmt.Sprintf(" (%s: %s)", name, field.Value)
				}
			}
		}
		h.ended = f.StreamEnded()
	case *xhttp2.DataFrame:
		words = fmt.Sprintf("DATA of %d", len(f.Data()))
		h.body = append(h.body, f.Data()...)
		h.ended = f.StreamEnded()
	case *xhttp2.RSTStreamFrame:
		words = "RST_STREAM " + f.ErrCode.String()
		h.seen, h.ended = append(h.seen, words), true
		return
	default:
		return
	}
	if h.ended {
		words += " END_STREAM"
	}
	h.seen = append(h.seen, words)
}

// next reads a frame, and answers those that every peer has to answer.
func (f *frames) next() (xhttp2.Frame, error) {
	frame, err := f.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch frame := frame.(type) {
	case *xhttp2.SettingsFrame:
		if !frame.IsAck() {
			_ = f.WriteSettingsAck()
			f.flush()
		}
	case *xhttp2.PingFrame:
		if !frame.IsAck() {
			_ = f.WritePing(true, frame.Data)
			f.flush()
		}
	}
	return frame, nil
}

// dialFrames is a client of a listener that speaks HTTP/2 with prior knowledge.
func dialFrames(t testing.TB, address string) *frames {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testkit.Deadline)); err != nil {
		t.Fatal(err)
	}
	f := newFrames(conn)
	f.out.WriteString(xhttp2.ClientPreface)
	_ = f.WriteSettings()
	f.flush()
	return f
}

// hear reads what comes on a stream into h, until that is enough.
func (f *frames) hear(t testing.TB, id uint32, h *heard, enough func() bool) {
	t.Helper()
	for !enough() {
		frame, err := f.next()
		if err != nil {
			t.Fatalf("after %q: %v", h, err)
		}
		if frame.Header().StreamID == id {
			h.take(frame)
		}
	}
}

// requestFields are those of the head of a request.
func requestFields(method string) []string {
	return []string{":method", method, ":scheme", "http", ":authority", "a.test", ":path", "/"}
}

// An onFrame is called after each frame of a stream, with the message so far, on the goroutine of
// the connection. It may answer.
type onFrame func(f *frames, id uint32, h *heard)

// serveScript is an endpoint with HTTP/2, over TLS if the protocol is h2.
func serveScript(t testing.TB, authority *testkit.Authority, protocol string, on onFrame) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if protocol == "h2" {
		ln = tls.NewListener(ln, &tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, testkit.EndpointName).TLS(t)},
			NextProtos:   []string{"h2"},
		})
	}
	var all sync.WaitGroup
	t.Cleanup(func() { ln.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if conn.SetDeadline(time.Now().Add(testkit.Deadline)) == nil {
					answerFrames(conn, on)
				}
			})
		}
	})
	return ln.Addr().String()
}

func answerFrames(conn net.Conn, on onFrame) {
	if _, err := io.CopyN(io.Discard, conn, int64(len(xhttp2.ClientPreface))); err != nil {
		return
	}
	f := newFrames(conn)
	_ = f.WriteSettings()
	f.flush()
	streams := map[uint32]*heard{}
	for {
		frame, err := f.next()
		if err != nil {
			return
		}
		id := frame.Header().StreamID
		if id == 0 {
			continue
		}
		if streams[id] == nil {
			streams[id] = &heard{index: len(streams)}
		}
		if h := streams[id]; !h.ended {
			h.take(frame)
			on(f, id, h)
			f.flush()
		}
	}
}

// within is a context that ends after d, or with the test.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

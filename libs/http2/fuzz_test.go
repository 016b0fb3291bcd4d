package http2_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// memory is a wire whose client has sent everything before, and keeps what it gets.
type memory struct {
	mu     sync.Mutex
	in     []byte
	step   int // bytes a read gives at most
	out    bytes.Buffer
	halted bool
}

func (m *memory) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.halted {
		return 0, errors.New("interrupted")
	}
	if len(m.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.in[:min(m.step, len(m.in))])
	m.in = m.in[n:]
	return n, nil
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out.Write(p)
}

func (m *memory) Interrupt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.halted = true
}

// FuzzConnection feeds a connection with frames that a client may send, and
// with what is none: it must come to its end, and what it sends must be frames
// that x/net's Framer and hpack can read.
func FuzzConnection(f *testing.F) {
	seed := func(write func(fr *xhttp2.Framer)) {
		var b bytes.Buffer
		fr := xhttp2.NewFramer(&b, nil)
		fr.AllowIllegalWrites = true
		write(fr)
		f.Add(b.Bytes(), uint8(200))
	}
	var blk bytes.Buffer
	enc := hpack.NewEncoder(&blk)
	for i, fields := 0, get("x-custom", "value", "content-length", "5"); i < len(fields); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	block := blk.Bytes()
	seed(func(fr *xhttp2.Framer) {
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block, EndHeaders: true,
		})
		_ = fr.WriteDataPadded(1, true, []byte("hello"), make([]byte, 3))
		_ = fr.WritePing(false, [8]byte{1})
		_ = fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil)
	})
	seed(func(fr *xhttp2.Framer) {
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 3, BlockFragment: block[:9], PadLength: 4,
			Priority: xhttp2.PriorityParam{StreamDep: 1},
		})
		_ = fr.WriteContinuation(3, true, block[9:])
		_ = fr.WriteWindowUpdate(3, 100)
		_ = fr.WriteRSTStream(3, xhttp2.ErrCodeCancel)
		_ = fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 7},
			xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 0})
		_ = fr.WritePriority(5, xhttp2.PriorityParam{StreamDep: 5})
		_ = fr.WriteData(3, true, nil)
	})
	watch := http2.NewWatch()
	f.Fuzz(func(t *testing.T, frames []byte, step uint8) {
		var in bytes.Buffer
		in.WriteString(xhttp2.ClientPreface)
		_ = xhttp2.NewFramer(&in, nil).WriteSettings()
		in.Write(frames)
		wire := &memory{in: in.Bytes(), step: int(step) + 1}
		handler := func(s *http2.Stream) {
			for i := range s.Head().Len() {
				name := s.Head().Name(i)
				if len(name) == 0 || bytes.ContainsAny(s.Head().Value(i), "\r\n\x00") {
					t.Errorf("the handler got the field %q: %q", name, s.Head().Value(i))
				}
			}
			echo(s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		from := time.Now()
		_ = http2.NewConn(wire, watch, http2.Options{}, handler).Serve(ctx, nil)
		if took := time.Since(from); took > deadline/2 {
			t.Fatalf("it took %v", took)
		}
		wire.mu.Lock()
		defer wire.mu.Unlock()
		fr := xhttp2.NewFramer(nil, &wire.out)
		fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		for {
			if _, err := fr.ReadFrame(); err != nil {
				if err != io.EOF {
					t.Fatalf("the server sent what is no frame: %v", err)
				}
				return
			}
		}
	})
}

// FuzzClient feeds a client with frames that a server may send, and with what is
// none: every stream must come to its end, nothing malformed may be passed on,
// and what the client sends must be frames that x/net's Framer and hpack can read.
func FuzzClient(f *testing.F) {
	seed := func(write func(fr *xhttp2.Framer)) {
		var b bytes.Buffer
		fr := xhttp2.NewFramer(&b, nil)
		fr.AllowIllegalWrites = true
		write(fr)
		f.Add(b.Bytes(), uint8(200))
	}
	ok := []byte{0x88, 0x0f, 0x0d, 1, '5'} // status 200, content-length 5
	seed(func(fr *xhttp2.Framer) {
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: ok, EndHeaders: true,
		})
		_ = fr.WriteDataPadded(1, true, []byte("hello"), make([]byte, 3))
		_ = fr.WriteGoAway(3, xhttp2.ErrCodeNo, nil)
		_ = fr.WriteRSTStream(3, xhttp2.ErrCodeRefusedStream)
	})
	seed(func(fr *xhttp2.Framer) {
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 3, BlockFragment: []byte{8, 3, '1', '0', '3'}, EndHeaders: true,
		})
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 3, BlockFragment: ok[:2], PadLength: 4,
		})
		_ = fr.WriteContinuation(3, true, ok[2:])
		_ = fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingMaxConcurrentStreams, Val: 1})
		_ = fr.WritePing(false, [8]byte{1})
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 3, BlockFragment: []byte{0, 1, 'x', 1, 'y'}, EndHeaders: true,
			EndStream: true,
		})
		_ = fr.WriteWindowUpdate(1, 1000)
	})
	watch := http2.NewWatch()
	f.Fuzz(func(t *testing.T, frames []byte, step uint8) {
		var in bytes.Buffer
		_ = xhttp2.NewFramer(&in, nil).WriteSettings()
		in.Write(frames)
		wire := &memory{in: in.Bytes(), step: int(step) + 1}
		c := http2.NewClient(wire, watch, http2.ClientOptions{})
		var wg sync.WaitGroup
		for _, method := range []string{"GET", "HEAD", "POST"} {
			s := c.Open()
			if err := s.WriteHead(target(method, "/"), []byte("0123456789"[:len(method)-3]),
				method != "POST"); err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				defer s.Close()
				r := receive(s)
				for name, value := range r.fields {
					if name == "" || name[0] == ':' || strings.ContainsAny(value, "\r\n\x00") {
						t.Errorf("the caller got the field %q: %q", name, value)
					}
				}
				if r.err == nil && (r.status < 200 || r.status > 599) {
					t.Errorf("the caller got status %d", r.status)
				}
			})
		}
		from := time.Now()
		_ = c.Serve()
		wg.Wait()
		if took := time.Since(from); took > deadline/2 {
			t.Fatalf("it took %v", took)
		}
		if c.Streams() != 0 || c.Room() != 0 {
			t.Errorf("%d streams at the end, room for %d", c.Streams(), c.Room())
		}
		wire.mu.Lock()
		defer wire.mu.Unlock()
		if !bytes.HasPrefix(wire.out.Bytes(), []byte(xhttp2.ClientPreface)) {
			t.Fatal("the client sent no preface")
		}
		wire.out.Next(len(xhttp2.ClientPreface))
		fr := xhttp2.NewFramer(nil, &wire.out)
		fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		for {
			if _, err := fr.ReadFrame(); err != nil {
				if err != io.EOF {
					t.Fatalf("the client sent what is no frame: %v", err)
				}
				return
			}
		}
	})
}

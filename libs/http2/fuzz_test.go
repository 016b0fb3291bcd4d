package http2_test

import (
	"bytes"
	"context"
	"errors"
	"io"
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
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true})
		_ = fr.WriteDataPadded(1, true, []byte("hello"), make([]byte, 3))
		_ = fr.WritePing(false, [8]byte{1})
		_ = fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil)
	})
	seed(func(fr *xhttp2.Framer) {
		_ = fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 3, BlockFragment: block[:9], PadLength: 4, Priority: xhttp2.PriorityParam{StreamDep: 1}})
		_ = fr.WriteContinuation(3, true, block[9:])
		_ = fr.WriteWindowUpdate(3, 100)
		_ = fr.WriteRSTStream(3, xhttp2.ErrCodeCancel)
		_ = fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 7}, xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 0})
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

package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// hostility is a way to make a client work for nothing, or to confuse it. step
// writes a few frames, for the n-th time; the stream with number id waits for its
// response.
type hostility struct {
	step func(g *endpoint, id uint32, n int)
	once bool       // one step is enough
	read bool       // the test reads all heads
	code http2.Code // in GOAWAY; 0: ENHANCE_YOUR_CALM
	why  string     // part of its debug data
}

var hostilities = map[string]hostility{
	"PING": {why: "PING", step: func(g *endpoint, _ uint32, _ int) {
		g.must(g.fr.WritePing(false, [8]byte{}))
	}},
	"answers to PINGs": {why: "PING", step: func(g *endpoint, _ uint32, _ int) {
		g.must(g.fr.WritePing(true, [8]byte{}))
	}},
	"SETTINGS": {why: "SETTINGS", step: func(g *endpoint, _ uint32, _ int) {
		g.must(g.fr.WriteSettings())
	}},
	"windows of all streams that go up and down": {
		why: "SETTINGS", step: func(g *endpoint, _ uint32, n int) {
			g.must(g.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingInitialWindowSize, Val: uint32(n % 2 * 1000),
			}))
		},
	},
	"room that comes and goes": {why: "SETTINGS", step: func(g *endpoint, _ uint32, n int) {
		g.must(g.fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingMaxConcurrentStreams, Val: uint32(n % 2 * 1000),
		}))
	}},
	"answers to SETTINGS": {why: "SETTINGS", step: func(g *endpoint, _ uint32, _ int) {
		g.must(g.fr.WriteSettingsAck())
	}},
	"GOAWAY": {why: "GOAWAY", step: func(g *endpoint, _ uint32, _ int) {
		g.must(g.fr.WriteGoAway(1<<31-1, http2.CodeNo, make([]byte, 1000)))
	}},
	"WINDOW_UPDATE": {why: "WINDOW_UPDATE", step: func(g *endpoint, id uint32, _ int) {
		g.must(g.fr.WriteWindowUpdate(id, 1))
	}},
	"empty DATA": {why: "without data", step: func(g *endpoint, id uint32, n int) {
		if n == 0 {
			g.head(id, false, ":status", "200")
		}
		g.must(g.fr.WriteData(id, false, nil))
	}},
	"DATA of padding only": {why: "without data", step: func(g *endpoint, id uint32, n int) {
		if n == 0 {
			g.head(id, false, ":status", "200")
		}
		g.must(g.fr.WriteDataPadded(id, false, nil, make([]byte, 10)))
	}},
	"frames of unknown types": {why: "unknown", step: func(g *endpoint, id uint32, _ int) {
		g.must(g.fr.WriteRawFrame(0xfa, 0, id, []byte("x")))
	}},
	"PRIORITY": {why: "PRIORITY", step: func(g *endpoint, id uint32, _ int) {
		g.must(g.fr.WritePriority(id, xhttp2.PriorityParam{StreamDep: 100}))
	}},
	"interim heads": {why: "have ended", step: func(g *endpoint, id uint32, _ int) {
		g.head(id, false, ":status", "103")
	}},
	"interim heads that are read": {
		read: true, why: "too many", step: func(g *endpoint, id uint32, _ int) {
			g.head(id, false, ":status", "103")
			g.flush()
		},
	},
	"DATA for streams that have ended": {
		why: "have ended", step: func(g *endpoint, id uint32, n int) {
			if n == 0 {
				g.head(id, true, ":status", "200")
			}
			g.must(g.fr.WriteData(id, false, []byte("x")))
		},
	},
	"HEADERS for streams that have ended": {
		why: "have ended", step: func(g *endpoint, id uint32, n int) {
			g.head(id, true, ":status", "200")
		},
	},
	"RST_STREAM for streams that have ended": {
		why: "RST_STREAM", step: func(g *endpoint, id uint32, n int) {
			g.must(g.fr.WriteRSTStream(id, http2.CodeCancel))
		},
	},
	"CONTINUATION without bytes": {why: "CONTINUATION", step: func(g *endpoint, id uint32, n int) {
		if n == 0 {
			g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: id, BlockFragment: g.block(":status", "200"),
			}))
		}
		g.must(g.fr.WriteContinuation(id, false, nil))
	}},
	"CONTINUATION with large fields": {
		why: "far longer", step: func(g *endpoint, id uint32, n int) {
			if n == 0 {
				g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
					StreamID: id, BlockFragment: g.block(":status", "200"),
				}))
			}
			g.must(g.fr.WriteContinuation(id, false,
				g.block("x-large", strings.Repeat("\xff", 12_000))))
		},
	},
	"an HPACK bomb": {once: true, why: "far longer", step: func(g *endpoint, id uint32, _ int) {
		b := slices.Clone(g.block(":status", "200", "x", strings.Repeat("\xff", 4000)))
		b = append(b, bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id, BlockFragment: b, EndStream: true, EndHeaders: true,
		}))
	}},
	"a block that cannot be decoded": {
		once: true, code: http2.CodeCompression, why: "decoded",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: id, BlockFragment: []byte{0xff, 0xff, 0xff}, EndHeaders: true,
			}))
		},
	},
	"PUSH_PROMISE": {
		once: true, code: http2.CodeProtocol, why: "PUSH_PROMISE",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WritePushPromise(xhttp2.PushPromiseParam{
				StreamID: id, PromiseID: 2, BlockFragment: g.block(":method", "GET"),
				EndHeaders: true,
			}))
		},
	},
	"leave to push": {
		once: true, code: http2.CodeProtocol, why: "PUSH_PROMISE",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingEnablePush, Val: 1}))
		},
	},
	"a stream of the server's": {
		once: true, code: http2.CodeProtocol, why: "even",
		step: func(g *endpoint, id uint32, _ int) {
			g.head(2, false, ":status", "200")
		},
	},
	"a stream that was never opened": {
		once: true, code: http2.CodeProtocol, why: "never opened",
		step: func(g *endpoint, id uint32, _ int) {
			g.head(id+4, false, ":status", "200")
		},
	},
	"a frame that is too long": {
		once: true, code: http2.CodeFrameSize, why: "longer",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteData(id, false, make([]byte, 16<<10+1)))
		},
	},
	"a window that is too large": {
		once: true, code: http2.CodeFlowControl, why: "2^31-1",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteWindowUpdate(0, 1<<31-1))
		},
	},
	"extended CONNECT that is taken back": {
		once: true, code: http2.CodeProtocol, why: "taken back",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingEnableConnectProtocol, Val: 1,
			}))
			g.must(g.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingEnableConnectProtocol, Val: 0,
			}))
		},
	},
	"a goodbye that grows": {
		once: true, code: http2.CodeProtocol, why: "higher",
		step: func(g *endpoint, id uint32, _ int) {
			g.must(g.fr.WriteGoAway(id, http2.CodeNo, nil))
			g.must(g.fr.WriteGoAway(id+2, http2.CodeNo, nil))
		},
	},
}

func TestAHostileServerIsCut(t *testing.T) {
	for name, h := range hostilities {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, g := face(t, callerOptions{})
			s, id := g.sent(c, "GET")
			other, _ := g.sent(c, "GET")
			steps := attackFrames
			read := make(chan struct{})
			go func() {
				defer close(read)
				if h.read {
					receive(s.ClientStream)
				}
			}()
			if h.once {
				steps = 1
			}
			for n := range steps {
				h.step(g, id, n)
				if g.out.Len() > 16<<10 {
					g.flush()
				}
			}
			g.flush()
			want := h.code
			if want == 0 {
				want = http2.CodeEnhanceYourCalm
			}
			err := c.ended()
			var fault *http2.ConnError
			if !errors.As(err, &fault) || fault.ByPeer || fault.Code != want ||
				!strings.Contains(fault.Reason, h.why) {
				t.Fatalf("Serve returned %v, want %v for %q", err, want, h.why)
			}
			if r := receive(other.ClientStream); r.err != http2.ErrGone || other.Failure() != err {
				t.Errorf("a stream of the connection: %v because of %v", r.err, other.Failure())
			}
			<-read
			s.close()
		})
	}
}

// What is no HTTP/2 is told from what is broken HTTP/2.
func TestWhatIsNoServer(t *testing.T) {
	for says, why := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n\r\n":             "does not speak HTTP/2",
		"\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678": "first frame is not SETTINGS",
		"220 mail.example.test ESMTP\r\n220 and a long greeting\r\n": "longer than " +
			"SETTINGS_MAX_FRAME_SIZE",
	} {
		c, g := faceMute(t, callerOptions{})
		g.out.WriteString(says)
		g.flush()
		c.ready()
		if err := c.ended(); err == nil || !strings.Contains(err.Error(), why) || c.Room() != 0 {
			t.Errorf("%q: %v, room for %d", says, err, c.Room())
		}
	}
}

func TestAServerThatSaysNothingIsCut(t *testing.T) {
	c, _ := faceMute(t, callerOptions{manual: true})
	took := c.elapse("the connection ends", func() bool {
		select {
		case <-c.done:
			return true
		default:
			return false
		}
	})
	within(t, "waiting for SETTINGS", took, http2.DefaultHeaderTime)
	if err := c.ended(); !strings.Contains(fmt.Sprint(err), "in time") {
		t.Errorf("Serve returned %v", err)
	}
}

// A server that sends a window's worth in each stream, which nobody reads, holds
// that much memory and no more; and what is read still comes.
func TestResponsesThatNobodyReads(t *testing.T) {
	const large = 4 << 20
	body := make([]byte, large)
	s := listen(t, func(st *http2.Stream) {
		if string(st.Request().Path) == "/large" {
			_ = st.WriteHead(200, body, true)
			return
		}
		hello(st)
	}, nil)
	c := call(t, s.addr(), callerOptions{}).ready()
	before := heap()
	for range http2.DefaultMaxStreams - 1 {
		st := c.open()
		defer st.Close()
		if err := st.WriteHead(target("GET", "/large"), nil, true); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if r := c.get("/"); r.status != 200 || !bytes.Equal(r.body, greeting) {
			t.Fatalf("beside them: %+v", r)
		}
	}
	settle(t, s, 1)
	// 99 windows of 64 KiB, a server's buffers and 198 goroutines.
	if grown := heap() - before; grown > 16<<20 && !raceDetector {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	} else {
		t.Logf("the heap grew by %d MiB", grown>>20)
	}
}

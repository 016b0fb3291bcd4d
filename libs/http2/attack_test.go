package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// The bounds of an attack, for each of attackers connections one after another. They count work,
// for a time would measure the machine: what a server reads before it cuts the connection bounds
// all that it can be made to do, and what it writes is what it answers with.
const (
	attackFrames  = 1000
	attackers     = 10
	attackMemory  = 16 << 20
	attackRead    = 16 << 10 // where an attack does not say that it needs more
	attackWritten = 16 << 10
)

// attack is a way to make a server work for nothing. step writes a few frames,
// for the n-th time.
type attack struct {
	setup func(c *client)
	step  func(c *client, n int)
	code  xhttp2.ErrCode // in GOAWAY; 0: ENHANCE_YOUR_CALM
	why   string         // part of its debug data
	read  int64          // the bytes that the server may read; 0: attackRead
}

func id(n int) uint32 { return uint32(2*n + 1) }

func path(p string) []string {
	return []string{":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", p}
}

// open opens stream 1, whose handler waits.
func open(c *client) { c.headers(1, false, path("/slow")...) }

// thenFault opens a stream and makes the server reset it (CVE-2025-8671).
func thenFault(fault func(c *client, id uint32)) attack {
	return attack{why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, path("/slow")...)
		fault(c, id(n))
	}}
}

var attacks = map[string]attack{
	"rapid reset": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, path("/slow")...)
		c.must(c.fr.WriteRSTStream(id(n), xhttp2.ErrCodeCancel))
	}},
	"rapid reset of what is answered at once": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, get()...)
		c.must(c.fr.WriteRSTStream(id(n), xhttp2.ErrCodeCancel))
	}},
	"made you reset: window by zero": thenFault(func(c *client, id uint32) {
		c.raw(xhttp2.FrameWindowUpdate, 0, id, make([]byte, 4))
	}),
	"made you reset: window overflow": thenFault(func(c *client, id uint32) {
		c.must(c.fr.WriteWindowUpdate(id, 1<<31-1))
	}),
	"made you reset: PRIORITY of itself": thenFault(func(c *client, id uint32) {
		c.must(c.fr.WritePriority(id, xhttp2.PriorityParam{StreamDep: id}))
	}),
	"made you reset: PRIORITY of a wrong length": thenFault(func(c *client, id uint32) {
		c.raw(xhttp2.FramePriority, 0, id, make([]byte, 4))
	}),
	"made you reset: a second head": thenFault(func(c *client, id uint32) {
		c.headers(id, false, path("/slow")...)
	}),
	"made you reset: DATA after the end": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, path("/slow")...)
		c.must(c.fr.WriteData(id(n), true, []byte("x")))
	}},
	"made you reset: HEADERS after the end": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, path("/slow")...)
		c.headers(id(n), true, "x", "y")
	}},
	"made you reset: more than Content-Length": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, append(path("/slow"), "content-length", "1")...)
		c.must(c.fr.WriteData(id(n), false, []byte("xx")))
	}},
	"malformed requests": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, get("connection", "close")...)
	}},
	"more streams than allowed": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, path("/slow")...)
	}},
	"CONTINUATION without bytes": {why: "CONTINUATION", setup: func(c *client) {
		c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: c.block(get()...), EndStream: true,
		}))
	}, step: func(c *client, n int) {
		c.must(c.fr.WriteContinuation(1, false, nil))
	}},
	"CONTINUATION with large fields": {why: "far longer", read: 128 << 10, setup: func(c *client) {
		c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: c.block(get()...), EndStream: true,
		}))
	}, step: func(c *client, n int) {
		c.must(c.fr.WriteContinuation(1, false, c.block("x-large", strings.Repeat("\xff", 10_000))))
	}},
	"an HPACK bomb": {why: "far longer", read: 64 << 10, step: func(c *client, n int) {
		// An entry that fills the table, then a block of a byte for each copy of it.
		var b []byte
		if n == 0 {
			b =
				slices.Clone(c.block(":method", "GET", ":scheme", "http", ":authority", "a.test",
					":path", "/", "x", strings.Repeat("\xff", 4000)))
		} else {
			b = slices.Clone(c.block(path("/slow")...))
		}
		b = append(b, bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id(n), BlockFragment: b, EndStream: true, EndHeaders: true,
		}))
	}},
	"heads a little over the limit": {why: "over the limit", step: func(c *client, n int) {
		f := get()
		for range 101 {
			f = append(f, "x", "y")
		}
		c.headers(id(n), true, f...)
	}},
	"SETTINGS": {why: "SETTINGS", step: func(c *client, n int) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingInitialWindowSize, Val: uint32(n),
		}))
	}},
	// Each entry moves the windows of 100 streams. Two frames of 16 KiB use the budget up, and what
	// is in the buffer behind them is not looked at.
	"SETTINGS of thousands of entries": {why: "SETTINGS", read: 64 << 10, setup: func(c *client) {
		for n := range 100 {
			c.headers(id(n), false, path("/slow")...)
		}
	}, step: func(c *client, n int) {
		pair := []xhttp2.Setting{
			{ID: xhttp2.SettingInitialWindowSize, Val: 65535},
			{ID: xhttp2.SettingInitialWindowSize, Val: 1},
		}
		c.must(c.fr.WriteSettings(slices.Repeat(pair, 1365)...))
	}},
	"SETTINGS that change the table": {why: "SETTINGS", setup: open, step: func(c *client, n int) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingHeaderTableSize, Val: uint32(n%2) * 4096,
		}))
	}},
	"acknowledged SETTINGS": {why: "SETTINGS", step: func(c *client, n int) {
		c.must(c.fr.WriteSettingsAck())
	}},
	"PING": {why: "PING", step: func(c *client, n int) {
		c.must(c.fr.WritePing(false, [8]byte{}))
	}},
	"answers to no PING": {why: "PING", step: func(c *client, n int) {
		c.must(c.fr.WritePing(true, [8]byte{}))
	}},
	"DATA without data": {why: "without data", setup: open, step: func(c *client, n int) {
		c.must(c.fr.WriteData(1, false, nil))
	}},
	"DATA of padding": {why: "without data", setup: open, step: func(c *client, n int) {
		c.must(c.fr.WriteDataPadded(1, false, nil, make([]byte, 10)))
	}},
	"DATA for a stream that was reset": {why: "", setup: func(c *client) {
		open(c)
		c.must(c.fr.WriteWindowUpdate(1, 1<<31-1)) // the server resets it
	}, step: func(c *client, n int) {
		c.must(c.fr.WriteData(1, false, []byte("x")))
	}},
	"HEADERS for a stream that was reset": {why: "were reset", setup: func(c *client) {
		open(c)
		c.must(c.fr.WriteWindowUpdate(1, 1<<31-1))
	}, step: func(c *client, n int) {
		c.headers(1, false, "x", "y")
	}},
	"PRIORITY": {why: "PRIORITY", step: func(c *client, n int) {
		c.must(c.fr.WritePriority(id(n), xhttp2.PriorityParam{StreamDep: 0, Weight: 1}))
	}},
	"WINDOW_UPDATE of the connection": {why: "WINDOW_UPDATE", step: func(c *client, n int) {
		c.must(c.fr.WriteWindowUpdate(0, 1))
	}},
	"WINDOW_UPDATE of a stream": {why: "WINDOW_UPDATE", setup: open, step: func(c *client, n int) {
		c.must(c.fr.WriteWindowUpdate(1, 1))
	}},
	"a window opened byte by byte": {why: "WINDOW_UPDATE", setup: func(c *client) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 0}))
		c.headers(1, true, path("/large")...)
	}, step: func(c *client, n int) {
		c.must(c.fr.WriteWindowUpdate(1, 1))
	}},
	"RST_STREAM of streams that ended": {why: "", setup: func(c *client) {
		for n := range 50 {
			c.headers(id(n), true, get()...)
		}
	}, step: func(c *client, n int) {
		c.must(c.fr.WriteRSTStream(id(n%50), xhttp2.ErrCodeCancel))
	}},
	"frames of unknown types": {why: "unknown", step: func(c *client, n int) {
		c.raw(0x10, 0, 0, []byte("\x00\x00\x00\x01u=1")) // PRIORITY_UPDATE
	}},
	"GOAWAY": {why: "GOAWAY", setup: open, step: func(c *client, n int) {
		c.must(c.fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil))
	}},
	"the connection's window overflows": {
		why: "grew above", code: xhttp2.ErrCodeFlowControl, step: func(c *client, n int) {
			c.must(c.fr.WriteWindowUpdate(0, 1<<31-1))
		},
	},
	"an initial window that overflows others": {
		why: "INITIAL_WINDOW", code: xhttp2.ErrCodeFlowControl, setup: func(c *client) {
			open(c)
			c.must(c.fr.WriteWindowUpdate(1, 1<<31-1-65535))
		}, step: func(c *client, n int) {
			c.must(c.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingInitialWindowSize, Val: 65536,
			}))
		},
	},
	"more DATA than the window": {
		why: "connection's window", code: xhttp2.ErrCodeFlowControl, read: 1<<20 + 64<<10,
		setup: func(c *client) {
			for n := range 20 {
				c.headers(id(n), false, path("/slow")...)
			}
		},
		step: func(c *client, n int) {
			c.must(c.fr.WriteData(id(n%20), false, make([]byte, 16<<10)))
		},
	},
}

// patient is a handler like a proxy's: the answer to /slow is waited for.
func patient(st *http2.Stream) {
	switch string(st.Request().Path) {
	case "/slow":
		up := make(interrupted, 1)
		st.OnCancel(up)
		<-up
	case "/large":
		_ = st.WriteHead(200, make([]byte, 1<<20), true)
	default:
		if st.Request().TooLarge {
			_ = st.WriteHead(431, nil, true)
			return
		}
		hello(st)
	}
}

func TestAttacksAreCutShort(t *testing.T) {
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			if problem := a.measure(t); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// measure attacks, and says which bound was broken.
func (a attack) measure(t *testing.T) string {
	s := listen(t, patient, func(s *server) { s.counts = make(chan wireCount, attackers+1) })
	polite := newPolite(t, s)
	memory := heap()
	for range attackers {
		a.run(t, s)
	}
	asked := polite.stop()
	settle(t, s, 1)
	if grown := heap() - memory; grown > attackMemory {
		return fmt.Sprintf("the heap grew by %d KiB", grown>>10)
	}
	if asked == 0 {
		return "the polite client got no answer"
	}
	bound := wireCount{read: max(a.read, attackRead), written: attackWritten}
	for range attackers {
		if n := <-s.counts; n.read > bound.read || n.written > bound.written {
			return fmt.Sprintf("the server took and wrote %+v, want no more than %+v", n, bound)
		}
	}
	return ""
}

// run attacks once, with attackFrames frames at most.
func (a attack) run(t *testing.T, s *server) {
	t.Helper()
	c := dial(t, s)
	c.answerGreeting()
	if a.setup != nil {
		a.setup(c)
		c.flush()
	}
	// The answers have to be read meanwhile.
	bye := make(chan *goneAway, 1)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer c.conn.Close()
	reader.Go(func() {
		defer close(bye)
		fr := xhttp2.NewFramer(nil, c.conn)
		fr.SetReuseFrames()
		for {
			f, err := fr.ReadFrame()
			if err != nil {
				return
			}
			if g, ok := f.(*xhttp2.GoAwayFrame); ok {
				bye <- &goneAway{last: g.LastStreamID, code: g.ErrCode, why: string(g.DebugData())}
				return
			}
		}
	})
	c.sent = 0
	for n := 0; c.sent < attackFrames && len(bye) == 0; n++ {
		a.step(c, n)
		c.flush()
	}
	want := a.code
	if want == 0 {
		want = xhttp2.ErrCodeEnhanceYourCalm
	}
	g, ok := <-bye
	if !ok || g.code != want || !strings.Contains(g.why, a.why) {
		t.Fatalf("after %d frames: %v, want %v that says %q", c.sent, g, want, a.why)
	}
	if err := s.ended(t); !errors.As(err, new(*http2.ConnError)) {
		t.Errorf("Serve returned %v, want a *ConnError", err)
	}
}

// polite is a client that asks for one thing after another, and gets its answers.
type polite struct {
	quit  chan struct{}
	asked chan int
}

func newPolite(t *testing.T, s *server) *polite {
	t.Helper()
	p := &polite{quit: make(chan struct{}), asked: make(chan int, 1)}
	c := dial(t, s)
	c.answerGreeting()
	c.must(c.fr.WriteWindowUpdate(0, 1<<30)) // it asks for a lot
	go func() {
		n := 0
		defer func() { p.asked <- n }()
		for {
			c.headers(id(n), true, get()...)
			c.flush()
			var a answer
			for !a.ended {
				f, err := c.next()
				if err != nil {
					t.Errorf("the polite client: %v", err)
					return
				}
				if f.Header().StreamID == id(n) {
					a.take(t, f)
				}
			}
			n++
			select {
			case <-p.quit:
				return
			default:
			}
		}
	}()
	return p
}

// stop ends the client and returns how many answers it got.
func (p *polite) stop() int {
	close(p.quit)
	return <-p.asked
}

package client_test

import (
	"io"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

var _ = []client.Side{(*client.HTTP1)(nil), (*client.HTTP2)(nil)}

func TestABodyOfAStream(t *testing.T) {
	c := newStreams(t)
	c.post(false)
	c.data(false, "he")
	side, _ := c.side()
	var k kept
	if end := read(t, side, &k); end.Done || k.text != "he" || k.ahead != 0 {
		t.Errorf("first came %q, done %v", k.text, end.Done)
	}
	c.data(false, "llo")
	c.trailer(true, "x-sum", "1", "authorization", "no")
	c.flush()
	// A piece that is the last one ends the body, or the next read does.
	end := read(t, side, &k)
	if !end.Done {
		end = read(t, side, &k)
	}
	if !end.Done || k.text != "hello" || string(end.Trailer) != "x-sum: 1\r\n" {
		t.Errorf("%q, done %v, trailer %q", k.text, end.Done, end.Trailer)
	}
	if end = read(t, side, &k); !end.Done || k.text != "hello" {
		t.Error("a body that is done was read on")
	}

	c.post(false)
	c.data(true, "all")
	side, _ = c.side()
	k = kept{}
	if end := read(t, side, &k); !end.Done || k.text != "all" {
		t.Errorf("of a body that is there came %q, done %v", k.text, end.Done)
	}
	c.post(false)
	c.data(true, "all")
	side, _ = c.side()
	if err := within(t, reading(side, &kept{err: errFull})); err != errFull {
		t.Errorf("the sink's error became %v", err)
	}
	c.post(true)
	side, _ = c.side()
	if end := read(t, side, &k); !end.Done || k.text != "all" {
		t.Errorf("of no body came %q, done %v", k.text, end.Done)
	}
}

func TestABodyOfAStreamThatDoesNotCome(t *testing.T) {
	c := newStreams(t)
	c.post(false)
	side, _ := c.side()
	var k kept
	if err := ticking(t, c.watch, reading(side, &k)); err != fault.ClientSlow {
		t.Errorf("a client that pauses: %v, want %v", err, fault.ClientSlow)
	}
	stopped := reading(side, &k)
	side.StopReading(true)
	if err := within(t, stopped); err != fault.ClientStopped {
		t.Errorf("told to stop: %v, want %v", err, fault.ClientStopped)
	}
	if err := within(t, reading(side, &k)); err != fault.ClientStopped {
		t.Errorf("and again: %v, want %v", err, fault.ClientStopped)
	}
	side.StopReading(false)

	// A gRPC call may pause for as long as it likes.
	side.MayPause(0)
	going := reading(side, &k)
	for range 100 {
		c.watch.Tick(time.Duration(c.watch.Now()) + time.Hour)
	}
	c.data(false, "late")
	c.flush()
	if err := within(t, going); err != nil || k.text != "late" {
		t.Errorf("after a pause came %q, %v", k.text, err)
	}
	gone := reading(side, &k)
	c.resets()
	if err := within(t, gone); err != fault.ClientGone {
		t.Errorf("a client that resets: %v, want %v", err, fault.ClientGone)
	}
	side.Finish()
}

func TestAStreamThatIsResetIsNoticed(t *testing.T) {
	c := newStreams(t)
	c.post(true)
	side, _ := c.side()
	rang, hook := newBell()
	side.Watch(hook)
	if side.Left() || !side.Unwatch() {
		t.Error("a client that is there has left")
	}
	side.Watch(hook)
	c.resets()
	within(t, rang)
	if !side.Left() || side.Unwatch() {
		t.Error("a client that is gone is there")
	}
	side.Watch(hook) // too late, so it rings at once
	within(t, rang)
	if _, err := side.WriteHead(103, []byte("HTTP/1.1 103 x\r\n\r\n")); err != fault.ClientGone {
		t.Errorf("a head for it: %v, want %v", err, fault.ClientGone)
	}
	if err := side.Write([]byte("x"), true, nil); err != fault.ClientGone {
		t.Errorf("a body for it: %v, want %v", err, fault.ClientGone)
	}
}

// A piece is what Write is given.
type piece struct {
	text    string
	last    bool
	trailer string
}

func TestAResponseOverHTTP2(t *testing.T) {
	const trailer = "X-Sum: 1\r\n"
	for _, tc := range []struct {
		name   string
		pieces []piece
		head   bool // it is the end
		data   []string
		trails bool
	}{
		{name: "a head alone", pieces: []piece{{"", true, ""}}, head: true},
		{name: "a whole body", pieces: []piece{{"hello", true, ""}}, data: []string{"hello"}},
		{name: "pieces", pieces: []piece{{"he", false, ""}, {"", false, ""}, {"llo", true, ""}},
			data: []string{"he", "llo"}},
		{name: "an end behind it", pieces: []piece{{"hello", false, ""}, {"", true, ""}},
			data: []string{"hello", ""}},
		{name: "trailers", pieces: []piece{{"he", false, trailer}, {"llo", true, trailer}},
			data: []string{"he", "llo"}, trails: true},
		{name: "trailers behind it", pieces: []piece{{"he", false, ""}, {"", true, trailer}},
			data: []string{"he"}, trails: true},
		{name: "trailers with the head", pieces: []piece{{"", true, trailer}}, trails: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newStreams(t)
			c.post(true)
			side, s := c.side()
			hints := []byte("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
			if pending, err := side.WriteHead(103, hints); len(pending) != 0 || err != nil {
				t.Errorf("of an interim head %q is left, %v", pending, err)
			}
			c.answered(false, ":status=103", "link=</a>")
			head := []byte("HTTP/1.1 200 OK\r\nX-A: b\r\nConnection: close\r\n\r\n")
			if pending, err := side.WriteHead(200, head); len(pending) != 0 || err != nil {
				t.Errorf("of a final head %q is left, %v", pending, err)
			}
			if s.HeadSent() {
				t.Error("it did not wait for the first piece")
			}
			for _, p := range tc.pieces {
				if err := side.Write([]byte(p.text), p.last, []byte(p.trailer)); err != nil {
					t.Fatal(err)
				}
			}
			c.answered(tc.head, ":status=200", "x-a=b")
			for i, text := range tc.data {
				c.gets(text, i == len(tc.data)-1 && !tc.trails)
			}
			if tc.trails {
				c.answered(true, "x-sum=1")
			}
		})
	}
}

func TestAStreamThatTakesNothing(t *testing.T) {
	c := newStreams(t, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 10})
	c.post(true)
	side, _ := c.side()
	if n := side.Room(); n != 10 {
		t.Errorf("there is room for %d bytes, want 10", n)
	}
	if _, err := side.WriteHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n")); err != nil {
		t.Error(err)
	}
	writing := call(func() error { return side.Write(make([]byte, 100), true, nil) })
	if err := ticking(t, c.watch, writing); err != fault.ClientSlow {
		t.Errorf("got %v, want %v", err, fault.ClientSlow)
	}
	if n := side.Room(); n != 0 {
		t.Errorf("there is room for %d bytes, want none", n)
	}
	c.wasReset(http2.CodeCancel)
}

func TestAResponseThatBreaksOff(t *testing.T) {
	c := newStreams(t)
	for _, end := range []string{"", "grpc-status: 14\r\n"} {
		c.post(true)
		side, _ := c.side()
		if _, err := side.WriteHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n")); err != nil {
			t.Error(err)
		}
		if err := side.Write([]byte("half"), false, nil); err != nil {
			t.Error(err)
		}
		c.answered(false, ":status=200")
		c.gets("half", false)
		if end == "" {
			side.Break(nil)
			c.wasReset(http2.CodeInternal)
		} else {
			side.Break([]byte(end))
			c.answered(true, "grpc-status=14")
		}
	}
}

func TestATunnelOverHTTP2(t *testing.T) {
	c := newStreams(t)
	open := func() (*client.HTTP2, *http2.Stream) {
		c.head(false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "http",
			":authority", "a.test", ":path", "/chat")
		return c.side()
	}
	side, _ := open()
	text := []byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\nX-A: b\r\n\r\n")
	end, early, err := side.Tunnel(text, []byte("first"), nil)
	if err != nil || len(early) != 0 {
		t.Fatalf("%q came early, %v", early, err)
	}
	c.answered(false, ":status=200", "x-a=b")
	c.gets("first", false)
	if err := end.Send([]byte("pong")); err != nil {
		t.Error(err)
	}
	c.gets("pong", false)
	var got string
	came := make(chan struct{}, 10)
	receive := func() error {
		return end.Receive(time.Minute, func(b []byte) error {
			got += string(b)
			came <- struct{}{}
			return nil
		})
	}
	c.data(false, "ping")
	c.flush()
	receiving := call(receive)
	within(t, came) // before time passes
	if err := ticking(t, c.watch, receiving); err != netx.ErrTimeout || got != "ping" {
		t.Errorf("got %q, %v; want an end of the wait", got, err)
	}
	c.data(true, "!")
	c.flush()
	if err := within(t, call(receive)); err != io.EOF || got != "ping!" {
		t.Errorf("got %q, %v; want the end", got, err)
	}
	if err := end.CloseSend(); err != nil {
		t.Error(err)
	}
	c.gets("", true)

	side, _ = open()
	if end, _, err = side.Tunnel(text, nil, nil); err != nil {
		t.Fatal(err)
	}
	end.Interrupt()
	c.wasReset(http2.CodeCancel)
	if err := within(t, call(receive)); err == nil {
		t.Error("an interrupted end goes on")
	}

	side, s := open()
	rang, hook := newBell()
	s.OnCancel(hook.Target)
	c.resets()
	within(t, rang)
	if _, _, err := side.Tunnel(text, nil, nil); err != fault.ClientGone {
		t.Errorf("to a client that is gone: %v", err)
	}
}

package client_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

var (
	_ tunnel.End = (*otherEnd)(nil)

	errFull = errors.New("the sink is full")
)

// otherEnd is the endpoint's end of a tunnel.
type otherEnd struct{ tunnel.End }

func TestABodyOfALength(t *testing.T) {
	p := over(t, lengthHead, "he")
	var k kept
	if end := read(t, p, &k); end.Done || k.text != "he" {
		t.Fatalf("with the head came %q, done %v", k.text, end.Done)
	}
	p.say("lloGET /next")
	if end := read(t, p, &k); !end.Done || k.text != "hello" || len(end.Trailer) != 0 {
		t.Errorf("the body is %q, done %v, trailer %q", k.text, end.Done, end.Trailer)
	}
	if n := p.Unread(); n != len("GET /next") {
		t.Errorf("%d bytes are unread", n)
	}
	if end := read(t, p, &k); !end.Done || k.text != "hello" {
		t.Error("a body that is done was read on")
	}
	if p.sock.ReadDeadlineSet() {
		t.Error("a clock goes on behind the body")
	}
}

// What is there is sent on before anything is waited for.
func TestTheFirstReadDoesNotWait(t *testing.T) {
	for _, head := range []string{lengthHead, chunkedHead} {
		p := over(t, head, "")
		var k kept
		if end := read(t, p, &k); end.Done || k.text != "" {
			t.Errorf("%q came, done %v", k.text, end.Done)
		}
	}
}

const (
	chunks = "5;x=y\r\nhello\r\n3\r\n wo\r\n03\r\nrld\r\n0\r\nX-Sum: 1\r\nHost: no\r\n" +
		"X-B:2\r\n\r\n"
	trailer = "X-Sum: 1\r\nX-B:2\r\n" // of which only what may be sent on is left
	next    = "GET /next HTTP/1.1\r\n"
)

// However a chunked body is cut, its trailer section comes whole, and with its end.
func TestAChunkedBodyInAnyTwoPieces(t *testing.T) {
	p := over(t, chunkedHead, "")
	for cut := range len(chunks) + 1 {
		p.begin(chunkedHead, chunks[:cut], http1.Limits{})
		var k kept
		end := read(t, p, &k)
		if end.Done != (cut == len(chunks)) || !end.Done && end.Trailer != nil {
			t.Fatalf("cut at %d: done %v, trailer %q", cut, end.Done, end.Trailer)
		}
		p.say(chunks[cut:] + next)
		if !end.Done {
			end = read(t, p, &k)
		}
		if !end.Done || k.text != "hello world" || string(end.Trailer) != trailer {
			t.Fatalf("cut at %d: %q, done %v, trailer %q", cut, k.text, end.Done, end.Trailer)
		}
		p.Finish()
		if cut == len(chunks) {
			return // the next request is still in the socket
		}
		if rest := string(p.in.Bytes()); rest != next {
			t.Fatalf("cut at %d: the next request is %q", cut, rest)
		}
	}
}

func TestAChunkedBodyByteByByte(t *testing.T) {
	p := over(t, chunkedHead, "")
	var k kept
	read(t, p, &k)
	for i := range chunks {
		p.say(chunks[i : i+1])
		end := read(t, p, &k)
		if last := i == len(chunks)-1; end.Done != last || !last && end.Trailer != nil {
			t.Fatalf("byte %d: done %v, trailer %q", i, end.Done, end.Trailer)
		} else if last && (k.text != "hello world" || string(end.Trailer) != trailer) {
			t.Errorf("%q, trailer %q", k.text, end.Trailer)
		}
	}
}

func TestASinkIsToldWhatIsAnnounced(t *testing.T) {
	p := over(t, chunkedHead, "a\r\n123")
	var k kept
	if read(t, p, &k); k.text != "123" || k.ahead != 7 {
		t.Errorf("%q, %d bytes ahead; want 7", k.text, k.ahead)
	}
	p.say("4")
	full := kept{err: errFull}
	if err := within(t, reading(p, &full)); err != errFull || full.text != "4" {
		t.Errorf("the sink's error became %v, after %q", err, full.text)
	}
}

func TestABodyThatBreaksTheProtocol(t *testing.T) {
	for _, tc := range []struct {
		name, body, reason string
		code               gwerr.Code
	}{
		{"no size", "x\r\n", "a chunk size is malformed", gwerr.BadRequest},
		{"no end", "1\r\nab", "a chunk is not followed by CRLF", gwerr.BadRequest},
		{"an underscore", "0\r\na_b: 1\r\n\r\n", "a header field name has an underscore",
			gwerr.BadRequest},
		{"large trailers", "0\r\na: " + strings.Repeat("b", 9<<10) + "\r\n\r\n",
			"the trailer section is longer than allowed", gwerr.HeadersTooLarge},
	} {
		p := over(t, chunkedHead, "")
		var k kept
		read(t, p, &k)
		p.say(tc.body)
		err := within(t, reading(p, &k))
		f := fault.Of(err)
		if f.Side != fault.Client || f.Kind != fault.Malformed || f.Code != tc.code ||
			f.Reason != tc.reason {
			t.Errorf("%s: got %v with %v", tc.name, err, f.Code)
		}
	}
	p := over(t, chunkedHead, "")
	p.begin(chunkedHead, "0\r\na_b: 1\r\n\r\n", http1.Limits{AllowUnderscores: true})
	if end := read(t, p, &kept{}); !end.Done || string(end.Trailer) != "a_b: 1\r\n" {
		t.Errorf("where underscores are allowed: done %v, %q", end.Done, end.Trailer)
	}
}

func TestABodyThatDoesNotCome(t *testing.T) {
	p := over(t, lengthHead, "he")
	var k kept
	read(t, p, &k)
	if err := ticking(t, p.watch, reading(p, &k)); err != fault.ClientSlow {
		t.Errorf("a client that pauses: %v, want %v", err, fault.ClientSlow)
	}
	stopped := reading(p, &k)
	p.StopReading(true)
	if err := within(t, stopped); err != fault.ClientStopped {
		t.Errorf("told to stop: %v, want %v", err, fault.ClientStopped)
	}
	if err := within(t, reading(p, &k)); err != fault.ClientStopped {
		t.Errorf("and again: %v, want %v", err, fault.ClientStopped)
	}
	p.StopReading(false)
	p.say("llo")
	if end := read(t, p, &k); !end.Done || k.text != "hello" {
		t.Errorf("told to go on: %q, done %v", k.text, end.Done)
	}
	for name, leave := range map[string]func(*caller){
		"closes": func(c *caller) { c.Close() }, "resets": (*caller).reset,
	} {
		p = over(t, lengthHead, "")
		read(t, p, &k)
		leave(p.caller)
		if err := within(t, reading(p, &k)); err != fault.ClientGone {
			t.Errorf("a client that %s: %v, want %v", name, err, fault.ClientGone)
		}
	}
}

// What came behind a body is the next request's, however much it is.
func TestFinishKeepsWhatCameBehind(t *testing.T) {
	long := strings.Repeat("x", 3*4<<10)
	for name, rest := range map[string]string{"nothing": "", "little": next, "much": long} {
		p := over(t, lengthHead, "he")
		read(t, p, &kept{})
		p.say("llo" + rest)
		read(t, p, &kept{})
		p.Finish()
		if got := string(p.in.Bytes()); got != rest || len(p.in.Space()) == 0 {
			t.Errorf("%s: %d bytes of %d, room for %d", name, len(got), len(rest),
				len(p.in.Space()))
		}
	}
	p := over(t, lengthHead, "hello"+next)
	read(t, p, &kept{})
	if p.Finish(); string(p.in.Bytes()) != next {
		t.Errorf("what came with the head: %q", p.in.Bytes())
	}
}

func TestAClientThatGoesAwayIsNoticed(t *testing.T) {
	p := over(t, lengthHead, "hello")
	rang, hook := newBell()
	p.Watch(hook)
	if p.Left() || !p.Unwatch() {
		t.Error("a client that is there has left")
	}
	p.Watch(hook)
	p.reset()
	ticking(t, p.watch, rang)
	if !p.Left() || p.Unwatch() {
		t.Error("a client that is gone is there")
	}
	p = over(t, lengthHead, "hello")
	p.CloseWrite()
	if !p.Left() {
		t.Error("a client that has closed its side has not left")
	}
}

func TestAResponseOverHTTP1(t *testing.T) {
	const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	p := over(t, lengthHead, "hello")
	if pending, err := p.WriteHead(103, []byte(hints)); pending != nil || err != nil {
		t.Errorf("of an interim head %q is left, %v", pending, err)
	}
	p.hear(hints)
	const head = "HTTP/1.1 200 OK\r\n\r\n"
	pending, err := p.WriteHead(200, []byte(head))
	if string(pending) != head || err != nil {
		t.Errorf("of a final head %q is left, %v", pending, err)
	}
	if n := p.Room(); n != math.MaxInt {
		t.Errorf("there is room for %d bytes", n)
	}
	for _, piece := range []string{head + "he", "", "llo"} {
		if err := p.Write([]byte(piece), piece == "llo", []byte("x: not here\r\n")); err != nil {
			t.Error(err)
		}
	}
	p.Break([]byte("grpc-status: 14\r\n"))
	p.sock.Close()
	p.hear(head + "hello")
	p.bye()
}

func TestAClientThatTakesNothing(t *testing.T) {
	p := over(t, lengthHead, "hello")
	p.sock.WriteTimeout = limit
	writing := call(func() error { return p.Write(make([]byte, 16<<20), true, nil) })
	if err := ticking(t, p.watch, writing); err != fault.ClientSlow {
		t.Errorf("got %v, want %v", err, fault.ClientSlow)
	}
	p.reset()
	if _, err := p.WriteHead(100,
		[]byte("HTTP/1.1 100 Continue\r\n\r\n")); err != fault.ClientGone {
		t.Errorf("got %v, want %v", err, fault.ClientGone)
	}
}

func TestATunnelOverHTTP1(t *testing.T) {
	const switched = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	for name, tc := range map[string]struct{ head, with, behind, early string }{
		"nothing early": {head: lengthHead, with: "hello"},
		"early, with the head": {head: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", with: "early",
			early: "early"},
		"early, behind a body": {head: lengthHead, with: "he", behind: "lloearly",
			early: "early"},
	} {
		t.Run(name, func(t *testing.T) {
			p := over(t, tc.head, tc.with)
			read(t, p, &kept{})
			if tc.behind != "" {
				p.say(tc.behind)
				read(t, p, &kept{})
			}
			p.sock.SetReadDeadline(limit)
			other := &otherEnd{}
			end, early, err := p.Tunnel([]byte(switched), []byte("first"), other)
			if err != nil || string(early) != tc.early {
				t.Fatalf("%q came early, %v; want %q", early, err, tc.early)
			}
			if o := p.through.Load(); o == nil || *o != other || p.sock.ReadDeadlineSet() {
				t.Error("the other end is not known, or a clock goes on")
			}
			p.hear(switched + "first")
			if err := end.Send([]byte("pong")); err != nil {
				t.Error(err)
			}
			p.hear("pong")
			p.say("ping")
			p.CloseWrite()
			var got bytes.Buffer
			keep := func(b []byte) error { got.Write(b); return nil }
			err = within(t, call(func() error { return end.Receive(0, keep) }))
			if err != io.EOF || got.String() != "ping" {
				t.Errorf("got %q, %v", got.String(), err)
			}
			p.Finish()
			if p.through.Load() != nil || p.in.Len() != 0 {
				t.Errorf("after the tunnel %d bytes are left", p.in.Len())
			}
		})
	}
	p := over(t, lengthHead, "hello")
	p.reset()
	if _, _, err := p.Tunnel([]byte(switched), nil, &otherEnd{}); err != fault.ClientGone {
		t.Errorf("to a client that is gone: %v", err)
	}
	p = over(t, lengthHead, "hello")
	end, _, err := p.Tunnel([]byte(switched), nil, &otherEnd{})
	if err != nil {
		t.Fatal(err)
	}
	received := call(func() error { return end.Receive(0, nil) })
	end.Interrupt()
	if err := within(t, received); err != netx.ErrInterrupted {
		t.Errorf("got %v, want %v", err, netx.ErrInterrupted)
	}
}

package endpoint_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// over is a Side over HTTP/1.1 with the endpoint's end of its connection.
func over(t testing.TB) (*attempt, *peer, *netx.Watch) {
	t.Helper()
	p := newPlace(t, upstream.Options{})
	a := p.connect(p.dial())
	return a, p.peer(), p.watch
}

const (
	postHead = "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n"
	okHead   = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n"
)

// moreThanAKernelTakes is more than a kernel holds of a connection, on both ends.
const moreThanAKernelTakes = 16 << 20

func TestAWholeRequestAndItsAnswer(t *testing.T) {
	a, p, _ := over(t)
	r := request(t, postHead, "hello")
	got := a.asking(r, func() { p.hear(postHead + "hello"); p.say(okHead + "wor") })
	if got.n != len(r.Text) || got.err != nil {
		t.Fatalf("%d of %d bytes were sent: %v", got.n, len(r.Text), got.err)
	}
	// The answer came with the same turn: nothing more is read for its head.
	if n := a.response.Buffer.Len(); n != len(okHead)+3 {
		t.Errorf("%d bytes of the answer were read", n)
	}
	a.head(200)
	if rest := string(a.response.Buffer.Bytes()); rest != "wor" {
		t.Errorf("behind the head is %q", rest)
	}
	p.say("ld")
	buf := make([]byte, 10)
	if n, err := a.ReadBody(buf, deadline); string(buf[:n]) != "ld" || err != nil {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	if n, err := a.ReadBody(nil, deadline); n != 0 || err != nil {
		t.Errorf("a wait without a buffer: %d, %v; want none", n, err)
	}
	p.Close()
	if n, err := a.ReadBody(buf, deadline); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

func TestARequestInPieces(t *testing.T) {
	a, p, _ := over(t)
	r := request(t, postHead, "")
	r.Whole = false
	a.send(r) // and waits for nothing
	for _, piece := range []string{"he", "", "llo"} {
		if err := a.SendBody([]byte(piece), piece == "llo", nil); err != nil {
			t.Fatal(err)
		}
	}
	p.hear(postHead + "hello")
	p.say(answer204)
	a.Await(deadline)
	a.head(204)
}

// The kernel takes a part of a large request at first. The clock for the answer begins
// when it has all.
func TestARequestThatTheKernelTakesInParts(t *testing.T) {
	a, p, watch := over(t)
	body := strings.Repeat("x", moreThanAKernelTakes)
	r := request(t, getHead, body)
	r.Wait = time.Minute
	got := a.asking(r, func() {
		if n, err := io.CopyN(io.Discard, p, int64(len(r.Text))); err != nil {
			t.Errorf("the endpoint got %d bytes: %v", n, err)
		}
	})
	if got.n != len(r.Text) || got.err != nil {
		t.Fatalf("%d of %d bytes were sent: %v", got.n, len(r.Text), got.err)
	}
	watch.Tick(time.Minute - netx.Interval)
	p.say(answer204)
	a.head(204)
	err := ticking(t, watch, call(func() error { return a.ReadHead(a.response) }))
	blames(t, err, fault.Timeout, false)
}

func TestAHeadComesInAnyTwoPieces(t *testing.T) {
	a, p, _ := over(t)
	for cut := 1; cut < len(okHead); cut++ {
		a.response.Buffer.Clear()
		a.ask(request(t, getHead, ""), func() { p.hear(getHead); p.say(okHead[:cut]) })
		if n := a.response.Buffer.Len(); n != cut {
			t.Fatalf("%d bytes came, not the first %d", n, cut)
		}
		p.say(okHead[cut:])
		a.head(200)
		f := a.response.Head.Fields
		if n := a.response.Buffer.Len(); n != 0 || len(f) != 2 {
			t.Fatalf("cut at %d: %d fields, %d bytes are left", cut, len(f), n)
		}
		if v := a.response.Head.Value(&f[1]); string(v) != "b" {
			t.Fatalf("cut at %d: X-A is %q", cut, v)
		}
	}
}

func TestInterimHeadsComeFirst(t *testing.T) {
	a, p, _ := over(t)
	a.ask(request(t, getHead, ""), func() {
		p.hear(getHead)
		p.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
			okHead)
	})
	for _, status := range []int{103, 100, 200} {
		a.head(status)
	}
	if n := a.response.Buffer.Len(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

func TestAHeadThatBreaksTheProtocol(t *testing.T) {
	long := strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 70)
	for name, tc := range map[string]struct{ text, reason string }{
		"not HTTP":  {"hello\r\n", "the status line is malformed"},
		"a bare LF": {"HTTP/1.1 200 OK\n\n", "a line ends in a bare LF; lines end in CRLF"},
		"no colon":  {"HTTP/1.1 200 OK\r\nX\r\n\r\n", "a header line has no colon"},
		"two lengths": {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
			"there are Content-Length fields that differ"},
		"too many bytes": {
			"HTTP/1.1 200 OK\r\n" + long, "the header section is longer than allowed",
		},
		"too many fields": {"HTTP/1.1 200 OK\r\n" + strings.Repeat("a: b\r\n", 257),
			"there are more header fields than allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, p, _ := over(t)
			a.ask(request(t, getHead, ""), func() { p.hear(getHead); p.say(tc.text) })
			malformed(t, a.ReadHead(a.response), tc.reason)
		})
	}
}

// A head may have 64 KiB and 256 fields, more than is allowed to clients.
func TestAHeadMayBeLarge(t *testing.T) {
	a, p, _ := over(t)
	const start, line = "HTTP/1.1 204 No Content\r\n", 250 // 256 of them do not fill 64 KiB
	text := start
	for range 255 {
		text += "X-A: " + strings.Repeat("a", line-7) + "\r\n"
	}
	text += "X-B: " + strings.Repeat("b", 64<<10-len(text)-9) + "\r\n\r\n"
	a.ask(request(t, getHead, ""), func() { p.hear(getHead); p.say(text + "rest") })
	a.head(204)
	if n := len(a.response.Head.Fields); n != 256 || len(text) != 64<<10 {
		t.Errorf("%d fields of %d bytes were read", n, len(text))
	}
}

// A connection from the pool may have ended meanwhile, or talk out of turn. Nothing is
// sent over that.
func TestAStaleConnection(t *testing.T) {
	for name, spoil := range map[string]func(*peer){
		"closed":            func(p *peer) { p.Close() },
		"reset":             func(p *peer) { p.reset() },
		"talks out of turn": func(p *peer) { p.say("HTTP/1.1 408 Request Timeout\r\n\r\n") },
	} {
		for _, whole := range []bool{true, false} {
			p := newPlace(t, upstream.Options{})
			first := p.connect(p.dial())
			one := p.peer()
			exchange(first, one)
			first.end(endpoint.Ending{Complete: true})
			spoil(one)
			second := p.connect(p.dial())
			r := request(t, getHead, "")
			r.Whole, r.Answer = whole, second.response.Buffer
			if n, err := second.Send(r); n != 0 || err != fault.EndpointStale {
				t.Errorf("%s, whole %v: %d bytes were sent, %v", name, whole, n, err)
			}
			if !fault.EndpointStale.Unseen {
				t.Error("what was not sent may be seen")
			}
			if name == "talks out of turn" {
				second.end(endpoint.Ending{})
				one.bye() // so no request came
			}
		}
	}
}

// What the endpoint does in place of an answer, and what is known of the request then.
func TestAnEndpointThatGoesAway(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(*peer)
		err  error
	}{
		{"closes", func(p *peer) { p.Close() }, io.EOF},
		{"resets", func(p *peer) { p.reset() }, syscall.ECONNRESET},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			same := func(when string, err error) {
				if f := blames(t, err, fault.Closed, false); f.Err != tc.err {
					t.Errorf("%s: because of %v, want %v", when, f.Err, tc.err)
				}
			}
			a, p, _ := over(t)
			got := a.asking(request(t, getHead, ""), func() { p.hear(getHead); tc.do(p) })
			if got.n != len(getHead) {
				t.Errorf("%d bytes were sent", got.n)
			}
			same("before the answer", got.err)

			a, p, _ = over(t)
			a.ask(request(t, getHead, ""), func() { p.hear(getHead); p.say(okHead[:20]) })
			tc.do(p)
			same("within the head", a.ReadHead(a.response))

			a, p, _ = over(t)
			a.ask(request(t, getHead, ""), func() { p.hear(getHead); p.say(okHead) })
			a.head(200)
			tc.do(p)
			_, err := a.ReadBody(make([]byte, 10), deadline)
			if tc.err == io.EOF {
				if err != io.EOF {
					// who frames it knows whether that is its end
					t.Errorf("within the body: %v", err)
				}
				return
			}
			same("within the body", err)
		})
	}
}

// Only of a request of which not a byte was written is it certain that nobody saw it.
func TestWritingToAnEndpointThatIsGone(t *testing.T) {
	a, p, _ := over(t)
	p.reset()
	r := request(t, postHead, "")
	r.Whole = false
	n, err := a.Send(r)
	if f := blames(t, err, fault.Closed, true); n != 0 || f.Err != syscall.ECONNRESET {
		t.Errorf("%d bytes were sent, %v", n, f.Err)
	}
	blames(t, a.SendBody([]byte("hello"), true, nil), fault.Closed, false)
}

func TestClocksOfAnAttempt(t *testing.T) {
	const limit = 5 * time.Second
	a, p, watch := over(t)
	r := request(t, getHead, "")
	r.Wait, r.Answer = limit, a.response.Buffer
	sending := call(func() sent { n, err := a.Send(r); return sent{n, err} })
	p.hear(getHead)
	if got := ticking(t, watch, sending); got.n != len(getHead) || got.err != fault.EndpointSlow {
		t.Errorf("no answer: %d bytes were sent, %v", got.n, got.err)
	}

	// Of a request in pieces the clock begins with Await, and 0 stops it.
	a, p, watch = over(t)
	r = request(t, postHead, "")
	r.Whole, r.Wait = false, limit
	a.send(r)
	if a.Traits().Plain.ReadDeadlineSet() {
		t.Error("the clock began with the head")
	}
	reading := call(func() error { return a.ReadHead(a.response) })
	a.Await(limit)
	if err := ticking(t, watch, reading); err != fault.EndpointSlow {
		t.Errorf("no head: %v", err)
	}
	if a.Await(0); a.Traits().Plain.ReadDeadlineSet() {
		t.Error("the clock was not stopped")
	}
	p.say(okHead)
	a.head(200)
	body := call(func() error { _, err := a.ReadBody(make([]byte, 1), limit); return err })
	if err := ticking(t, watch, body); err != fault.EndpointSlow {
		t.Errorf("no body: %v", err)
	}
}

// An endpoint that takes nothing is waited for as long as Dial.Write says.
func TestAnEndpointThatTakesNothing(t *testing.T) {
	p := newPlace(t, upstream.Options{})
	d := p.dial()
	d.Write = 5 * time.Second
	a := p.connect(d)
	p.peer()
	r := request(t, postHead, "")
	r.Whole = false
	a.send(r)
	writing := call(func() error {
		return a.SendBody(make([]byte, moreThanAKernelTakes), true, nil)
	})
	if err := ticking(t, p.watch, writing); err != fault.EndpointSlow {
		t.Errorf("got %v, want %v", err, fault.EndpointSlow)
	}
	// Once the kernel is full not a byte of this leaves. It may still move some from one of its
	// buffers to the other, so there may be room for a few more.
	var got sent
	for range 100_000 {
		again := call(func() sent { n, err := a.Send(r); return sent{n, err} })
		if got = ticking(t, p.watch, again); got.n == 0 {
			break
		}
	}
	if got.n != 0 || got.err != fault.EndpointSlowUnseen {
		t.Errorf("%d bytes were sent, %v; want %v", got.n, got.err, fault.EndpointSlowUnseen)
	}
}

func TestAnInterrupt(t *testing.T) {
	a, p, _ := over(t)
	a.Interrupt()
	r := request(t, getHead, "")
	r.Answer = a.response.Buffer
	if n, err := a.Send(r); n != 0 || err != fault.EndpointStopUnseen {
		t.Errorf("before the request: %d bytes were sent, %v", n, err)
	}
	a.end(endpoint.Ending{})
	p.bye()

	a, p, _ = over(t)
	got := a.asking(r, func() { p.hear(getHead); a.Interrupt() })
	if got.n != len(getHead) || got.err != fault.EndpointStopped {
		t.Errorf("before the answer: %d bytes were sent, %v", got.n, got.err)
	}
	if err := a.ReadHead(a.response); err != fault.EndpointStopped {
		t.Errorf("and after that: %v", err)
	}

	// The hook that is given to the client's watch does the same.
	a, _, _ = over(t)
	r.Whole = false
	a.send(r)
	writing := call(func() error {
		return a.SendBody(make([]byte, moreThanAKernelTakes), true, nil)
	})
	a.Traits().Hook.Target.Interrupt()
	if err := within(t, writing); err != fault.EndpointStopped {
		t.Errorf("within the body: %v", err)
	}
}

func TestATunnelOverAConnection(t *testing.T) {
	a, p, _ := over(t)
	r := request(t, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "")
	r.Wait = deadline
	a.ask(r, func() { p.hear(string(r.Text)); p.say("HTTP/1.1 101 Switching Protocols\r\n\r\n") })
	a.head(101)
	end := a.Tunnel()
	if a.Traits().Plain.ReadDeadlineSet() {
		t.Error("the clock for the response goes on")
	}
	if err := end.Send([]byte("ping")); err != nil {
		t.Error(err)
	}
	p.say("pong")
	p.CloseWrite()
	var got bytes.Buffer
	keep := func(b []byte) error { got.Write(b); return nil }
	err := within(t, call(func() error { return end.Receive(0, keep) }))
	if !errors.Is(err, io.EOF) || got.String() != "pong" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	if err := end.CloseSend(); err != nil {
		t.Error(err)
	}
	p.hear("ping")
	p.bye()
}

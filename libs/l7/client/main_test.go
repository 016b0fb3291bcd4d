package client_test

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

// limit is how long clients of these tests may pause; their watches are the tests'.
const limit = 5 * time.Second

// caller is the client's end of a connection.
type caller struct {
	t testing.TB
	*net.TCPConn
}

// pair is a connection: the gateway's end and the client's.
func pair(t testing.TB, w *netx.Watch) (*netx.Sock, *caller) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	peer, err := net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ln.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	s, err := netx.NewSock(conn, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		peer.Close()
	})
	return s, &caller{t: t, TCPConn: peer}
}

func (c *caller) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Error(err)
	}
}

// hear reads exactly this.
func (c *caller) hear(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil || string(got) != want {
		c.t.Errorf("the client gets %q, %v; want %q", got[:n], err, want)
	}
}

// bye waits for the end of the connection, before which nothing may come.
func (c *caller) bye() {
	c.t.Helper()
	rest, err := io.ReadAll(c)
	if len(rest) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		c.t.Errorf("before the end comes %q, %v", rest, err)
	}
}

// reset ends the connection with a TCP reset.
func (c *caller) reset() {
	c.t.Helper()
	if err := c.SetLinger(0); err != nil {
		c.t.Error(err)
	}
	c.Close()
}

// plain is a Side over HTTP/1.1 with its client.
type plain struct {
	client.HTTP1
	*caller
	sock    *netx.Sock
	watch   *netx.Watch
	in      *buffers.Buffer
	through *atomic.Pointer[tunnel.End]
}

const (
	lengthHead  = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
	chunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// over is a side for a request with this head, with whose head this was read too.
func over(t testing.TB, head, behind string) *plain {
	t.Helper()
	p := &plain{watch: netx.NewWatch(), through: &atomic.Pointer[tunnel.End]{}}
	p.sock, p.caller = pair(t, p.watch)
	p.in = &buffers.Buffer{B: make([]byte, buffers.Head)}
	p.begin(head, behind, http1.Limits{})
	return p
}

// begin makes the side ready for a request.
func (p *plain) begin(head, behind string, l http1.Limits) {
	p.t.Helper()
	var r http1.RequestHead
	r.Reset(l)
	if n, err := r.Parse([]byte(head)); err != nil || n != len(head) {
		p.t.Fatalf("%q is no head: %v", head, err)
	}
	p.in.R, p.in.W = 0, copy(p.in.B, behind)
	p.Begin(p.sock, p.through, p.in, &r, limit)
}

// kept is a Sink that keeps what it gets.
type kept struct {
	text  string
	ahead int64
	err   error
}

func (k *kept) Put(data []byte, ahead int64) error {
	k.text += string(data)
	k.ahead = ahead
	return k.err
}

// within takes what comes from c, which must not take long.
func within[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatal("it hangs")
		panic("unreachable")
	}
}

// call runs f, which may wait, and gives what it returns.
func call[T any](f func() T) <-chan T {
	c := make(chan T, 1)
	go func() { c <- f() }()
	return c
}

// reading calls ReadBody, which may wait, for its error.
func reading(s client.Side, k client.Sink) <-chan error {
	return call(func() error { _, err := s.ReadBody(k); return err })
}

// read is ReadBody of a side that need not wait for long.
func read(t testing.TB, s client.Side, k client.Sink) client.End {
	t.Helper()
	var end client.End
	err := within(t, call(func() (err error) { end, err = s.ReadBody(k); return }))
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// ticking lets a watch go round until c has something; its time moves by an Interval
// each round.
func ticking[T any](t testing.TB, w watch, c <-chan T) T {
	t.Helper()
	over := time.Now().Add(deadline)
	for at := time.Duration(w.Now()); time.Now().Before(over); at += netx.Interval {
		select {
		case v := <-c:
			return v
		default:
			w.Tick(at)
		}
	}
	t.Fatal("it hangs")
	panic("unreachable")
}

// watch is that of sockets or that of HTTP/2.
type watch interface {
	Now() int64
	Tick(at time.Duration)
}

// bell is what a watch of a client interrupts.
type bell chan struct{}

func (b bell) Interrupt() { b <- struct{}{} }

func newBell() (bell, *netx.Hook) {
	b := make(bell, 10)
	return b, &netx.Hook{Target: b}
}

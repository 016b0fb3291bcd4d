package endpoint_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

func stay() bool { return false }

// place is an endpoint that the test plays, and the gateway's way to it.
type place struct {
	t        testing.TB
	cluster  *upstream.Cluster
	endpoint *upstream.Endpoint
	watch    *netx.Watch // ticks when the test says so
	accepted chan *net.TCPConn
}

// newPlace makes an endpoint that speaks HTTP/1.1.
func newPlace(t testing.TB, o upstream.Options) *place {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, watch: netx.NewWatch(), accepted: make(chan *net.TCPConn, 100)}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = deadline
	}
	p.cluster = upstream.NewCluster(o, p.watch)
	p.endpoint = p.cluster.Endpoint(ln.Addr().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.AcceptTCP()
			if err != nil {
				return
			}
			p.accepted <- c
		}
	}()
	t.Cleanup(func() {
		p.endpoint.Retire()
		ln.Close()
		<-done
		close(p.accepted)
		for c := range p.accepted {
			c.Close()
		}
		if n := p.cluster.Open(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return p
}

func (p *place) dial() *endpoint.Dial {
	return &endpoint.Dial{
		Want: upstream.Want{Wait: deadline, Gone: stay}, Endpoint: p.endpoint, Write: deadline,
	}
}

// connect makes a Side, which the end of the test ends if the test has not.
func (p *place) connect(d *endpoint.Dial) *attempt {
	p.t.Helper()
	a := &attempt{t: p.t, response: response()}
	var err error
	if a.Side, err = a.sides.Connect(d); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { a.end(endpoint.Ending{}) })
	return a
}

// peer is the endpoint's end of the next connection that was made.
func (p *place) peer() *peer {
	p.t.Helper()
	select {
	case c := <-p.accepted:
		if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { c.Close() })
		return &peer{t: p.t, TCPConn: c}
	case <-time.After(deadline):
		p.t.Fatal("no connection comes")
		return nil
	}
}

// idle reports that no connection was made that the test has not asked for.
func (p *place) idle() bool { return len(p.accepted) == 0 }

// attempt is a Side with what it reads to.
type attempt struct {
	t testing.TB
	endpoint.Side
	sides    endpoint.Sides
	response *endpoint.Response
}

func (a *attempt) end(e endpoint.Ending) {
	if a.Side != nil {
		a.End(e)
		a.Side = nil
	}
}

// send sends a request that must go out whole.
func (a *attempt) send(r *endpoint.Request) {
	a.t.Helper()
	r.Answer = a.response.Buffer
	if n, err := a.Send(r); n != len(r.Text) || err != nil {
		a.t.Fatalf("%d of %d bytes were sent: %v", n, len(r.Text), err)
	}
}

// head reads a response head with this status.
func (a *attempt) head(status int) {
	a.t.Helper()
	if err := within(a.t, call(func() error { return a.ReadHead(a.response) })); err != nil {
		a.t.Fatal(err)
	}
	if got := a.response.Head.Status; got != status {
		a.t.Errorf("the status is %d, want %d", got, status)
	}
}

func response() *endpoint.Response {
	return &endpoint.Response{
		Head:    &http1.ResponseHead{},
		Limits:  http1.Limits{HeadBytes: 64 << 10, Fields: 256},
		Buffer:  &buffers.Buffer{B: make([]byte, buffers.Answer)},
		Request: &http1.RequestHead{},
	}
}

const getHead = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"

// request is a request to send, whole unless the test changes that.
func request(t testing.TB, head, body string) *endpoint.Request {
	t.Helper()
	h := &http1.RequestHead{}
	h.Reset(http1.Limits{})
	n, err := h.Parse([]byte(head))
	if err != nil || n != len(head) {
		t.Fatalf("%q is no head: %v", head, err)
	}
	return &endpoint.Request{Head: h, Text: []byte(head + body), HeadLen: n, Whole: true}
}

// peer is the endpoint's end of a connection.
type peer struct {
	t testing.TB
	*net.TCPConn
}

func (p *peer) say(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Error(err)
	}
}

// hear reads exactly this.
func (p *peer) hear(want string) {
	p.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(p, got)
	if err != nil || string(got) != want {
		p.t.Errorf("the endpoint gets %q, %v; want %q", got[:n], err, want)
	}
}

// bye waits for the end of the connection, before which nothing may come. It is a reset
// where the gateway has not read all that was said.
func (p *peer) bye() {
	p.t.Helper()
	rest, err := io.ReadAll(p)
	if len(rest) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		p.t.Errorf("before the end comes %q, %v", rest, err)
	}
}

// reset ends the connection with a TCP reset.
func (p *peer) reset() {
	p.t.Helper()
	if err := p.SetLinger(0); err != nil {
		p.t.Error(err)
	}
	p.Close()
}

// sent is what Send has returned.
type sent struct {
	n   int
	err error
}

// asking sends a request while play is what the endpoint does.
func (a *attempt) asking(r *endpoint.Request, play func()) sent {
	a.t.Helper()
	r.Answer = a.response.Buffer
	done := make(chan sent, 1)
	go func() {
		n, err := a.Send(r)
		done <- sent{n, err}
	}()
	play()
	return within(a.t, done)
}

// ask is asking for what must be answered.
func (a *attempt) ask(r *endpoint.Request, play func()) {
	a.t.Helper()
	if got := a.asking(r, play); got.n != len(r.Text) || got.err != nil {
		a.t.Fatalf("%d of %d bytes were sent: %v", got.n, len(r.Text), got.err)
	}
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

// ticking lets a watch go round until c has something, as fast as that goes; its time
// moves by an Interval each round.
func ticking[T any](t testing.TB, w watch, c <-chan T) T {
	t.Helper()
	limit := time.Now().Add(deadline)
	for at := time.Duration(w.Now()); time.Now().Before(limit); at += netx.Interval {
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

// blames checks that an error is the endpoint's fault, of this kind, and what it says
// of the request: whether the endpoint has certainly not seen it.
func blames(t testing.TB, err error, kind fault.Kind, unseen bool) *fault.Error {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %v, which is no fault", err)
	}
	if f.Side != fault.Endpoint || f.Kind != kind || f.Unseen != unseen {
		t.Errorf("got %v, unseen %v; want %v of the endpoint, unseen %v",
			f, f.Unseen, kind, unseen)
	}
	return f
}

// malformed checks that an error says that a response breaks the protocol.
func malformed(t testing.TB, err error, reason string) {
	t.Helper()
	f := blames(t, err, fault.Malformed, false)
	if f.Code != gwerr.UpstreamProtocol || f.Reason != reason {
		t.Errorf("the code is %v, the reason %q; want %q", f.Code, f.Reason, reason)
	}
}

package http2_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// caller is a Client of this package with its socket, as a pool has them.
type caller struct {
	*http2.Client
	t     testing.TB
	watch *http2.Watch
	sock  *netx.Sock
	done  chan struct{} // closed when Serve has returned err
	err   error
}

// callerOptions are what a test changes of a caller.
type callerOptions struct {
	http2.ClientOptions
	tls    *tls.Config
	manual bool // the test moves the watch's time
}

func call(t testing.TB, addr string, o callerOptions) *caller {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, deadline)
	if err != nil {
		t.Fatal(err)
	}
	return callOver(t, conn.(*net.TCPConn), o)
}

func callOver(t testing.TB, conn *net.TCPConn, o callerOptions) *caller {
	t.Helper()
	c := &caller{t: t, watch: http2.NewWatch(), done: make(chan struct{})}
	socks := netx.NewWatch()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = socks.Run(ctx) })
	if !o.manual {
		wg.Go(func() { _ = c.watch.Run(ctx) })
	}
	var err error
	if c.sock, err = netx.NewSock(conn, socks); err != nil {
		t.Fatal(err)
	}
	c.sock.WriteTimeout = deadline
	if o.tls != nil {
		if err := c.sock.Secure(func(wire net.Conn) (netx.Layer, error) {
			l := tls.Client(wire, o.tls)
			return l, l.HandshakeContext(ctx)
		}); err != nil {
			t.Fatal(err)
		}
	}
	c.Client = http2.NewClient(c.sock, c.watch, o.ClientOptions)
	wg.Go(func() {
		c.err = c.Serve()
		c.sock.Close()
		close(c.done)
	})
	t.Cleanup(func() {
		c.Close()
		stop()
		wg.Wait()
	})
	return c
}

// ended waits for the end of the connection, and returns what Serve said.
func (c *caller) ended() error {
	c.t.Helper()
	select {
	case <-c.done:
		return c.err
	case <-time.After(deadline):
		c.t.Fatal("the connection does not end")
		return nil
	}
}

// ready waits for the server's settings.
func (c *caller) ready() *caller {
	c.t.Helper()
	select {
	case <-c.Ready():
	case <-time.After(deadline):
		c.t.Fatal("the server's settings do not come")
	}
	return c
}

// elapse lets time pass by steps until cond holds, and returns how much that was.
func (c *caller) elapse(what string, cond func() bool) time.Duration {
	c.t.Helper()
	from := time.Duration(c.watch.Now())
	at := from
	testkit.Eventually(c.t, what, func() bool {
		if cond() {
			return true
		}
		at += time.Second
		c.watch.Tick(at)
		return false
	})
	return at - from
}

// open opens a stream that the connection must have room for.
func (c *caller) open() *http2.ClientStream {
	c.t.Helper()
	s := c.Open()
	if s == nil {
		c.t.Fatal("there is no room for a stream")
	}
	s.SetWait(deadline, deadline)
	return s
}

func target(method, path string) http2.Target {
	return http2.Target{
		Method: []byte(method), Scheme: []byte("http"), Authority: []byte("a.test"),
		Path: []byte(path),
	}
}

// got is a response, or what it came to.
type got struct {
	interim []int
	status  int
	fields  map[string]string
	body    []byte
	trailer map[string]string
	err     error
}

// receive reads a response to its end.
func receive(s *http2.ClientStream) (g got) {
	for {
		status, end, err := s.ReadHead()
		if err != nil {
			g.err = err
			return g
		}
		if status < 200 {
			g.interim = append(g.interim, status)
			continue
		}
		g.status, g.fields = status, fieldsOf(s.Head(), http2.First)
		if string(s.Head().Value(0)) != strconv.Itoa(status) {
			panic("the head begins with " + string(s.Head().Value(0)))
		}
		if end {
			return g
		}
		break
	}
	buf := make([]byte, 10_000)
	for {
		n, err := s.ReadBody(buf)
		g.body = append(g.body, buf[:n]...)
		if err == io.EOF {
			g.trailer = fieldsOf(s.Trailer(), 0)
			return g
		}
		if err != nil {
			g.err = err
			return g
		}
	}
}

func fieldsOf(h *http2.Head, from int) map[string]string {
	m := map[string]string{}
	for i := from; i < h.Len(); i++ {
		m[string(h.Name(i))] = string(h.Value(i))
	}
	return m
}

// get sends a request without a body and reads its response.
func (c *caller) get(path string) got {
	c.t.Helper()
	s := c.open()
	defer s.Close()
	if err := s.WriteHead(target("GET", path), nil, true); err != nil {
		return got{err: err}
	}
	return receive(s)
}

// stream is a ClientStream that may be closed again and again.
type stream struct {
	*http2.ClientStream
	closed sync.Once
}

func (s *stream) close() { s.closed.Do(s.Close) }

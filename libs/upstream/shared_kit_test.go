package upstream_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// A server is an endpoint that speaks HTTP/2.
type server struct {
	ln       net.Listener
	watch    *http2.Watch
	accepted atomic.Int64
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns map[*http2.Conn]bool
}

// serverOptions are what a test changes of a server.
type serverOptions struct {
	http2.Options
	tls     *tls.Config
	handler http2.Handler
}

func answerEmpty(s *http2.Stream) { _ = s.WriteHead(204, nil, true) }

func newServer(t testing.TB, o serverOptions) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &server{ln: ln, watch: http2.NewWatch(), conns: map[*http2.Conn]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	socks := netx.NewWatch()
	g.wg.Go(func() { _ = g.watch.Run(ctx) })
	g.wg.Go(func() { _ = socks.Run(ctx) })
	if o.handler == nil {
		o.handler = answerEmpty
	}
	g.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			g.accepted.Add(1)
			g.wg.Go(func() { g.serve(ctx, conn.(*net.TCPConn), socks, o) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		stop()
		g.wg.Wait()
	})
	return g
}

func (g *server) serve(ctx context.Context, conn *net.TCPConn, socks *netx.Watch, o serverOptions) {
	sock, err := netx.NewSock(conn, socks)
	if err != nil {
		return
	}
	defer sock.Close()
	if o.tls != nil {
		if sock.Secure(func(wire net.Conn) (netx.Layer, error) {
			l := tls.Server(wire, o.tls)
			return l, l.HandshakeContext(ctx)
		}) != nil {
			return
		}
	}
	c := http2.NewConn(sock, g.watch, o.Options, o.handler)
	g.mu.Lock()
	g.conns[c] = true
	g.mu.Unlock()
	_ = c.Serve(ctx, nil)
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
}

// drain lets the connections say goodbye.
func (g *server) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Drain()
	}
}

func (g *server) address() string { return g.ln.Addr().String() }

// cluster makes a cluster over HTTP/2 with an endpoint.
func cluster(
	t testing.TB, address string, o upstream.Options,
) (*upstream.Cluster, *upstream.Endpoint, *http2.Watch) {
	t.Helper()
	watch := http2.NewWatch()
	o.Protocol, o.Streams = "h2c", watch
	if o.TLS != nil {
		o.Protocol = "h2"
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = deadline
	}
	c := upstream.NewCluster(o, netx.NewWatch())
	e := c.Endpoint(address)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = watch.Run(ctx) })
	t.Cleanup(func() {
		e.Retire()
		testkit.Eventually(t, "all connections end", func() bool {
			return c.Open() == 0 && e.Conns() == 0
		})
		stop()
		wg.Wait()
	})
	return c, e, watch
}

func open(t testing.TB, e *upstream.Endpoint) *upstream.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	s, err := e.Open(ctx, deadline, stay)
	if err != nil {
		t.Fatal(err)
	}
	s.SetWait(deadline, deadline)
	return s
}

var get = http2.Target{
	Method: []byte("GET"), Scheme: []byte("http"), Authority: []byte("a.test"), Path: []byte("/"),
}

// finish does a request on a stream and releases it.
func finish(t testing.TB, s *upstream.Stream) {
	t.Helper()
	defer s.Release()
	if err := s.WriteHead(get, nil, true); err != nil {
		t.Error(err)
		return
	}
	if _, end, err := s.ReadHead(); err != nil {
		t.Error(err)
	} else if !end {
		if _, err := s.ReadBody(make([]byte, 100)); err != io.EOF {
			t.Error(err)
		}
	}
}

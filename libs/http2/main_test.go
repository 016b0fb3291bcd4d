package http2_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const deadline = 10 * time.Second

// server is connections of this package behind a port, as an edge has them.
type server struct {
	t       testing.TB
	ln      *net.TCPListener
	watch   *http2.Watch
	socks   *netx.Watch
	opts    http2.Options
	tls     *tls.Config
	handler http2.Handler
	// manual leaves the watch to the test: see elapse.
	manual bool
	// counts gets what each connection has read and written, when it has ended; nil: nobody asks.
	counts chan wireCount

	wg   sync.WaitGroup
	stop context.CancelFunc

	mu    sync.Mutex
	conns map[*http2.Conn]bool
	ends  []error // what Serve returned, in order
}

// listen starts a server; change, unless nil, is called before.
func listen(t testing.TB, h http2.Handler, change func(*server)) *server {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{
		t: t, ln: ln, handler: h, stop: stop,
		watch: http2.NewWatch(), socks: netx.NewWatch(), conns: map[*http2.Conn]bool{},
	}
	if change != nil {
		change(s)
	}
	runs := []func(context.Context) error{s.socks.Run, s.accept}
	if !s.manual {
		runs = append(runs, s.watch.Run)
	}
	for _, run := range runs {
		s.wg.Go(func() { _ = run(ctx) })
	}
	t.Cleanup(s.close)
	return s
}

func (s *server) close() {
	s.stop()
	s.ln.Close()
	s.wg.Wait()
}

func (s *server) addr() string { return s.ln.Addr().String() }

func (s *server) accept(ctx context.Context) error {
	for {
		conn, err := s.ln.AcceptTCP()
		if err != nil {
			return err
		}
		s.wg.Go(func() { s.serve(ctx, conn) })
	}
}

func (s *server) serve(ctx context.Context, conn *net.TCPConn) {
	sock, err := netx.NewSock(conn, s.socks)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer sock.Close()
	sock.WriteTimeout = deadline
	if s.tls != nil {
		err := sock.Secure(func(wire net.Conn) (netx.Layer, error) {
			l := tls.Server(wire, s.tls)
			return l, l.HandshakeContext(ctx)
		})
		if err != nil {
			return
		}
	}
	wire := http2.Wire(sock)
	var counted countedWire
	if s.counts != nil {
		counted.Sock, wire = sock, &counted
	}
	c := http2.NewConn(wire, s.watch, s.opts, s.handler)
	s.mu.Lock()
	s.conns[c] = true
	s.mu.Unlock()
	err = c.Serve(ctx, nil)
	if s.counts != nil {
		s.counts <- wireCount{read: counted.read.Load(), written: counted.written.Load()}
	}
	s.mu.Lock()
	delete(s.conns, c)
	s.ends = append(s.ends, err)
	s.mu.Unlock()
	linger(ctx, sock)
}

// linger lets the client read what was sent, as l7 does.
func linger(ctx context.Context, sock *netx.Sock) {
	sock.Resume()
	if ctx.Err() != nil || sock.CloseWrite() != nil {
		return
	}
	stop := context.AfterFunc(ctx, sock.Interrupt)
	defer stop()
	sock.SetReadDeadline(2 * time.Second)
	buf := make([]byte, 16<<10)
	for range 1024 {
		if _, err := sock.Read(buf); err != nil {
			return
		}
	}
}

// ended waits for the end of a connection and returns what Serve said.
func (s *server) ended(t testing.TB) error {
	t.Helper()
	var err error
	testkit.Eventually(t, "a connection ends", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.ends) == 0 {
			return false
		}
		err, s.ends = s.ends[0], s.ends[1:]
		return true
	})
	return err
}

// elapse lets time pass by steps until cond holds, and returns how much that was.
func (s *server) elapse(t testing.TB, what string, cond func() bool) time.Duration {
	t.Helper()
	from := time.Duration(s.watch.Now())
	at := from
	testkit.Eventually(t, what, func() bool {
		if cond() {
			return true
		}
		at += time.Second
		s.watch.Tick(at)
		return false
	})
	return at - from
}

// drain drains all connections.
func (s *server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Drain()
	}
}

// hello answers every request with a few bytes, after reading its body.
func hello(s *http2.Stream) {
	var buf [4096]byte
	for {
		if _, err := s.ReadBody(buf[:]); err != nil {
			if !errors.Is(err, io.EOF) {
				return
			}
			break
		}
	}
	f := s.Fields()
	f.AddString("Content-Type", "text/plain")
	f.AddString("Server", "gateway")
	_ = s.WriteHead(200, greeting, true)
}

var greeting = []byte("hello, here are some bytes for the windows\n")

// withTLS makes a server secure; the pool trusts it.
func withTLS(t testing.TB, s *server) *testkit.Authority {
	t.Helper()
	authority := testkit.NewAuthority(t)
	s.tls = &tls.Config{
		Certificates: []tls.Certificate{authority.Leaf(t, nil, "127.0.0.1", "localhost").TLS(t)},
		NextProtos:   []string{"h2"},
		MinVersion:   tls.VersionTLS12,
	}
	return authority
}

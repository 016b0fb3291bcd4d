package upstream_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestRequestsShareOneDial(t *testing.T) {
	g := newServer(t, serverOptions{})
	c, e, _ := cluster(t, g.address(), upstream.Options{})
	var wg sync.WaitGroup
	for range http2.DefaultMaxStreams {
		wg.Go(func() { finish(t, open(t, e)) })
	}
	wg.Wait()
	if n := g.accepted.Load(); n != 1 {
		t.Errorf("%d connections were made, want 1", n)
	}
	if c.Open() != 1 || e.Conns() != 1 || e.IdleConns() != 1 || c.Lent() != 0 {
		t.Errorf("%d open, %d of the endpoint, %d idle, %d lent", c.Open(), e.Conns(),
			e.IdleConns(), c.Lent())
	}
}

func TestAnotherConnectionIsMadeWhenAllAreFull(t *testing.T) {
	g := newServer(t, serverOptions{Options: http2.Options{MaxStreams: 2}})
	c, e, _ := cluster(t, g.address(), upstream.Options{MaxConnections: 2, MaxPending: 1})
	var lent []*upstream.Stream
	for range 4 {
		lent = append(lent, open(t, e))
	}
	if g.accepted.Load() != 2 || c.Open() != 2 || c.Lent() != 4 || e.IdleConns() != 0 {
		t.Errorf("%d made, %d open, %d lent, %d idle", g.accepted.Load(), c.Open(), c.Lent(),
			e.IdleConns())
	}
	if lent[0].Reused || !lent[1].Reused || lent[2].Reused {
		t.Error("it is not the first of a connection that says so")
	}
	// The fifth waits in line, the sixth finds it full.
	fifth := make(chan *upstream.Stream, 1)
	go func() { fifth <- open(t, e) }()
	testkit.Eventually(t, "it stands in line", func() bool { return c.Waiting() == 1 })
	if _, err := e.Open(t.Context(), deadline, stay); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("the sixth: %v, want %v", err, upstream.ErrOverloaded)
	}
	finish(t, lent[0])
	select {
	case s := <-fifth:
		if !s.Reused {
			t.Error("a connection that was used says it was not")
		}
		finish(t, s)
	case <-time.After(deadline):
		t.Fatal("nobody woke it")
	}
	for _, s := range lent[1:] {
		finish(t, s)
	}
	if c.Lent() != 0 || e.IdleConns() != 2 || c.Waiting() != 0 {
		t.Errorf("%d lent, %d idle, %d waiting at the end", c.Lent(), e.IdleConns(), c.Waiting())
	}
}

// A wait that is in vain holds up no other.
func TestAWaitForAStreamEnds(t *testing.T) {
	g := newServer(t, serverOptions{Options: http2.Options{MaxStreams: 1}})
	_, e, _ := cluster(t, g.address(), upstream.Options{MaxConnections: 1, MaxPending: 1})
	only := open(t, e)
	defer only.Release()
	_, err := e.Open(t.Context(), time.Millisecond, stay)
	if !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("a wait of a millisecond ended with %v", err)
	}
	if _, err := e.Open(t.Context(), deadline, func() bool {
		return true
	}); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("a wait for a client that is gone ended with %v", err)
	}
}

// What is under way on a connection that says goodbye ends there; what comes next
// goes elsewhere, though there may be only one.
func TestAConnectionThatSaysGoodbyeLeavesThePool(t *testing.T) {
	release := make(chan struct{})
	g := newServer(t, serverOptions{handler: func(s *http2.Stream) {
		if string(s.Request().Path) == "/slow" {
			<-release
		}
		answerEmpty(s)
	}})
	c, e, _ := cluster(t, g.address(), upstream.Options{MaxConnections: 1})
	slow := open(t, e)
	target := get
	target.Path = []byte("/slow")
	if err := slow.WriteHead(target, nil, true); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the request arrives", func() bool { return g.active() == 1 })
	g.drain()
	testkit.Eventually(t, "another connection is made", func() bool {
		s := open(t, e)
		defer s.Release()
		if err := s.WriteHead(get, nil, true); err == nil {
			if _, _, err = s.ReadHead(); err != nil && !s.Unprocessed() {
				t.Error(err)
			}
		}
		return g.accepted.Load() == 2
	})
	if c.Open() != 2 || e.Conns() != 2 {
		t.Errorf("%d open, %d of the endpoint, want both", c.Open(), e.Conns())
	}
	close(release)
	if status, _, err := slow.ReadHead(); status != 204 || err != nil {
		t.Errorf("the request under way: %d, %v", status, err)
	}
	slow.Release()
	testkit.Eventually(t, "the old connection ends", func() bool {
		return c.Open() == 1 && e.Conns() == 1
	})
}

// active is how many requests are being served.
func (g *server) active() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		n += c.Active()
	}
	return n
}

func TestALostConnectionLeavesThePool(t *testing.T) {
	address, accepted := listen(t)
	c, e, _ := cluster(t, address, upstream.Options{})
	made := make(chan *upstream.Stream, 1)
	go func() { made <- open(t, e) }()
	peer := <-accepted
	if _, err := peer.Write(make([]byte, 3)); err != nil { // the length of SETTINGS
		t.Fatal(err)
	}
	if _, err := peer.Write([]byte{4, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	s := <-made
	if err := s.WriteHead(get, nil, true); err != nil {
		t.Fatal(err)
	}
	peer.Close()
	if _, _, err := s.ReadHead(); !errors.Is(err, http2.ErrGone) && err == nil {
		t.Errorf("got %v", err)
	}
	s.Release()
	testkit.Eventually(t, "it is gone", func() bool {
		return c.Open() == 0 && e.Conns() == 0 && c.Lent() == 0
	})
}

func TestAnIdleConnectionIsClosedInTime(t *testing.T) {
	g := newServer(t, serverOptions{})
	watch := http2.NewWatch()
	c := upstream.NewCluster(upstream.Options{
		Protocol: "h2c", Streams: watch, IdleTimeout: time.Minute, ConnectTimeout: deadline,
	}, netx.NewWatch())
	e := c.Endpoint(g.address())
	finish(t, open(t, e))
	watch.Tick(30 * time.Second)
	busy := open(t, e)
	finish(t, open(t, e))
	watch.Tick(80 * time.Second)
	e.Sweep()
	if e.Conns() != 1 {
		t.Fatal("a connection with a stream was closed")
	}
	finish(t, busy)
	watch.Tick(139 * time.Second)
	if e.Sweep(); e.IdleConns() != 1 {
		t.Fatal("it was closed early")
	}
	watch.Tick(141 * time.Second)
	e.Sweep()
	testkit.Eventually(t, "it is closed", func() bool { return c.Open() == 0 && e.Conns() == 0 })
	e.Retire()
}

func TestAConnectionWithoutStreamsMakesRoomElsewhere(t *testing.T) {
	one, two := newServer(t, serverOptions{}), newServer(t, serverOptions{})
	c, e, _ := cluster(t, one.address(), upstream.Options{MaxConnections: 1})
	other := c.Endpoint(two.address())
	defer other.Retire()
	lent := open(t, e)
	if _, err := other.Open(t.Context(), deadline, stay); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("a busy connection made room: %v", err)
	}
	finish(t, lent)
	finish(t, open(t, other))
	testkit.Eventually(t, "the first is closed", func() bool {
		return c.Open() == 1 && e.Conns() == 0
	})
}

func TestARetiredEndpointServesWhoCameBefore(t *testing.T) {
	g := newServer(t, serverOptions{})
	c, e, _ := cluster(t, g.address(), upstream.Options{})
	lent := open(t, e)
	e.Retire()
	finish(t, lent)
	testkit.Eventually(t, "its connection ends", func() bool { return c.Open() == 0 })
	finish(t, open(t, e)) // chosen before, by a plan that has been replaced
	testkit.Eventually(t, "and so does that of one who was late", func() bool {
		return c.Open() == 0 && e.Conns() == 0
	})
}

func TestSecuredConnectionsAgreeOnHTTP2(t *testing.T) {
	authority := testkit.NewAuthority(t)
	config := func(protocols ...string) *tls.Config {
		return &tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, "127.0.0.1").TLS(t)},
			NextProtos:   protocols, MinVersion: tls.VersionTLS12,
		}
	}
	client := &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}
	g := newServer(t, serverOptions{tls: config("h2", "http/1.1")})
	_, e, _ := cluster(t, g.address(), upstream.Options{TLS: client})
	finish(t, open(t, e))
	if client.NextProtos != nil {
		t.Error("the cluster's TLS configuration was changed")
	}
	for name, protocols := range map[string][]string{
		"only HTTP/1.1": {"http/1.1"}, "no ALPN": nil,
	} {
		old := newServer(t, serverOptions{tls: config(protocols...)})
		c, e, _ := cluster(t, old.address(), upstream.Options{TLS: client})
		_, err := e.Open(t.Context(), deadline, stay)
		if insecure := (*upstream.TLSError)(nil); !errors.As(err, &insecure) {
			t.Errorf("%s: got %v, want a TLSError", name, err)
		} else if protocols == nil && !strings.Contains(err.Error(), "HTTP/2") {
			t.Errorf("%s: %v", name, err)
		}
		testkit.Eventually(t, "nothing is left", func() bool {
			return c.Open() == 0 && e.Conns() == 0
		})
	}
}

func TestAnEndpointThatDoesNotSpeakHTTP2(t *testing.T) {
	address, accepted := listen(t)
	c, e, _ := cluster(t, address, upstream.Options{})
	go func() {
		peer := <-accepted
		_, _ = peer.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	}()
	_, err := e.Open(t.Context(), deadline, stay)
	var fault *http2.ConnError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "does not speak HTTP/2") {
		t.Errorf("got %v", err)
	}
	testkit.Eventually(t, "nothing is left", func() bool { return c.Open() == 0 && e.Conns() == 0 })
}

// One who leaves does not end a connection that others wait for; the last does.
func TestADialEndsWithTheLastWhoWaitsForIt(t *testing.T) {
	address, accepted := listen(t) // which says nothing
	c, e, _ := cluster(t, address, upstream.Options{ConnectTimeout: time.Hour})
	wait := func() (context.CancelFunc, <-chan error) {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := e.Open(ctx, deadline, stay)
			failed <- err
		}()
		return cancel, failed
	}
	leave, left := wait()
	peer := <-accepted
	leaveToo, leftToo := wait()
	testkit.Eventually(t, "both wait", func() bool { return c.Lent() == 2 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if c.Open() != 1 || c.Lent() != 1 {
		t.Errorf("%d open, %d lent; want one who waits for one", c.Open(), c.Lent())
	}
	leaveToo()
	if err := <-leftToo; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	testkit.Eventually(t, "the dial is given up", func() bool {
		return c.Open() == 0 && e.Conns() == 0
	})
	if err := peer.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(peer); err != nil && !errors.Is(err, io.EOF) {
		t.Logf("the peer sees %v", err)
	}
}

func TestTheConnectTimeoutIsForTheSettingsToo(t *testing.T) {
	address, _ := listen(t)
	c, e, _ := cluster(t, address, upstream.Options{ConnectTimeout: 50 * time.Millisecond})
	if _, err := e.Open(t.Context(), deadline, stay); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	testkit.Eventually(t, "nothing is left", func() bool { return c.Open() == 0 })
}

// However many come at a time, and connections that end among them, every request
// that was not overloaded is answered, and nothing is lost count of.
func TestManyShareFewConnections(t *testing.T) {
	g := newServer(t, serverOptions{Options: http2.Options{MaxStreams: 3}})
	c, e, _ := cluster(t, g.address(), upstream.Options{MaxConnections: 4, MaxPending: 100})
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			for n := range 100 {
				// Not so often that no connection lives to be used.
				if total.Add(1)%200 == 0 {
					g.drain()
					e.Sweep()
				}
				s := open(t, e)
				if n%10 == 9 {
					s.Release() // unused
					continue
				}
				if err := s.WriteHead(get, nil, true); err == nil {
					_, _, err = s.ReadHead()
					if err != nil && !s.Unprocessed() {
						t.Error(err)
					}
				} else if !s.Unprocessed() {
					t.Error(err)
				}
				s.Release()
			}
		})
	}
	wg.Wait()
	testkit.Eventually(t, "nothing is lent", func() bool {
		return c.Lent() == 0 && c.Open() == e.Conns() && e.IdleConns() == e.Conns()
	})
	if c.Waiting() != 0 || c.Open() > 4 {
		t.Errorf("%d waiting, %d open", c.Waiting(), c.Open())
	}
}

func BenchmarkOpenAndRelease(b *testing.B) {
	g := newServer(b, serverOptions{})
	_, e, _ := cluster(b, g.address(), upstream.Options{})
	open(b, e).Release()
	b.ReportAllocs()
	for b.Loop() {
		s, err := e.Open(b.Context(), 0, stay)
		if err != nil {
			b.Fatal(err)
		}
		s.Release()
	}
}

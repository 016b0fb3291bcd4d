package upstream_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

// listen accepts connections and hands them to the test.
func listen(t testing.TB) (address string, accepted <-chan net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns <- c
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
		close(conns)
		for c := range conns {
			c.Close()
		}
	})
	return ln.Addr().String(), conns
}

func dial(t testing.TB, e *upstream.Endpoint) *upstream.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	c, err := e.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheLowestConnectionIsLentFirst(t *testing.T) {
	address, _ := listen(t)
	e := upstream.NewCluster(upstream.Options{}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	if e.Borrow() != nil {
		t.Fatal("a new endpoint lends a connection")
	}
	a, b, c := dial(t, e), dial(t, e), dial(t, e)
	if a.Reused {
		t.Error("a new connection says it was used before")
	}
	c.Release()
	b.Release()
	a.Release()
	for i, want := range []*upstream.Conn{a, b, c, nil} {
		got := e.Borrow()
		if got != want {
			t.Errorf("borrowed connection %d is another than released", i)
		}
		if got != nil && !got.Reused {
			t.Errorf("borrowed connection %d does not say it was used before", i)
		}
	}
	b.Release()
	if n := e.IdleConns(); n != 1 || e.Conns() != 3 {
		t.Errorf("%d of %d connections are idle, want 1 of 3", n, e.Conns())
	}
	a.Discard()
	c.Discard()
	if e.Conns() != 1 {
		t.Errorf("%d connections, want 1", e.Conns())
	}
}

func TestALimitHoldsOverAllEndpointsOfACluster(t *testing.T) {
	first, _ := listen(t)
	second, _ := listen(t)
	cl := upstream.NewCluster(upstream.Options{MaxConnections: 3}, netx.NewWatch())
	a, b := cl.Endpoint(first), cl.Endpoint(second)
	defer a.Retire()
	defer b.Retire()
	conns := []*upstream.Conn{dial(t, a), dial(t, b), dial(t, b)}
	if _, err := a.Dial(t.Context()); !errors.Is(err, upstream.ErrOverloaded) {
		t.Fatalf("the fourth of three connections: %v, want %v", err, upstream.ErrOverloaded)
	}
	conns[0].Discard()
	conns[0] = dial(t, b)
	if cl.Open() != 3 {
		t.Errorf("%d connections, want 3", cl.Open())
	}
	for _, c := range conns {
		c.Release()
	}
}

func TestAFailedDialCostsNothing(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	cl := upstream.NewCluster(upstream.Options{MaxConnections: 1}, netx.NewWatch())
	e := cl.Endpoint(ln.Addr().String())
	for range 3 {
		if _, err := e.Dial(t.Context()); err == nil || errors.Is(err, upstream.ErrOverloaded) {
			t.Fatalf("dialling a closed port: %v", err)
		}
	}
	if cl.Open() != 0 || e.Conns() != 0 {
		t.Errorf("%d connections are counted after failures", cl.Open())
	}
}

func TestSweepClosesWhatWasIdleForTooLong(t *testing.T) {
	address, _ := listen(t)
	w := netx.NewWatch()
	e := upstream.NewCluster(upstream.Options{IdleTimeout: time.Minute}, w).Endpoint(address)
	defer e.Retire()
	old, busy, young := dial(t, e), dial(t, e), dial(t, e)
	old.Release()
	w.Tick(30 * time.Second)
	young.Release()
	w.Tick(61 * time.Second)
	e.Sweep()
	if e.Conns() != 2 || e.IdleConns() != 1 {
		t.Errorf("%d connections, %d idle; want 2 and 1", e.Conns(), e.IdleConns())
	}
	if got := e.Borrow(); got != young {
		t.Error("the young connection is gone")
	}
	young.Release()
	busy.Discard()
}

// A connection that the peer closed, or sends on unasked, is found without a
// request.
func TestSweepClosesWhatThePeerSpoiled(t *testing.T) {
	address, accepted := listen(t)
	e := upstream.NewCluster(upstream.Options{}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	var conns []*upstream.Conn
	var peers []net.Conn
	for range 3 {
		conns = append(conns, dial(t, e))
		peers = append(peers, <-accepted)
	}
	for _, c := range conns {
		c.Release()
	}
	if _, err := peers[0].Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	peers[1].Close()
	testkit.Eventually(t, "one connection is left", func() bool {
		e.Sweep()
		return e.IdleConns() == 1
	})
	for _, p := range peers {
		p.Close()
	}
}

func TestRetireClosesNowAndLater(t *testing.T) {
	address, _ := listen(t)
	cl := upstream.NewCluster(upstream.Options{}, netx.NewWatch())
	e := cl.Endpoint(address)
	idle, lent := dial(t, e), dial(t, e)
	idle.Release()
	e.Retire()
	if cl.Open() != 1 {
		t.Errorf("%d connections after Retire, want the lent one", cl.Open())
	}
	lent.Release()
	if cl.Open() != 0 {
		t.Errorf("%d connections after the release", cl.Open())
	}
}

// However many borrow at a time, and a sweep among them, no connection is lent
// twice and none is lost.
func TestAConnectionIsLentToOne(t *testing.T) {
	address, _ := listen(t)
	w := netx.NewWatch()
	cl := upstream.NewCluster(upstream.Options{MaxConnections: 130, IdleTimeout: time.Hour}, w)
	e := cl.Endpoint(address)
	var mu sync.Mutex
	lent := map[*upstream.Conn]bool{}
	var borrowed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				c := e.Borrow()
				if c == nil {
					var err error
					if c, err = e.Dial(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
				borrowed.Add(1)
				mu.Lock()
				if lent[c] {
					t.Error("a connection was lent twice")
				}
				lent[c] = true
				mu.Unlock()
				mu.Lock()
				delete(lent, c)
				mu.Unlock()
				if borrowed.Load()%50 == 0 {
					c.Discard()
				} else {
					c.Release()
				}
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			e.Sweep()
		}
	})
	wg.Wait()
	if e.Conns() != cl.Open() || e.IdleConns() != e.Conns() || e.Conns() > 130 {
		t.Errorf("%d connections, %d idle, %d counted in the cluster", e.Conns(), e.IdleConns(),
			cl.Open())
	}
	e.Retire()
	if w.Sockets() != 0 {
		t.Errorf("%d sockets are left", w.Sockets())
	}
}

func BenchmarkBorrowAndRelease(b *testing.B) {
	address, _ := listen(b)
	e := upstream.NewCluster(upstream.Options{}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	dial(b, e).Release()
	for b.Loop() {
		e.Borrow().Release()
	}
}

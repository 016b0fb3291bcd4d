package upstream_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// An idle connection is lent until some time before the peer closes it, as it has told.
func TestAConnectionIsGivenUpBeforeItsPeerDoes(t *testing.T) {
	for _, c := range []struct{ keep, lent, over time.Duration }{
		{5 * time.Second, 3900 * time.Millisecond, 4100 * time.Millisecond},
		{time.Second, 700 * time.Millisecond, 800 * time.Millisecond},
		{time.Minute, 58 * time.Second, 59 * time.Second},
	} {
		address, _ := listen(t)
		w := netx.NewWatch()
		e := upstream.NewCluster(upstream.Options{IdleTimeout: time.Hour}, w).Endpoint(address)
		conn := dial(t, e)
		conn.KeepFor(c.keep)
		conn.Release()
		w.Tick(c.lent)
		if e.Borrow() != conn {
			t.Fatalf("%v: after %v it is not lent", c.keep, c.lent)
		}
		conn.Release()
		w.Tick(c.lent + c.over)
		if e.Borrow() != nil || e.Conns() != 0 {
			t.Errorf("%v: after %v it is lent, or still there", c.keep, c.over)
		}
		e.Retire()
	}
}

// Sweep finds those that nobody asks for.
func TestSweepClosesWhatIsOver(t *testing.T) {
	address, _ := listen(t)
	w := netx.NewWatch()
	o := upstream.Options{MaxAge: time.Minute}
	e := upstream.NewCluster(o, w).Endpoint(address)
	defer e.Retire()
	told, old := dial(t, e), dial(t, e)
	told.KeepFor(2 * time.Second)
	told.Release()
	old.Release()
	w.Tick(time.Second)
	e.Sweep()
	if e.Conns() != 2 {
		t.Fatal("a connection was closed too early")
	}
	w.Tick(2 * time.Second)
	e.Sweep()
	if e.Conns() != 1 {
		t.Fatalf("%d connections, want the one whose peer said nothing", e.Conns())
	}
	w.Tick(time.Minute + time.Second)
	e.Sweep()
	if e.Conns() != 0 {
		t.Error("a connection outlives its age")
	}
}

func TestAConnectionThatIsNotKept(t *testing.T) {
	address, _ := listen(t)
	e := upstream.NewCluster(upstream.Options{}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	conn := dial(t, e)
	conn.KeepFor(0)
	conn.Release()
	if e.Borrow() != nil || e.Conns() != 0 {
		t.Error("a connection is kept of which the peer said that it closes it at once")
	}
}

// A connection ends at its age, or up to a tenth before that, when no request uses it.
func TestConnectionsHaveAnAge(t *testing.T) {
	address, _ := listen(t)
	w := netx.NewWatch()
	cl := upstream.NewCluster(upstream.Options{MaxAge: 10 * time.Second}, w)
	e := cl.Endpoint(address)
	defer e.Retire()
	idle, busy := dial(t, e), dial(t, e)
	idle.Release()
	w.Tick(8900 * time.Millisecond)
	if e.Borrow() != idle {
		t.Fatal("a young connection is not lent")
	}
	idle.Release()
	w.Tick(10*time.Second + time.Millisecond)
	if e.Borrow() != nil {
		t.Fatal("an old connection is lent")
	}
	if e.Conns() != 1 {
		t.Fatalf("%d connections, want the one that is in use", e.Conns())
	}
	busy.Release()
	if e.Conns() != 0 {
		t.Error("a connection that has become old in use is kept")
	}
	cl.Update(upstream.Options{})
	young := dial(t, e)
	w.Tick(time.Hour)
	young.Release()
	if e.Borrow() != young {
		t.Error("without an age a connection becomes old")
	}
	young.Discard()
}

func TestConnectionsHaveSoManyRequests(t *testing.T) {
	address, _ := listen(t)
	e := upstream.NewCluster(upstream.Options{MaxRequests: 3}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	conn := dial(t, e)
	for range 2 {
		conn.Release()
		if e.Borrow() != conn {
			t.Fatal("the connection is not lent again")
		}
	}
	conn.Release()
	if e.Conns() != 0 {
		t.Error("after three requests the connection is kept")
	}
}

// A stream more than allowed is of another connection, and the first goes with its last.
func TestHTTP2ConnectionsHaveSoManyRequests(t *testing.T) {
	g := newServer(t, serverOptions{})
	c, e, _ := cluster(t, g.address(), upstream.Options{MaxRequests: 3})
	var lent []*upstream.Stream
	for range 6 {
		lent = append(lent, open(t, e))
	}
	if n := g.accepted.Load(); n != 2 {
		t.Errorf("six streams are of %d connections, want 2", n)
	}
	for _, s := range lent {
		finish(t, s)
	}
	last := open(t, e)
	defer finish(t, last)
	if n := g.accepted.Load(); n != 3 {
		t.Errorf("%d connections were made, want 3", n)
	}
	testkit.Eventually(t, "the first two end", func() bool { return c.Open() == 1 })
}

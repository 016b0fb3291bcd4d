package upstream_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func want(o *upstream.Own) *upstream.Want {
	return &upstream.Want{Own: o, Wait: deadline, Gone: stay}
}

func lend(t testing.TB, e *upstream.Endpoint, o *upstream.Own) *upstream.Conn {
	t.Helper()
	c, err := e.Lend(want(o))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestABoundConnectionIsItsClientsAlone(t *testing.T) {
	address, _ := listen(t)
	cl := upstream.NewCluster(upstream.Options{}, netx.NewWatch())
	e := cl.Endpoint(address)
	defer e.Retire()
	var a, b upstream.Own
	mine := lend(t, e, &a)
	mine.Bind(&a)
	if a.Has(e) {
		t.Error("a connection in use could take a request")
	}
	mine.Release()
	if !a.Bound() || !a.Has(e) || b.Has(e) || b.Bound() {
		t.Error("the wrong client has a connection")
	}
	if e.IdleConns() != 1 || cl.Lent() != 0 {
		t.Errorf("%d idle, %d lent; want 1 and 0", e.IdleConns(), cl.Lent())
	}
	if e.Borrow() != nil {
		t.Fatal("anybody may borrow it")
	}
	others := lend(t, e, &b)
	if others == mine {
		t.Fatal("another client gets it")
	}
	others.Release()
	if again := lend(t, e, &a); again != mine || !again.Reused {
		t.Error("its client does not get it")
	}
	if lend(t, e, &a) != others {
		t.Error("what serves anybody does not serve the client of a bound connection")
	}
	mine.Release()
	others.Release()
	a.End()
	if e.Conns() != 1 || a.Has(e) {
		t.Errorf("%d connections after the client's end, want 1", e.Conns())
	}
	b.End()
	if e.Conns() != 1 {
		t.Error("the end of a client ended a connection that serves anybody")
	}
}

// A client may end while its connection is in use, and the endpoint may be retired.
func TestABoundConnectionEndsWithItsClient(t *testing.T) {
	address, _ := listen(t)
	e := upstream.NewCluster(upstream.Options{}, netx.NewWatch()).Endpoint(address)
	defer e.Retire()
	var a upstream.Own
	c := lend(t, e, &a)
	c.Bind(&a)
	a.End()
	c.Release()
	if e.Conns() != 0 {
		t.Error("a connection outlives its client")
	}
	late := lend(t, e, &a)
	late.Bind(&a)
	late.Release()
	if e.Conns() != 0 {
		t.Error("a connection is kept for a client that has ended")
	}
	var b upstream.Own
	retired := lend(t, e, &b)
	retired.Bind(&b)
	e.Retire()
	retired.Release()
	if e.Conns() != 0 {
		t.Error("a connection outlives its endpoint")
	}
	nobodys := lend(t, e, nil)
	nobodys.Bind(nil)
	nobodys.Release()
	if e.Conns() != 0 {
		t.Error("a connection that was bound to nobody is kept")
	}
}

func TestSweepClosesBoundConnections(t *testing.T) {
	address, _ := listen(t)
	w := netx.NewWatch()
	e := upstream.NewCluster(upstream.Options{IdleTimeout: time.Minute}, w).Endpoint(address)
	defer e.Retire()
	var a upstream.Own
	c := lend(t, e, &a)
	c.Bind(&a)
	c.Release()
	w.Tick(59 * time.Second)
	e.Sweep()
	if e.Conns() != 1 {
		t.Fatal("it was closed early")
	}
	w.Tick(61 * time.Second)
	e.Sweep()
	if e.Conns() != 0 || a.Has(e) {
		t.Error("it was idle for too long, and is kept")
	}
	a.End()
}

// Streams with credentials have a connection of their own from the first byte: others could
// come while the first request is answered.
func TestStreamsWithCredentials(t *testing.T) {
	g := newServer(t, serverOptions{})
	_, e, _ := cluster(t, g.address(), upstream.Options{})
	finish(t, open(t, e))
	var a upstream.Own
	alone := want(&a)
	alone.Alone = true
	lendStream := func(w *upstream.Want) *upstream.Stream {
		t.Helper()
		s, err := e.LendStream(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := lendStream(alone)
	second := lendStream(want(&a))
	if g.accepted.Load() != 2 || !second.Reused {
		t.Errorf("%d connections, want one for all and one of the client", g.accepted.Load())
	}
	other := open(t, e)
	if g.accepted.Load() != 2 {
		t.Error("another client made a connection")
	}
	for _, s := range []*upstream.Stream{first, second, other} {
		finish(t, s)
	}
	a.End()
	testkit.Eventually(t, "the client's connection ends", func() bool { return e.Conns() == 1 })
	nobodys := lendStream(&upstream.Want{Alone: true, Wait: deadline, Gone: stay})
	finish(t, nobodys)
	testkit.Eventually(t, "a connection of nobody's ends", func() bool { return e.Conns() == 1 })
}

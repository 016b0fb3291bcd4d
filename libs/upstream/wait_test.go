package upstream_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// waited is what became of a Wait.
type waited struct {
	conn *upstream.Conn
	err  error
}

// wait begins a Wait and returns when it stands in line as the n-th.
func wait(
	t *testing.T, c *upstream.Cluster, e *upstream.Endpoint, n int, gone func() bool,
) <-chan waited {
	t.Helper()
	done := make(chan waited, 1)
	go func() {
		conn, err := e.Wait(deadline, gone)
		done <- waited{conn, err}
	}()
	testkit.Eventually(t, "it stands in line", func() bool { return c.Waiting() == n })
	return done
}

func stay() bool { return false }

func TestThoseWhoWaitAreServedInTurn(t *testing.T) {
	address, _ := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1, MaxPending: 2}, netx.NewWatch())
	e := c.Endpoint(address)
	defer e.Retire()
	only := dial(t, e)
	if _, err := e.Dial(t.Context()); !errors.Is(err, upstream.ErrOverloaded) {
		t.Fatalf("a second connection: %v", err)
	}
	first := wait(t, c, e, 1, stay)
	second := wait(t, c, e, 2, stay)
	if _, err := e.Wait(deadline, stay); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("a third in a line for two: %v", err)
	}
	only.Release()
	got := <-first
	if got.err != nil || !got.conn.Reused {
		t.Fatalf("the first got %+v, want the connection given back", got)
	}
	select {
	case g := <-second:
		t.Fatalf("the second was served too: %+v", g)
	default:
	}
	got.conn.Discard() // a closed connection makes room as well
	got = <-second
	if got.err != nil || got.conn.Reused {
		t.Fatalf("the second got %+v, want a new connection", got)
	}
	got.conn.Discard()
	if c.Open() != 0 || c.Waiting() != 0 {
		t.Errorf("%d open, %d waiting at the end", c.Open(), c.Waiting())
	}
}

func TestNobodyWaitsForNobody(t *testing.T) {
	address, _ := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1, MaxPending: 1}, netx.NewWatch())
	e := c.Endpoint(address)
	defer e.Retire()
	only := dial(t, e)
	defer only.Discard()
	got := <-wait(t, c, e, 1, func() bool { return true })
	if !errors.Is(got.err, upstream.ErrOverloaded) {
		t.Errorf("a wait for a client that is gone ended with %+v", got)
	}
	if _, err := e.Wait(time.Millisecond, stay); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("a wait of a millisecond ended with %v", err)
	}
}

func TestAnIdleConnectionElsewhereMakesRoom(t *testing.T) {
	one, _ := listen(t)
	two, _ := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1}, netx.NewWatch())
	a, b := c.Endpoint(one), c.Endpoint(two)
	defer a.Retire()
	defer b.Retire()
	lent := dial(t, a)
	if _, err := b.Dial(t.Context()); !errors.Is(err, upstream.ErrOverloaded) {
		t.Fatalf("a busy connection made room: %v", err)
	}
	if c.Lent() != 1 {
		t.Errorf("%d lent, want 1", c.Lent())
	}
	lent.Release()
	if c.Lent() != 0 {
		t.Errorf("%d lent, want none", c.Lent())
	}
	conn := dial(t, b)
	if a.Conns() != 0 || c.Open() != 1 {
		t.Errorf("%d connections to the first, %d in all", a.Conns(), c.Open())
	}
	conn.Discard()
}

func TestOptionsChangeInPlace(t *testing.T) {
	address, _ := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1}, netx.NewWatch())
	e := c.Endpoint(address)
	defer e.Retire()
	first := dial(t, e)
	if !c.Fits(upstream.Options{MaxConnections: 64}) ||
		c.Fits(upstream.Options{MaxConnections: 65}) {
		t.Error("a cluster made for one connection has room for 64, as bits of a word")
	}
	c.Update(upstream.Options{MaxConnections: 2})
	second := dial(t, e)
	c.Update(upstream.Options{MaxConnections: 1})
	if _, err := e.Dial(t.Context()); !errors.Is(err, upstream.ErrOverloaded) {
		t.Errorf("over a lowered limit: %v", err)
	}
	first.Discard()
	second.Discard()
}

// A wait for a connection of one's own takes no idle one, but the place of one.
func TestAWaitForAConnectionOfOnesOwn(t *testing.T) {
	address, _ := listen(t)
	c := upstream.NewCluster(upstream.Options{MaxConnections: 1, MaxPending: 1}, netx.NewWatch())
	e := c.Endpoint(address)
	defer e.Retire()
	only := dial(t, e)
	begin := func(ctx context.Context, until time.Time) <-chan waited {
		done := make(chan waited, 1)
		go func() {
			conn, err := e.WaitBy(ctx, nil, until, stay)
			done <- waited{conn, err}
		}()
		return done
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := begin(ctx, time.Time{})
	testkit.Eventually(t, "it stands in line", func() bool { return c.Waiting() == 1 })
	cancel()
	if got := <-cancelled; !errors.Is(got.err, upstream.ErrOverloaded) {
		t.Errorf("a wait that was ended: %+v", got)
	}
	soon := time.Now().Add(time.Millisecond)
	if got := <-begin(t.Context(), soon); !errors.Is(got.err, upstream.ErrOverloaded) {
		t.Errorf("a wait of a millisecond: %+v", got)
	}
	served := begin(t.Context(), time.Now().Add(deadline))
	testkit.Eventually(t, "it stands in line", func() bool { return c.Waiting() == 1 })
	only.Release()
	got := <-served
	if got.err != nil || got.conn.Reused || c.Open() != 1 {
		t.Fatalf("%+v with %d open, want a new one in the place of the idle one", got, c.Open())
	}
	got.conn.Discard()
}

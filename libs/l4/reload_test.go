package l4

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// greeter is an endpoint that says who it is, then sends back what comes.
func greeter(t testing.TB, name string) string {
	t.Helper()
	return serve(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, name)
		_, _ = io.Copy(c, c)
	})
}

// alive checks that a session still carries bytes.
func alive(t testing.TB, c net.Conn) {
	t.Helper()
	send(t, c, "alive?")
	expect(t, c, "alive?")
}

func TestSessionsOutliveAReload(t *testing.T) {
	a, b := greeter(t, "a"), greeter(t, "b")
	d := document(a)
	r := start(t, build(t, d))
	old := r.dial(t)
	expect(t, old, "a")
	// Another endpoint, in the same cluster and on the same listener.
	d2 := document(b)
	d2.Listeners[0].Address = r.Configured()
	kept, ending := r.swap(build(t, d2), r.Listener)
	if kept != 1 || len(ending) != 0 {
		t.Errorf("%d kept, %v ending", kept, ending)
	}
	alive(t, old)
	next := r.dial(t)
	expect(t, next, "b")
	if n := r.Cut(); n != 0 {
		t.Errorf("%d sessions of an unchanged listener were cut", n)
	}
	alive(t, old)
	alive(t, next)
	if s := r.States(); len(s) != 1 || s[0].Open != 2 || len(s[0].Endpoints) != 1 ||
		s[0].Endpoints[0].Lent != 1 {
		t.Errorf("clusters %+v: the old session counts towards the limit of the cluster", s)
	}
	old.Close()
	testkit.Eventually(t, "the old one is gone", func() bool { return r.States()[0].Open == 1 })
}

func TestSessionsOfAClusterThatIsGoneMayFinish(t *testing.T) {
	a, b := greeter(t, "a"), greeter(t, "b")
	r := start(t, build(t, document(a)))
	finishes, stays := r.dial(t), r.dial(t)
	expect(t, finishes, "a")
	expect(t, stays, "a")
	gone := document(b)
	gone.Clusters[0].Name, gone.Listeners[0].Cluster = "c2", "c2"
	kept, ending := r.swap(build(t, gone), r.Listener)
	if kept != 0 || len(ending) != 1 || ending[r.Listener] != 2 {
		t.Errorf("%d kept, %v ending", kept, ending)
	}
	next := r.dial(t)
	expect(t, next, "b")
	alive(t, finishes)
	finishes.Close()
	r.endedFor(t, ClientClosed)
	// A second reload does not count them again.
	if kept, ending := r.swap(build(t, gone), r.Listener); kept != 1 || len(ending) != 0 {
		t.Errorf("again: %d kept, %v ending", kept, ending)
	}
	alive(t, stays)
	if n := r.Cut(); n != 1 {
		t.Errorf("%d sessions were cut, want 1", n)
	}
	expectReset(t, stays)
	if e := r.ended(t, 2)[1]; e.CloseReason != "reload_timeout" || e.Cluster != "c" {
		t.Errorf("logged %+v", e)
	}
	alive(t, next)
}

func TestARollbackTakesSessionsBack(t *testing.T) {
	first := document(greeter(t, "a"))
	other := document(greeter(t, "b"))
	other.Clusters[0].Name, other.Listeners[0].Cluster = "c2", "c2"
	r := start(t, build(t, first))
	c := r.dial(t)
	expect(t, c, "a")
	r.swap(build(t, other), r.Listener)
	if kept, ending := r.swap(build(t, first), r.Listener); kept != 1 || len(ending) != 0 {
		t.Errorf("%d kept, %v ending", kept, ending)
	}
	if n := r.Cut(); n != 0 {
		t.Errorf("%d sessions were cut", n)
	}
	alive(t, c)
}

func TestSessionsOfAListenerThatIsGoneMayFinish(t *testing.T) {
	d := document(greeter(t, "a"))
	r := start(t, build(t, d))
	c := r.dial(t)
	expect(t, c, "a")
	// The plan has an http listener and another tcp one in its place.
	d2 := document(d.Clusters[0].Endpoints[0].Address)
	d2.Listeners = append([]config.Listener{config.NewListener("public", "127.0.0.1:0")},
		d2.Listeners...)
	p2 := build(t, d2)
	if _, err := r.Listen(t.Context(), p2, 0); err == nil {
		t.Error("the relay takes an http listener")
	}
	second, err := r.Listen(t.Context(), p2, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- second.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	kept, ending := r.swap(p2, nil, second)
	if kept != 0 || len(ending) != 1 || ending[r.Listener] != 1 {
		t.Errorf("%d kept, %v ending", kept, ending)
	}
	r.stop()
	if c, err := net.Dial("tcp", r.address); err == nil {
		c.Close()
		t.Error("the listener still takes clients")
	}
	alive(t, c)
	next := &relay{
		Engine: r.Engine, Listener: second, Set: r.Set, Door: r.Door,
		address: second.Addr().String(), log: r.log,
	}
	expect(t, next.dial(t), "a")
	if n := r.Cut(); n != 1 {
		t.Errorf("%d sessions were cut, want 1", n)
	}
	expectReset(t, c)
	r.endedFor(t, ReloadTimeout)
}

func TestAListenerThatNeverServedIsForgotten(t *testing.T) {
	p := build(t, document(greeter(t, "a")))
	r := start(t, p)
	l, err := r.Listen(t.Context(), p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if l.Name() != "db" || l.Configured() != "127.0.0.1:0" || l.Connections() != 0 {
		t.Errorf("%s at %s with %d", l.Name(), l.Configured(), l.Connections())
	}
	address := l.Addr().String()
	l.Close()
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it still listens")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.listeners) != 1 {
		t.Errorf("%d listeners are left", len(r.listeners))
	}
}

func TestADrainWaitsForSessions(t *testing.T) {
	r := start(t, build(t, document(serve(t, nil))))
	c := r.held(t)
	r.stop()
	drained := make(chan int, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		drained <- r.Drain(ctx)
	}()
	testkit.Eventually(t, "it drains", r.Draining)
	alive(t, c)
	c.Close()
	if n := <-drained; n != 0 {
		t.Errorf("%d sessions were cut", n)
	}
	r.endedFor(t, ClientClosed)
}

func TestADrainCutsWhatOutlastsIt(t *testing.T) {
	d := document(serve(t, nil))
	d.Listeners[0].SNI = []config.SNIRoute{{Hosts: []string{"a.test"}, Cluster: "c"}}
	r := start(t, build(t, d))
	r.dial(t)                                         // has not begun
	flood := r.dial(t)                                // never waits
	send(t, flood, "not TLS")                         // and so to the cluster
	go func() { _, _ = io.Copy(flood, zeros{}) }()    // as fast as it goes
	go func() { _, _ = io.Copy(io.Discard, flood) }() // both ways
	testkit.Eventually(t, "both are there", func() bool {
		return r.Connections() == 2 && r.passed() > 1<<20
	})
	r.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if n := r.Drain(ctx); n != 2 {
		t.Errorf("%d sessions were cut, want 2", n)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if got := reasonsOf(r.ended(t, 2)); got[0] != "drain_timeout" || got[1] != "drain_timeout" {
		t.Errorf("the sessions ended for %v", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestADrainEndsConnecting(t *testing.T) {
	a := testkit.NewAuthority(t)
	for name, d := range map[string]*config.Document{
		"to an endpoint that hangs": document(testkit.Hanging(t)),
		"to one whose TLS does": document(serve(t, func(c *net.TCPConn) {
			_, _ = io.Copy(io.Discard, c)
		})),
	} {
		if name == "to one whose TLS does" {
			secure(t, d, a)
		}
		d.Listeners[0].Timeouts.Connect, d.Clusters[0].Timeouts.Connect = time.Hour, time.Hour
		r := start(t, build(t, d))
		c := r.dial(t)
		testkit.Eventually(t, "it connects", func() bool { return r.States()[0].Open == 1 })
		r.stop()
		now, cancel := context.WithCancel(context.Background())
		cancel()
		if n := r.Drain(now); n != 1 {
			t.Errorf("%s: %d sessions were cut", name, n)
		}
		expectReset(t, c)
		r.endedFor(t, DrainTimeout)
	}
}

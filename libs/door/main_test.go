package door_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 10 * time.Second

// host sends back what clients send. It is one listener's.
type host struct {
	*door.Listener
	config   atomic.Pointer[config.Listener]
	registry *metrics.Registry

	turnedAway atomic.Int64
	mu         sync.Mutex
	guests     []*guest // guarded by mu
}

func (h *host) Config() *config.Listener   { return h.config.Load() }
func (h *host) Metrics() *metrics.Listener { return h.registry.Listener(h.Config().Name) }

func (h *host) Welcome(sock *netx.Sock) door.Conn {
	g := &guest{sock: sock}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.guests = append(h.guests, g)
	return g
}

func (h *host) TurnAway(tcp netx.Conn) {
	h.turnedAway.Add(1)
	tcp.Close()
}

// last is the connection that came last.
func (h *host) last() *guest {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.guests[len(h.guests)-1]
}

// guest is a connection; a busy one does not end when it is asked to.
type guest struct {
	sock           *netx.Sock
	busy, orphaned atomic.Bool
	asked          atomic.Int64 // to end if idle
	cut            atomic.Int64 // 1 + the cause
}

func (g *guest) Serve(p *door.Place) {
	defer p.Forget()
	defer p.Leave()
	defer g.sock.Close()
	b := make([]byte, 100)
	for {
		n, err := g.sock.Read(b)
		if err != nil {
			return
		}
		if _, err := g.sock.Write(b[:n]); err != nil {
			return
		}
	}
}

func (g *guest) Orphaned() bool { return g.orphaned.Load() }

func (g *guest) EndIfIdle() {
	g.asked.Add(1)
	if !g.busy.Load() {
		g.sock.Interrupt()
	}
}

func (g *guest) Cut(why door.Cause) {
	g.cut.Store(1 + int64(why))
	g.sock.Interrupt()
}

// entrance is a door whose watch runs.
type entrance struct {
	*door.Door
	watch *netx.Watch
}

func open(t testing.TB, most int) *entrance {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	e := &entrance{watch: netx.NewWatch()}
	e.Door = door.New(door.Options{Log: log, Watch: e.watch, MaxConnections: most})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.watch.Run(ctx)
	}()
	t.Cleanup(func() {
		now, cancelNow := context.WithCancel(context.Background())
		cancelNow()
		e.Drain(now)
		cancel()
		<-done
		if n := e.watch.Sockets(); n != 0 || e.Connections() != 0 {
			t.Errorf("%d sockets are left, %d connections", n, e.Connections())
		}
	})
	return e
}

// listen adds a listener, which serves until stop is called.
func (e *entrance) listen(t testing.TB, name string) (h *host, stop func()) {
	t.Helper()
	return e.serve(t, name, socket(t))
}

// serve is listen with a socket that is bound already.
func (e *entrance) serve(t testing.TB, name string, ln *net.TCPListener) (h *host, stop func()) {
	t.Helper()
	h = e.bind(name, ln)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return h, stop
}

// bind adds a listener that does not serve.
func (e *entrance) bind(name string, ln *net.TCPListener) *host {
	h := &host{registry: metrics.New()}
	l := config.NewListener(name, "127.0.0.1:0")
	h.config.Store(&l)
	h.Listener = e.Listener(ln, h)
	return h
}

func socket(t testing.TB) *net.TCPListener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln.(*net.TCPListener)
}

// enter connects a client, and returns when it is served.
func (h *host) enter(t testing.TB) (*testkit.Client, *guest) {
	t.Helper()
	c := testkit.Dial(t, h.Addr().String())
	if !alive(c) {
		t.Fatal("the client is not served")
	}
	return c, h.last()
}

// have waits until the listener has n connections, of which nothing is left to do for others.
func (h *host) have(t testing.TB, n int) {
	t.Helper()
	testkit.Eventually(t, "those that ended are forgotten", func() bool {
		places := 0
		h.Each(func(door.Conn) { places++ })
		return places == n
	})
}

// alive reports whether a client is still served.
func alive(c *testkit.Client) bool {
	if c.Send("x") != nil {
		return false
	}
	got, err := c.Bytes(1)
	return err == nil && got == "x"
}

// refused reports whether a client is not let in.
func (h *host) refused(t testing.TB) bool {
	t.Helper()
	return !alive(testkit.Dial(t, h.Addr().String()))
}

package l4

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) {
	if os.Getenv(peersVariable) != "" {
		peers()
		return
	}
	os.Exit(testkit.Main(m))
}

const deadline = 10 * time.Second

// serve lets handle have every connection to a new address; nil sends back what comes.
func serve(t testing.TB, handle func(*net.TCPConn)) (address string) {
	t.Helper()
	if handle == nil {
		handle = func(c *net.TCPConn) {
			_, _ = io.Copy(c, c)
			_ = c.CloseWrite()
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			_ = c.SetDeadline(time.Now().Add(3 * deadline))
			wg.Go(func() {
				defer c.Close()
				handle(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return ln.Addr().String()
}

// refusing is an address where nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// document sends a tcp listener to a cluster of the endpoints.
func document(endpoints ...string) *config.Document {
	d := config.New()
	l := config.NewListener("db", "127.0.0.1:0")
	l.Protocol, l.Cluster = config.ProtocolTCP, "c"
	d.Listeners = []config.Listener{l}
	d.Clusters = []config.Cluster{config.NewCluster("c", endpoints...)}
	return d
}

func build(t testing.TB, d *config.Document) *plan.Plan {
	t.Helper()
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A relay is an engine that runs, with one listener.
type relay struct {
	*Engine
	*Listener
	*cluster.Set
	*door.Door
	address string
	log     *lines
	stop    func() // accepting
}

// lines is an access log.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// entry is a line of it.
type entry struct {
	Time        time.Time `json:"time"`
	Client      string    `json:"client"`
	Listener    string    `json:"listener"`
	Cluster     string    `json:"cluster"`
	Endpoint    string    `json:"endpoint"`
	Duration    float64   `json:"duration_ms"`
	In          int64     `json:"bytes_in"`
	Out         int64     `json:"bytes_out"`
	CloseReason string    `json:"close_reason"`
}

func (l *lines) all(t testing.TB) (all []entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.buf.Bytes()) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// count is how many lines there are. It is quick, so that it keeps nobody from writing.
func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.buf.Bytes(), []byte("\n"))
}

// start runs an engine for a plan whose first listener is a tcp one.
func start(t testing.TB, p *plan.Plan) *relay {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	r := &relay{log: new(lines)}
	access := accesslog.NewWriter(r.log, accesslog.Options{
		Flush: time.Millisecond, Buffer: 16 << 20, // no line is dropped on a busy machine
	})
	m := metrics.New()
	r.Set = cluster.NewSet(p, cluster.Options{
		Metrics: m, Health: health.NewRegistry(), Sessions: true,
	})
	r.Door = door.New(door.Options{Log: log, Watch: r.Set.Watch(), MaxConnections: 50_000})
	r.Engine = New(p, Options{Log: log, Metrics: m, Access: access, Clusters: r.Set, Door: r.Door})
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if r.Listener, err = r.Engine.Listen(ctx, p, 0); err != nil {
		t.Fatal(err)
	}
	r.address = r.Addr().String()
	accepting, stop := context.WithCancel(ctx)
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		_ = r.Serve(accepting)
	}()
	var running sync.WaitGroup
	running.Go(func() { _ = r.Engine.Run(ctx) })
	running.Go(func() { _ = r.Set.Run(ctx) })
	r.stop = func() {
		stop()
		<-accepted
	}
	t.Cleanup(func() {
		r.stop()
		now, cancelNow := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancelNow()
		r.Drain(now)
		cancel()
		running.Wait()
		last, cancelLast := context.WithTimeout(context.Background(), deadline)
		defer cancelLast()
		if err := access.Close(last); err != nil {
			t.Error(err)
		}
		if n := r.watch.Sockets(); n != 0 {
			t.Errorf("%d sockets are left", n)
		}
	})
	return r
}

// Connections is of all listeners.
func (r *relay) Connections() int { return r.Door.Connections() }

// swap puts another plan in force.
func (r *relay) swap(p *plan.Plan, listeners ...*Listener) (kept int, ending map[door.Host]int) {
	r.Set.Swap(p)
	r.Engine.Swap(p, listeners)
	r.Retire()
	return r.EndRemoved()
}

func (r *relay) dial(t testing.TB) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// ended waits until n sessions have ended and returns their lines.
func (r *relay) ended(t testing.TB, n int) []entry {
	t.Helper()
	testkit.Eventually(t, "the sessions have ended", func() bool { return r.log.count() >= n })
	return r.log.all(t)
}

// endedFor is ended for one session; it compares its reason.
func (r *relay) endedFor(t testing.TB, want Reason) entry {
	t.Helper()
	e := r.ended(t, 1)[0]
	if e.CloseReason != want.String() {
		t.Errorf("the session ended for %s, want %s", e.CloseReason, want)
	}
	return e
}

func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("%q came, %v; want %q", got[:n], err, want)
	}
}

// expectEnd wants c to be closed in order.
func expectEnd(t testing.TB, c net.Conn) {
	t.Helper()
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("%q came, %v; want the end", rest, err)
	}
}

// expectReset wants c to be closed with a reset.
func expectReset(t testing.TB, c net.Conn) {
	t.Helper()
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v, want a reset", err)
	}
}

// expectRefused wants a client to be turned away with a reset.
func (r *relay) expectRefused(t testing.TB) {
	t.Helper()
	c, err := net.DialTimeout("tcp", r.address, deadline)
	if errors.Is(err, syscall.ECONNRESET) {
		return // it came before Dial looked
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(deadline))
	expectReset(t, c)
}

// reset closes c with a reset.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	c.Close()
}

func reasonsOf(es []entry) (all []string) {
	for _, e := range es {
		all = append(all, e.CloseReason)
	}
	slices.Sort(all)
	return all
}

// held opens a session that waits.
func (r *relay) held(t testing.TB) *net.TCPConn {
	t.Helper()
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
	return c
}

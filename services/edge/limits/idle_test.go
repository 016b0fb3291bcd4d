package limits_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// What connections may cost that wait, all memory of the process counted: a busy gateway has many
// more clients that think than clients that ask. The goals are 30 MB with 5,000 connections, 150 MB
// with 10,000 WebSockets and 250 MB with 10,000 connections over TLS. These are what was reached,
// with a little room (docs/performance/memory.md).
var idleKinds = []struct {
	name string
	n    int // connections
	most int // where GATEWAY_TEST_IDLE asks for more; 0: n
	// bytes that are held without connections, and for each of them
	fixed, each int64
	tls, tunnel bool
	atOnce      bool // all of them are busy together first
}{
	{name: "HTTP/1.1, one after the other", n: 5000, fixed: 10 << 20, each: 2100},
	{name: "HTTP/1.1, after all were busy at once", n: 5000, fixed: 14 << 20, each: 3700,
		atOnce: true},
	{name: "WebSockets", n: 2000, most: 10_000, fixed: 12 << 20, each: 6900, tunnel: true},
	{name: "TLS", n: 2000, most: 10_000, fixed: 10 << 20, each: 11_700, tls: true},
}

// settled is how long the edge has to give memory back: it does so when it is quiet, and not more
// often than every ten seconds.
const settled = 40 * time.Second

func TestIdleConnectionsAreCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of connections; not with -short")
	}
	ask, _ := strconv.Atoi(os.Getenv("GATEWAY_TEST_IDLE"))
	for _, k := range idleKinds {
		t.Run(k.name, func(t *testing.T) {
			n := min(max(k.n, ask), max(k.n, k.most))
			raiseFileLimit(t, uint64(3*n+1000))
			budget := k.fixed + k.each*int64(n)
			s := &crowd{n: n, tls: k.tls, tunnel: k.tunnel}
			if k.atOnce {
				s.hold = make(chan struct{})
				s.held.Add(n)
			}
			e := s.start(t)
			s.open(t, e.Addr("public"))
			then := rss(t, e)
			var got int64
			deadline := time.Now().Add(settled)
			for got = then; got > budget && time.Now().Before(deadline); got = rss(t, e) {
				time.Sleep(100 * time.Millisecond) // being idle is the point
			}
			t.Logf("%d connections: %.1f MB resident in all when the last was served, %.1f MB idle",
				n, float64(then)/1e6, float64(got)/1e6)
			if got > budget {
				t.Errorf("%d idle connections: %d KiB resident, want less than %d", n, got>>10,
					budget>>10)
			}
			// None of them was closed to get there, and each is served again.
			for i, c := range s.conns {
				if err := s.again(c); err != nil {
					t.Fatalf("connection %d afterwards: %v", i, err)
				}
			}
		})
	}
}

// A crowd of clients has connections that are served once, and then wait.
type crowd struct {
	n           int
	tls, tunnel bool
	hold        chan struct{} // closed once all have asked; nil: each is answered at once
	held        sync.WaitGroup
	trust       *tls.Config
	conns       []*crowded
}

type crowded struct {
	net.Conn
	r *bufio.Reader
}

func (s *crowd) start(t *testing.T) *testkit.Process {
	t.Helper()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if s.tunnel {
			edgetest.Echoing(c)
			return
		}
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			if s.hold != nil {
				select {
				case <-s.hold:
				default:
					s.held.Done()
					<-s.hold
				}
			}
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	dir, secured := t.TempDir(), ""
	if s.tls {
		authority := testkit.NewAuthority(t)
		authority.Leaf(t, nil, "a.test").Write(t, dir, "cert")
		s.trust = &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"}
		secured = ", tls: {certificates: [{cert: cert.pem, key: cert.key}]}"
	}
	e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", timeouts: {keepalive: 10m}%s}
clusters:
  - name: up
    endpoints: [{address: "%s"}]
    limits: {max_connections: 20000, max_pending: 20000}
    timeouts: {response: 2m}
routes: [{name: all, cluster: up, timeouts: {request: 2m, idle: 10m}}]
admin: {address: "127.0.0.1:0"}
`, secured, up.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	return e
}

// open opens the connections, and has each of them served.
func (s *crowd) open(t *testing.T, address string) {
	t.Helper()
	t.Cleanup(func() {
		for _, c := range s.conns {
			c.Close()
		}
	})
	for i := range s.n {
		conn, err := net.DialTimeout("tcp", address, testkit.Deadline)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		if s.tls {
			conn = tls.Client(conn, s.trust)
		}
		c := &crowded{conn, bufio.NewReaderSize(conn, 256)}
		s.conns = append(s.conns, c)
		if s.hold != nil {
			err = c.send(edgetest.Get)
		} else {
			err = s.first(c)
		}
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	if s.hold == nil {
		return
	}
	s.held.Wait()
	close(s.hold)
	for i, c := range s.conns {
		if err := c.answer(200); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
}

// first has a connection served for the first time.
func (s *crowd) first(c *crowded) error {
	if !s.tunnel {
		return s.again(c)
	}
	if err := c.send(edgetest.UpgradeRequest); err != nil {
		return err
	}
	if err := c.answer(101); err != nil {
		return err
	}
	return s.again(c)
}

// again has a connection served once more.
func (s *crowd) again(c *crowded) error {
	if !s.tunnel {
		if err := c.send(edgetest.Get); err != nil {
			return err
		}
		return c.answer(200)
	}
	if err := c.send("hello"); err != nil {
		return err
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != "hello" {
		return fmt.Errorf("%q comes back, %v", got, err)
	}
	return nil
}

func (c *crowded) send(text string) error {
	_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
	_, err := io.WriteString(c, text)
	return err
}

func (c *crowded) answer(status int) error {
	_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
	r, err := testkit.ReadResponse(c.r, "GET")
	if err == nil && r.Status != status {
		err = fmt.Errorf("it is answered %d", r.Status)
	}
	return err
}

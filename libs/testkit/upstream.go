package testkit

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// recordLimit bounds what a connection remembers of the bytes it received: enough for any head, far
// less than the bodies of the memory tests.
const recordLimit = 256 << 10

// An Upstream is a server behind the gateway whose every byte is written by the test. It runs one
// function for each connection it accepts.
type Upstream struct {
	ln net.Listener
	wg sync.WaitGroup
	mu sync.Mutex
	// all holds every connection ever accepted, in order; guarded by mu.
	all []*Conn
	// closed is set once no more connections are wanted; guarded by mu.
	closed bool
}

// NewUpstream listens on a free port of the loopback and calls serve, in a goroutine of its own,
// for every connection. The connection is closed when serve returns. The end of the test closes
// them all and waits for every serve to return.
func NewUpstream(t testing.TB, serve func(*Conn)) *Upstream {
	t.Helper()
	u, err := ListenUpstream("127.0.0.1:0", serve)
	if err != nil {
		t.Fatalf("upstream: %v", err)
	}
	t.Cleanup(u.Close)
	return u
}

// ListenUpstream is NewUpstream for a given address; the caller closes the upstream.
func ListenUpstream(addr string, serve func(*Conn)) (*Upstream, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	u := &Upstream{ln: ln}
	u.wg.Add(1)
	go u.accept(serve)
	return u, nil
}

func (u *Upstream) accept(serve func(*Conn)) {
	defer u.wg.Done()
	for {
		nc, err := u.ln.Accept()
		if err != nil {
			return
		}
		c := newConn(nc.(*net.TCPConn))
		u.mu.Lock()
		if u.closed {
			u.mu.Unlock()
			c.Close()
			return
		}
		c.Index = len(u.all)
		u.all = append(u.all, c)
		u.wg.Add(1)
		u.mu.Unlock()
		go func() {
			defer u.wg.Done()
			defer c.Close()
			serve(c)
		}()
	}
}

// Addr is the address the gateway's cluster names.
func (u *Upstream) Addr() string { return u.ln.Addr().String() }

// Conns returns the connections accepted so far.
func (u *Upstream) Conns() []*Conn {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*Conn(nil), u.all...)
}

// Conn waits until connection i (from 0) was accepted, and returns it.
func (u *Upstream) Conn(t testing.TB, i int) *Conn {
	t.Helper()
	Eventually(t, "the gateway opens an upstream connection", func() bool {
		return len(u.Conns()) > i
	})
	return u.Conns()[i]
}

// StopAccepting closes the listener, so that new connections are refused; open ones go on.
func (u *Upstream) StopAccepting() { _ = u.ln.Close() }

// Close closes the listener and every connection and waits for their goroutines.
func (u *Upstream) Close() {
	_ = u.ln.Close()
	u.mu.Lock()
	u.closed = true
	all := u.all
	u.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
	u.wg.Wait()
}

// A Conn is the upstream's end of one connection from the gateway.
type Conn struct {
	// Index counts the connections of one upstream from 0.
	Index int

	tcp *net.TCPConn
	br  *bufio.Reader
	mu  sync.Mutex
	// seen holds the first recordLimit bytes received; guarded by mu.
	seen []byte
	// total counts all bytes received; guarded by mu.
	total int64
	// end is the error that ended reading; guarded by mu.
	end error
}

func newConn(tcp *net.TCPConn) *Conn {
	c := &Conn{tcp: tcp}
	c.br = bufio.NewReaderSize(recorder{c}, 16<<10)
	return c
}

// recorder keeps what the connection receives before anything parses it.
type recorder struct{ c *Conn }

func (r recorder) Read(p []byte) (int, error) {
	n, err := r.c.tcp.Read(p)
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	r.c.total += int64(n)
	if room := recordLimit - len(r.c.seen); room > 0 {
		r.c.seen = append(r.c.seen, p[:min(n, room)]...)
	}
	if err != nil {
		r.c.end = err
	}
	return n, err
}

// Remote is the address of the gateway's end.
func (c *Conn) Remote() *net.TCPAddr { return c.tcp.RemoteAddr().(*net.TCPAddr) }

// Received returns the raw bytes received so far (the first 256 KiB of them).
func (c *Conn) Received() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.seen)
}

// Total returns how many bytes were received so far.
func (c *Conn) Total() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Ended reports whether a read has met the end of the connection: closed or reset by the gateway.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end != nil
}

// Reader is the buffered, recorded receiving side.
func (c *Conn) Reader() *bufio.Reader { return c.br }

// Head reads one request head with the strict parser.
func (c *Conn) Head() (*Request, error) { return ReadRequestHead(c.br) }

// Request reads one whole request with the strict parser.
func (c *Conn) Request() (*Request, error) {
	r, err := c.Head()
	if err != nil {
		return nil, err
	}
	return r, ReadRequestBody(c.br, r)
}

// Send writes bytes to the gateway. An error is returned, not fatal: the gateway may well have
// gone.
func (c *Conn) Send(s string) error {
	_, err := io.WriteString(c.tcp, s)
	return err
}

// Dribble writes the bytes one at a time with a pause between them.
func (c *Conn) Dribble(s string, pause time.Duration) error {
	for i := range len(s) {
		if err := c.Send(s[i : i+1]); err != nil {
			return err
		}
		time.Sleep(pause) // being slow is what Dribble is for
	}
	return nil
}

// Drain reads and drops everything until the gateway closes, and returns the error that ended it.
func (c *Conn) Drain() error {
	_, err := io.Copy(io.Discard, c.br)
	return err
}

// CloseWrite ends the upstream's side only.
func (c *Conn) CloseWrite() error { return c.tcp.CloseWrite() }

// Close closes the connection in the ordinary way.
func (c *Conn) Close() { _ = c.tcp.Close() }

// Reset closes the connection with a TCP reset.
func (c *Conn) Reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// Answer is a serve function for NewUpstream that reads requests one after another and answers each
// with the given raw bytes, keeping the connection open.
func Answer(raw string) func(*Conn) {
	return func(c *Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			if c.Send(raw) != nil {
				return
			}
		}
	}
}

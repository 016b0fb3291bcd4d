package counted_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A key is the labels of gateway_requests_total.
type key struct{ listener, route, cluster, method, code string }

// A count is what clients have counted of the requests with one key.
type count struct{ requests, sent, received int }

// ledger is what all clients have counted. sent is what the edge has read for an endpoint.
type ledger struct {
	mu     sync.Mutex
	counts map[key]count     // guarded by mu
	errors map[[3]string]int // by listener, route and code of the gateway's own; guarded by mu

	dials      map[string]*atomic.Int64 // by listener
	handshakes atomic.Int64
}

func (l *ledger) add(k key, sent, received int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts[k]
	l.counts[k] = count{c.requests + 1, c.sent + sent, c.received + received}
}

// answered adds a request whose response has a body.
func (l *ledger) answered(k key, sent int, body []byte) {
	l.add(k, sent, len(body))
	if _, text, own := bytes.Cut(body, []byte(`{"error":{"code":"`)); own {
		code, _, _ := strings.Cut(string(text), `"`)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.errors[[3]string{k.listener, k.route, code}]++
	}
}

// deadline bounds one request, on the busiest of machines.
const deadline = 2 * time.Minute

// A job is a kind of request that clients send.
type job struct {
	route, cluster, method, path string
	body                         int
	// refused says that no endpoint gets it.
	refused bool
	fields  http.Header
	call    bool // it is a gRPC call
}

// A client sends one request after the other.
type client struct {
	*ledger
	t        *testing.T
	listener string
	address  string
	one      *oneWire     // with HTTP/1.1
	two      *http.Client // with HTTP/2; nil: it speaks HTTP/1.1
}

// A oneWire is a connection with HTTP/1.1 that is made when it is needed.
type oneWire struct {
	secured *tls.Config
	conn    net.Conn
	in      *bufio.Reader
}

func (c *client) dial() net.Conn {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		c.t.Error(err)
		return nil
	}
	c.dials[c.listener].Add(1)
	_ = conn.SetDeadline(time.Now().Add(deadline))
	if c.one.secured == nil {
		return conn
	}
	secured := tls.Client(conn, c.one.secured)
	if err := secured.Handshake(); err != nil {
		c.t.Error(err)
		return nil
	}
	c.handshakes.Add(1)
	return secured
}

// do sends a request and counts what comes.
func (c *client) do(j *job) {
	status, body, err := 0, []byte(nil), error(nil)
	if c.two != nil {
		status, body, err = c.doTwo(j)
	} else {
		status, body, err = c.doOne(j)
	}
	if err != nil {
		c.t.Errorf("%s %s: %v", j.method, j.path, err)
		return
	}
	sent := j.body
	if j.refused {
		sent = 0
	}
	c.answered(key{c.listener, j.route, j.cluster, j.method, fmt.Sprint(status)}, sent, body)
}

func (c *client) doOne(j *job) (status int, body []byte, err error) {
	w := c.one
	if w.conn == nil {
		if w.conn = c.dial(); w.conn == nil {
			return 0, nil, errors.New("no connection")
		}
		w.in = bufio.NewReader(w.conn)
	}
	_ = w.conn.SetDeadline(time.Now().Add(deadline))
	if _, err := io.WriteString(w.conn, j.text(j.body)); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(w.in, &http.Request{Method: j.method})
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(resp.Body)
	if resp.Close {
		c.end()
	}
	return resp.StatusCode, body, err
}

// end closes the connection with HTTP/1.1.
func (c *client) end() {
	if c.one.conn != nil {
		_ = c.one.conn.Close()
		c.one.conn = nil
	}
}

// text is the request as it is written down, with part of its body.
func (j *job) text(part int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: example.com\r\n", j.method, j.path)
	_ = j.fields.Write(&b)
	if j.body > 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", j.body)
	}
	b.WriteString("\r\n")
	b.Write(make([]byte, part))
	return b.String()
}

func (c *client) doTwo(j *job) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), deadline)
	defer cancel()
	resp, err := c.ask(ctx, j)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, body, err
}

func (c *client) ask(ctx context.Context, j *job) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, j.method, "https://"+c.address+j.path,
		bytes.NewReader(make([]byte, j.body)))
	if err != nil {
		return nil, err
	}
	for name, values := range j.fields {
		r.Header[name] = values
	}
	if j.call {
		r.Header.Set("Content-Type", "application/grpc")
		r.Header.Set("TE", "trailers")
	}
	return c.two.Do(r)
}

// leave sends a request, with half of its body, and leaves once the endpoint has that.
func (c *client) leave(at *endpoint, id string) {
	j := &job{
		route: "app", cluster: "app", method: "POST", path: "/app/hang/500", body: 500,
		fields: http.Header{"X-Key": {id}, "X-Result": {"client"}},
	}
	here := at.await(id)
	if c.two != nil {
		ctx, cancel := context.WithCancel(c.t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := c.ask(ctx, j)
			done <- err
		}()
		c.wait(here)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			c.t.Errorf("a request that was cancelled ended with %v", err)
		}
	} else {
		j.body = 1000
		conn := c.dial()
		if _, err := io.WriteString(conn, j.text(500)); err != nil {
			c.t.Error(err)
		}
		c.wait(here)
		_ = conn.Close()
	}
	c.add(key{c.listener, j.route, j.cluster, j.method, "499"}, 500, 0)
}

func (c *client) wait(here chan struct{}) {
	select {
	case <-here:
	case <-time.After(deadline):
		c.t.Error("the endpoint has not got a request")
	}
}

// tunnel opens a WebSocket and sends something through it, both ways.
func (c *client) tunnel() {
	conn := c.dial()
	defer conn.Close()
	j := &job{method: "GET", path: "/app/websocket/0", fields: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
	}}
	if _, err := io.WriteString(conn, j.text(0)); err != nil {
		c.t.Error(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != 101 {
		c.t.Errorf("a WebSocket got %v, %v", resp, err)
		return
	}
	const n = 700
	if _, err := conn.Write(make([]byte, n)); err != nil {
		c.t.Error(err)
	}
	if _, err := io.ReadFull(in, make([]byte, n)); err != nil {
		c.t.Error(err)
	}
	c.add(key{c.listener, "app", "app", "GET", "101"}, n, n)
}

// babble sends what is no request. Its method can be told all the same.
func (c *client) babble() {
	conn := c.dial()
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost : example.com\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		c.t.Error(err)
		return
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.answered(key{c.listener, "-", "-", "GET", fmt.Sprint(resp.StatusCode)}, 0, body)
}

package l7

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// numbered is an endpoint that answers with the number that it is asked for.
func numbered(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		req, err := testkit.ReadRequestHead(r)
		if err != nil || testkit.ReadRequestBody(r, req) != nil {
			return
		}
		n := strings.TrimPrefix(req.Target, "/")
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(n), n)
	}
}

// idleFor is longer than it takes until a connection is parked.
const idleFor = 3 * netx.Interval

// Connections that are parked and busy at random answer each request, in order, whatever comes
// when: alone, several at once, in pieces, with a body.
func TestConnectionsThatAreParkedAnswerEveryRequest(t *testing.T) {
	authority := testkit.NewAuthority(t)
	for _, secured := range []bool{false, true} {
		d := document(serveUpstream(t, numbered))
		if secured {
			secureListener(t, d, authority, "a.test")
		}
		e, address := startEngine(t, d, nil)
		most := 0
		var clients sync.WaitGroup
		for i := range 200 {
			clients.Go(func() {
				conn := connect(t, address)
				if secured {
					conn = dialTLS(t, address, &tls.Config{
						RootCAs: authority.Pool(), ServerName: "a.test",
					})
				}
				c := &caprice{Conn: conn, r: bufio.NewReader(conn), next: i * 1000}
				for range 6 {
					if err := c.talk(); err != nil {
						t.Errorf("client %d (TLS: %v): %v", i, secured, err)
						return
					}
					time.Sleep(rand.N(2 * idleFor)) // being idle for a time is the point
				}
			})
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			clients.Wait()
		}()
		for going := true; going; {
			select {
			case <-done:
				going = false
			case <-time.After(netx.Interval / 4):
				most = max(most, e.watch.Parked())
			}
		}
		if most < 20 {
			t.Errorf("of 200 connections at most %d were parked at a time (TLS: %v)", most, secured)
		}
	}
}

// caprice is a client that sends requests as it likes.
type caprice struct {
	net.Conn
	r    *bufio.Reader
	next int
}

func (c *caprice) talk() error {
	_ = c.SetDeadline(time.Now().Add(deadline))
	n := 1 + rand.IntN(3)
	var text strings.Builder
	for i := range n {
		body := ""
		if rand.IntN(3) == 0 {
			body = strings.Repeat("x", rand.IntN(3000))
		}
		fmt.Fprintf(&text, "POST /%d HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n%s",
			c.next+i, len(body), body)
	}
	cut := text.Len()
	if rand.IntN(2) == 0 {
		cut = rand.IntN(text.Len())
	}
	if _, err := io.WriteString(c, text.String()[:cut]); err != nil {
		return err
	}
	if cut < text.Len() {
		time.Sleep(rand.N(idleFor)) // in the middle of a request, too
		if _, err := io.WriteString(c, text.String()[cut:]); err != nil {
			return err
		}
	}
	for range n {
		resp, err := testkit.ReadResponse(c.r, "POST")
		if err != nil {
			return err
		}
		if want := fmt.Sprint(c.next); resp.Status != 200 || string(resp.Body) != want {
			return fmt.Errorf("it is answered %d %q, want %s", resp.Status, resp.Body, want)
		}
		c.next++
	}
	return nil
}

// parkedHere waits until n connections are parked.
func parkedHere(t *testing.T, e *Engine, n int) {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d connections are parked", n),
		func() bool { return e.watch.Parked() == n })
}

const get = "GET /7 HTTP/1.1\r\nHost: a.test\r\n\r\n"

// ended waits for the end of a connection, before which nothing comes.
func ended(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d bytes and %v, want the end", n, err)
	}
}

func TestAParkedConnectionEndsWhenItsTimeIsOver(t *testing.T) {
	d := document(serveUpstream(t, numbered))
	d.Listeners[0].Timeouts.KeepAlive = 20 * netx.Interval
	e, address := startEngine(t, d, nil)
	c := connect(t, address)
	ask(t, c, bufio.NewReader(c), get)
	parkedHere(t, e, 1)
	ended(t, c)
	parkedHere(t, e, 0)
}

// One that never asks for anything has the time of a head.
func TestAConnectionThatSaysNothingIsParkedAndEnds(t *testing.T) {
	d := document(serveUpstream(t, numbered))
	d.Listeners[0].Timeouts.Header = 20 * netx.Interval
	e, address := startEngine(t, d, nil)
	c := connect(t, address)
	parkedHere(t, e, 1)
	ended(t, c)
}

func TestParkedConnectionsEndWithTheirListener(t *testing.T) {
	authority := testkit.NewAuthority(t)
	d := document(serveUpstream(t, numbered))
	secureListener(t, d, authority, "a.test")
	e, address := startEngine(t, d, nil)
	var all []net.Conn
	for range 20 {
		c := dialTLS(t, address, &tls.Config{RootCAs: authority.Pool(), ServerName: "a.test"})
		ask(t, c, bufio.NewReader(c), get)
		all = append(all, c)
	}
	parkedHere(t, e, len(all))
	e.listeners[0].Remove()
	e.Door.EndRemoved()
	for _, c := range all {
		ended(t, c)
	}
	testkit.Eventually(t, "none is counted", func() bool { return e.Door.Connections() == 0 })
}

func TestAClientThatHalfClosesEndsItsParkedConnection(t *testing.T) {
	e, address := startEngine(t, document(serveUpstream(t, numbered)), nil)
	c := connect(t, address)
	ask(t, c, bufio.NewReader(c), get)
	parkedHere(t, e, 1)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	ended(t, c)
}

// Who the client is may be known by nothing but a header that came once.
func TestAParkedConnectionKeepsTheClientThatItsProxyHasNamed(t *testing.T) {
	d := document(serveUpstream(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := testkit.ReadRequestHead(r)
			if err != nil {
				return
			}
			from := req.Fields.Get("X-Forwarded-For")
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(from), from)
		}
	}))
	d.Listeners[0].ProxyProtocol = true
	e, address := startEngine(t, d, nil)
	c := connect(t, address)
	r := bufio.NewReader(c)
	header := "PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n"
	for _, first := range []string{header, "", ""} {
		if _, _, body := ask(t, c, r, first+get); body != "192.0.2.7" {
			t.Errorf("the client is %q", body)
		}
		parkedHere(t, e, 1)
	}
}

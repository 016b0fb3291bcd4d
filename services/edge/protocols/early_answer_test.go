package protocols_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// wire is a connection of a client of HTTP/1.1 to a listener of f.
func wire(t *testing.T, f *testkit.Front, listener string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", f.Addr(listener), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	if listener == "tls" {
		conn = tls.Client(conn, f.TLS("http/1.1"))
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testkit.Deadline)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// An upload is how a client sends its body: as fast as it goes, or a piece at a time.
type upload struct {
	name         string
	size, pieces int
	every        time.Duration // a piece; 0: as fast as it goes
	chunked      bool
}

// send writes the body, all of it, before anybody reads.
func (u *upload) send(w io.Writer) error {
	piece := bytes.Repeat([]byte("x"), u.size/u.pieces)
	var pace <-chan time.Time
	if u.every > 0 {
		t := time.NewTicker(u.every)
		defer t.Stop()
		pace = t.C
	}
	for i := range u.pieces {
		if u.chunked {
			if _, err := fmt.Fprintf(w, "%x\r\n%s\r\n", len(piece), piece); err != nil {
				return fmt.Errorf("piece %d: %w", i, err)
			}
		} else if _, err := w.Write(piece); err != nil {
			return fmt.Errorf("piece %d: %w", i, err)
		}
		if pace != nil {
			<-pace
		}
	}
	if u.chunked {
		_, err := io.WriteString(w, "0\r\n\r\n")
		return err
	}
	return nil
}

var uploads = []upload{
	{"40 MiB at full speed", 40 << 20, 40, 0, false},
	{"40 MiB in chunks", 40 << 20, 40, 0, true},
	{"12 MiB at 2 MiB/s", 12 << 20, 48, 125 * time.Millisecond, false},
	{"a pause of 3s", 2 << 20, 2, 3 * time.Second, false},
}

// Many clients write their whole request before they read. What the gateway, or an endpoint,
// has said in the meantime must not be taken from them by a reset.
func TestAnEarlyAnswerIsReadByThoseWhoWriteFirst(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Head(); err == nil {
			_ = c.Send("HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwho?")
		}
		_ = c.Drain()
	})
	silent := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	authority := testkit.NewAuthority(t)
	answers := map[string]*testkit.Front{
		"413": testkit.StartFront(t, authority, testkit.Cluster{
			Address: silent.Addr(), Route: ", max_body_bytes: 1000",
		}),
		"401": testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.Addr(), Route: ", max_body_bytes: 0",
		}),
		"404": testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.Addr(), Route: ", path_prefix: /other",
		}),
	}
	var clients sync.WaitGroup
	for want, f := range answers {
		for _, listener := range []string{"plain", "tls"} {
			for _, u := range uploads {
				conn := wire(t, f, listener)
				clients.Go(func() {
					if err := writeFirst(conn, &u, want); err != nil {
						t.Errorf("%s on %s, %s: %v", want, listener, u.name, err)
					}
				})
			}
		}
	}
	clients.Wait()
}

// writeFirst sends a request, and then reads its answer.
func writeFirst(conn net.Conn, u *upload, want string) error {
	framing := fmt.Sprintf("Content-Length: %d", u.size)
	if u.chunked {
		framing = "Transfer-Encoding: chunked"
	}
	head := "POST /a HTTP/1.1\r\nHost: a.test\r\n" + framing + "\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		return err
	}
	if err := u.send(conn); err != nil {
		return err
	}
	all, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 "+want+" ") {
		return fmt.Errorf("got %.80q, %v", all, err)
	}
	return nil
}

// The same over HTTP/2, where a stream ends and its connection goes on.
func TestAnEarlyAnswerIsReadOverHTTP2(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c"} {
		unread := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
		})
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: edgetest.Serve(t, authority, up, unread), Protocol: up,
			Route: ", max_body_bytes: 30000000",
		})
		for _, down := range []string{"HTTP/2", "HTTP/2 over TLS"} {
			c, base := edgetest.ClientOf(t, authority, f.Process, down)
			for i, u := range uploads {
				body, w := io.Pipe()
				go func() { w.CloseWithError(u.send(w)) }()
				req, err := http.NewRequest(http.MethodPost, base+"/", body)
				if err != nil {
					t.Fatal(err)
				}
				want := http.StatusUnauthorized
				if i == 0 {
					req.ContentLength, want = int64(u.size), http.StatusRequestEntityTooLarge
				}
				resp, err := c.Do(req)
				if err != nil {
					t.Fatalf("%s to %s, %s: %v", down, up, u.name, err)
				}
				if _, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != want {
					t.Errorf("%s to %s, %s: %d, %v", down, up, u.name, resp.StatusCode, err)
				}
				_ = resp.Body.Close()
				_ = body.Close()
			}
		}
	}
}

// half is one of the two halves of a body between which the response comes.
var half = strings.Repeat("0123456789", 3_000)

// A response that is complete before its request, and no error, does not cut that short: the
// endpoint gets all of it, and the client's connection goes on.
func TestAnUploadGoesOnBehindAnEarlyResponse(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c", "h2"} {
		got := make(chan string, 1)
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: answersFirst(t, authority, up, got), Protocol: up,
		})
		for _, down := range []string{"plain", "tls", "h2c"} {
			for range 2 { // the connection to the endpoint goes on too
				if down == "h2c" {
					sendBehindTwo(t, f)
				} else {
					sendBehindOne(t, wire(t, f, down))
				}
				select {
				case body := <-got:
					if body != half+half {
						t.Errorf("%s to %s: the endpoint got %d bytes", down, up, len(body))
					}
				case <-time.After(testkit.Deadline):
					t.Fatalf("%s to %s: the endpoint does not get the body", down, up)
				}
			}
		}
	}
}

// answersFirst is an endpoint that answers a request by its head, and then reads the body.
func answersFirst(
	t *testing.T, authority *testkit.Authority, protocol string, got chan<- string,
) string {
	if protocol != "http1" {
		return serveScript(t, authority, protocol, func(f *frames, id uint32, h *heard) {
			if len(h.seen) == 1 {
				f.head(id, true, ":status", "200")
			}
			if h.ended {
				_ = f.WriteWindowUpdate(0, uint32(len(h.body))) // for the next stream
				got <- string(h.body)
			}
		})
	}
	return testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Head()
			if err != nil {
				return
			}
			if c.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") != nil ||
				testkit.ReadRequestBody(c.Reader(), r) != nil {
				return
			}
			got <- string(r.Body)
		}
	}).Addr()
}

// sendBehindOne sends the second half of a body once the response is there, and one more
// request behind it, over HTTP/1.1.
func sendBehindOne(t *testing.T, conn net.Conn) {
	t.Helper()
	const head = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 60000\r\n\r\n"
	r := bufio.NewReader(conn)
	for _, part := range []string{head + half, half + "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n" +
		"Max-Forwards: 0\r\n\r\n"} {
		if _, err := io.WriteString(conn, part); err != nil {
			t.Fatal(err)
		}
		resp, err := testkit.ReadResponse(r, "POST")
		if err != nil || resp.Status >= 300 || resp.Fields.Has("Connection") {
			t.Fatalf("got %+v, %v", resp, err)
		}
	}
}

// sendBehindTwo does the first of that over HTTP/2.
func sendBehindTwo(t *testing.T, f *testkit.Front) {
	t.Helper()
	c := dialFrames(t, f.Addr("h2c"))
	var h heard
	c.head(1, false, requestFields("POST")...)
	_ = c.WriteData(1, false, []byte(half[:15_000]))
	_ = c.WriteData(1, false, []byte(half[15_000:]))
	c.flush()
	c.hear(t, 1, &h, func() bool { return h.ended })
	_ = c.WriteData(1, false, []byte(half[:15_000]))
	_ = c.WriteData(1, true, []byte(half[15_000:]))
	c.flush()
	for _, seen := range h.seen {
		if strings.HasPrefix(seen, "RST_STREAM") {
			t.Errorf("the stream was ended: %s", &h)
		}
	}
	_ = c.WritePing(false, [8]byte{1})
	c.flush()
	for {
		frame, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := frame.(*xhttp2.PingFrame); ok && p.IsAck() {
			return
		}
	}
}

package l7

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

const request = "GET /users/7 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: test\r\n" +
	"Accept: */*\r\n\r\n"

var response = []byte(
	"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n" +
		string(bytes.Repeat([]byte("x"), 100)))

// answerAll answers each request, which must come in one piece.
func answerAll(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) &&
			!bytes.HasSuffix(buf[:n], []byte("hello")) {
			return
		}
		if _, err := c.Write(response); err != nil {
			return
		}
	}
}

// A proxied request allocates nothing once everything it needs has been made,
// whatever is counted and logged of it.
func TestARequestAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	routed := func(upstream string) *config.Document {
		d := document(upstream)
		for _, host := range []string{"a.example.com", "*.example.com", "api.example.com"} {
			r := config.NewRoute(host, "c")
			r.Hosts, r.PathPrefix = []string{host}, "/users"
			d.Routes = append(d.Routes, r)
		}
		return d
	}
	log := accesslog.NewWriter(io.Discard, accesslog.Options{})
	t.Cleanup(func() { _ = log.Close(t.Context()) })
	for _, tc := range []struct {
		name, request string
		log           *accesslog.Writer
	}{
		{"GET", request, nil},
		{"GET, logged", request, log},
		{
			"path to be normalised",
			"GET /a/../users/%37 HTTP/1.1\r\nHost: api.example.com\r\n\r\n", nil,
		},
		{
			"POST with a body",
			"POST /users HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 5\r\n\r\nhello", nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, address := startEngine(t, routed(serveUpstream(t, answerAll)), tc.log)
			c := connect(t, address)
			in := make([]byte, 4096)
			out := []byte(tc.request)
			exchange := func() {
				if _, err := c.Write(out); err != nil {
					t.Fatal(err)
				}
				n, err := c.Read(in)
				if err != nil || !bytes.HasPrefix(in[:n], []byte("HTTP/1.1 200 OK\r\n")) {
					t.Fatalf("got %q, %v", in[:n], err)
				}
			}
			for range 100 {
				exchange() // let buffers grow
			}
			// The engine's ticks and the scrape of runtime statistics may allocate
			// now and then; a request must not: less than one in a hundred.
			const runs = 2000
			if n := testing.AllocsPerRun(runs, exchange); n > 0 {
				t.Errorf("%v allocations per request, want none", n)
			}
		})
	}
}

func BenchmarkExchange(b *testing.B) {
	_, address := startEngine(b, document(serveUpstream(b, func(c net.Conn) {
		_ = c.SetDeadline(noDeadline)
		answerAll(c)
	})), nil)
	c := connect(b, address)
	_ = c.SetDeadline(noDeadline)
	in := make([]byte, 4096)
	out := []byte(request)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(out); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(in); err != nil {
			b.Fatal(err)
		}
	}
}

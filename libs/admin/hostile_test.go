package admin_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// hurry is how long connections may take in these tests.
const hurry = 200 * time.Millisecond

// serve runs a server until the test ends, and returns its address.
func serve(t *testing.T, o admin.Options, change ...func(*admin.Server)) string {
	t.Helper()
	l, err := admin.Listen(t.Context(), "127.0.0.1:0", o.Token != "")
	if err != nil {
		t.Fatal(err)
	}
	s := admin.New(o)
	for _, c := range change {
		c(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func inAHurry(s *admin.Server) { s.Hurry(hurry) }

func TestServesUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	client := &http.Client{Timeout: testkit.Deadline, Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + serve(t, live().Options) + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestTheEndOfTheServerEndsAReload(t *testing.T) {
	t.Parallel()
	s := live()
	begun := make(chan struct{})
	s.Reload = func(ctx context.Context) admin.Receipt {
		close(begun)
		<-ctx.Done()
		return admin.Receipt{Result: admin.Refused, Reason: admin.ReasonDraining}
	}
	l, err := admin.Listen(t.Context(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- admin.New(s.Options).Serve(ctx, l) }()
	c := testkit.Dial(t, l.Addr().String())
	if err := c.Send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	cancel()
	if r := c.Final(t, "POST"); r.Status != 503 {
		t.Errorf("status %d", r.Status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAReloadMayTakeLongerThanARequest makes the change outlast every deadline that connections
// have.
func TestAReloadMayTakeLongerThanARequest(t *testing.T) {
	t.Parallel()
	s := live()
	s.Reload = func(ctx context.Context) admin.Receipt {
		select {
		case <-time.After(3 * hurry):
		case <-ctx.Done():
			t.Error("the reload was cut off")
		}
		return s.reload
	}
	c := testkit.Dial(t, serve(t, s.Options, inAHurry))
	if r := c.Exchange(t, "POST",
		"POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"); r.Status != 200 {
		t.Errorf("status %d", r.Status)
	}
}

func TestHeadsAreBounded(t *testing.T) {
	t.Parallel()
	addr := serve(t, live().Options)
	for name, head := range map[string]string{
		"one field":   "X-Big: " + strings.Repeat("a", 20<<10) + "\r\n",
		"many fields": strings.Repeat("X-Many: a\r\n", 3000),
	} {
		c := testkit.Dial(t, addr)
		// The answer may come before the request is sent as a whole, so Send may fail.
		_ = c.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + head + "\r\n")
		if text, err := c.Rest(); err != nil || !strings.HasPrefix(text, "HTTP/1.1 431 ") {
			t.Errorf("%s: %.60q, %v", name, text, err)
		}
	}
	c := testkit.Dial(t, addr)
	_ = c.Send("GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if text, err := c.Rest(); err != nil || strings.HasPrefix(text, "HTTP/1.1 2") {
		t.Errorf("a long target: %.60q, %v", text, err)
	}
}

// TestBodiesAreNotRead sends a body without end. The answer does not wait for it, and the
// connection closes on it.
func TestBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	addr := serve(t, live().Options)
	for _, path := range []string{"/reload", "/rollback", "/drain"} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
		fmt.Fprintf(conn,
			"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", path)
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("a", 64<<10))
		sent := 0
		for err == nil && sent < 64<<20 {
			var n int
			n, err = io.WriteString(conn, chunk)
			sent += n
		}
		if err == nil || !testkit.IsClosed(err) {
			t.Errorf("%s: %d bytes were taken, %v", path, sent, err)
		}
	}
}

func TestAnEmptyAndASmallBodyAreIgnored(t *testing.T) {
	t.Parallel()
	c := testkit.Dial(t, serve(t, live().Options))
	for range 2 { // on one connection, so what is left of a body would be taken for a request
		if r := c.Exchange(t, "POST",
			"POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n"+
				"GET / HTTP/1.1"); r.Status != 200 {
			t.Errorf("status %d", r.Status)
		}
	}
}

// withoutKernel runs a test with a connection to a server on which nothing is buffered, and with
// time that is made up.
func withoutKernel(t *testing.T, test func(t *testing.T, client net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{next: make(chan net.Conn, 1), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- admin.New(live().Options).Serve(ctx, l) }()
		client, server := net.Pipe()
		l.next <- server
		test(t, client)
		client.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestSlowClientsAreLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want time.Duration
	}{
		"nothing":     {"", 5 * time.Second},
		"half a head": {"GET /status HTTP/1.1\r\nHost: local", 5 * time.Second},
		"no body": {
			"POST /drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
			10 * time.Second,
		},
		"idle": {"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withoutKernel(t, func(t *testing.T, client net.Conn) {
				begin := time.Now()
				go func() { _, _ = io.WriteString(client, c.text) }()
				_, _ = io.Copy(io.Discard, client)
				// net/http lingers for up to half a second so that the client gets the answer.
				if took := time.Since(begin); took < c.want || took > c.want+time.Second {
					t.Errorf("left after %v, want %v", took, c.want)
				}
			})
		})
	}
}

func TestAClientThatDoesNotReadIsLeft(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		29 * time.Second: "HTTP/1.1 200 OK", 31 * time.Second: "",
	} {
		withoutKernel(t, func(t *testing.T, client net.Conn) {
			request := "GET /config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
			if _, err := io.WriteString(client, request); err != nil {
				t.Fatal(err)
			}
			<-time.After(wait)
			if text, err := io.ReadAll(client); err != nil || (want == "") != (len(text) == 0) ||
				!strings.HasPrefix(string(text), want) {
				t.Errorf("after %v there is %.40q, %v", wait, text, err)
			}
		})
	}
}

// pipes is a listener of connections that tests make.
type pipes struct {
	next   chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestTargetsThatBrowsersAndProxiesMake(t *testing.T) {
	t.Parallel()
	addr := serve(t, live().Options)
	for request, want := range map[string]int{
		// the target's host counts, not the field
		"GET http://evil.example/config HTTP/1.1\r\nHost: localhost\r\n\r\n":    403,
		"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n":   200,
		"GET /config HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n": 400,
		"GET /config HTTP/1.1\r\n\r\n":                                          400,
		// there is no Host to trust
		"GET /config HTTP/1.0\r\n\r\n":                                             403,
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n":                            404,
		"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n":              404,
		"GET //config HTTP/1.1\r\nHost: localhost\r\n\r\n":                         404,
		"GET /./config HTTP/1.1\r\nHost: localhost\r\n\r\n":                        404,
		"GET /config/ HTTP/1.1\r\nHost: localhost\r\n\r\n":                         404,
		"GET /config?x=../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n":       200,
		"POST /drain HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n":          403,
		"POST /drain HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://a.b\r\n\r\n":  403,
		"POST /reload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n": 200,
	} {
		c := testkit.Dial(t, addr)
		method, _, _ := strings.Cut(request, " ")
		if r := c.Exchange(t, method, request); r.Status != want {
			t.Errorf("%q: status %d, want %d", request, r.Status, want)
		}
	}
}

func TestAnyIDIsOnlyAName(t *testing.T) {
	t.Parallel()
	s := live()
	var asked atomic.Pointer[string]
	s.Why = func(id string) (admin.Explanation, bool) {
		asked.Store(&id)
		return admin.Explanation{}, false
	}
	addr, d := serve(t, s.Options), document(t)
	for target, want := range map[string]string{
		"/why/known":                        "known",
		"/why/a%20b":                        "a b",
		"/why/../config":                    "../config",
		"/why/..%2f..%2f..%2fetc%2fpasswd":  "../../../etc/passwd",
		"/why/%2e%2e/config":                "../config",
		"/why//":                            "/",
		"/why/a/b":                          "a/b",
		"/why/%00":                          "\x00",
		"/why/%0d%0aX-Injected:%201":        "\r\nX-Injected: 1",
		"/why/%ff%fe":                       "\xff\xfe",
		"/why/%3Cscript%3E":                 "<script>",
		"/why/known?id=other":               "known",
		"/why/" + strings.Repeat("a", 128):  strings.Repeat("a", 128),
		"/why/" + strings.Repeat("a", 129):  "",
		"/why/" + strings.Repeat("a", 8000): "",
		"/why/":                             "",
		"/why":                              "",
		"/whyknown":                         "",
	} {
		asked.Store(nil)
		c := testkit.Dial(t, addr)
		r := c.Exchange(t, "GET", "GET "+target+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		got := ""
		if p := asked.Load(); p != nil {
			got = *p
		}
		if r.Status != 404 || got != want {
			t.Errorf("%.80s: status %d, asked for %.80q, want %.80q", target, r.Status, got, want)
		}
		header := http.Header{}
		for _, f := range r.Fields {
			header.Add(f.Name, f.Value)
		}
		if err := d.CheckResponse("NotFound", header, r.Body); err != nil ||
			header.Get("X-Injected") != "" {
			t.Errorf("%.80s: %v, %v", target, err, header)
		}
		if strings.Contains(string(r.Body), "script") {
			t.Errorf("%.80s: the ID comes back: %s", target, r.Body)
		}
	}
}

// TestEveryIDOfAProxyCanBeAskedFor asks for each character that an X-Request-Id may have.
func TestEveryIDOfAProxyCanBeAskedFor(t *testing.T) {
	t.Parallel()
	s := live()
	for b := byte('!'); b < 0x7f; b++ {
		id := "a" + string(b) + "z"
		s.Why = func(got string) (admin.Explanation, bool) {
			return admin.Explanation{ID: got}, got == id
		}
		if w := do(s.handler(), "GET", "/why/"+url.PathEscape(id)); w.Code != 200 {
			t.Errorf("%q: status %d", id, w.Code)
		}
	}
}

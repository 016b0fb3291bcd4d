package l7

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// large is more than the size from which a body that nobody changes is spliced.
const large = 1 << 20

// A toyRoom is an engine whose one route has a toy behind its own policies, with a client
// and an endpoint.
type toyRoom struct {
	*toy
	engine  *Engine
	address string
	client  *http.Client
	more    chan struct{} // has /events go on
}

// newToyRoom makes one. h2 says that the client speaks HTTP/2, h2c that the endpoint does.
func newToyRoom(t *testing.T, h2, h2c bool) *toyRoom {
	t.Helper()
	m := &toyRoom{toy: newToy(), more: make(chan struct{})}
	server := httptest.NewUnstartedServer(http.HandlerFunc(m.answer))
	server.Config.Protocols = protocols(h2c)
	server.Start()
	t.Cleanup(server.Close)
	d := document(server.Listener.Addr().String())
	if h2c {
		d.Clusters[0].Protocol = config.ClusterH2C
	}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	p.Routes[0].Policies = p.Routes[0].Policies.With(m.toy)
	m.engine, m.address = startPlan(t, p, nil)
	tr := &http.Transport{Protocols: protocols(h2), DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	m.client = &http.Client{Transport: tr}
	return m
}

// protocols are plain text HTTP/2, or HTTP/1.1.
func protocols(h2 bool) *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(!h2)
	p.SetUnencryptedHTTP2(h2)
	return &p
}

// answer is the endpoint.
func (m *toyRoom) answer(w http.ResponseWriter, r *http.Request) {
	kind := "application/octet-stream"
	if r.URL.Query().Has("text") {
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	switch r.URL.Path {
	case "/hello":
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hello")
	case "/empty":
		w.Header().Set("Content-Length", "0")
	case "/204":
		w.WriteHeader(204)
	case "/304":
		w.WriteHeader(304)
	case "/503":
		w.WriteHeader(503)
	case "/large":
		w.Header().Set("Content-Length", fmt.Sprint(large))
		_, _ = io.WriteString(w, strings.Repeat("x", large))
	case "/echo":
		body, _ := io.ReadAll(r.Body) // net/http reads no more once its answer has begun
		_, _ = w.Write(body)
	case "/events":
		for _, e := range []string{"one\n", "two\n", "three\n"} {
			_, _ = io.WriteString(w, e)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-m.more:
			case <-r.Context().Done():
				return
			}
		}
	}
}

// do sends a request. asks is what it asks the toy for.
func (m *toyRoom) do(
	t *testing.T, method, path, asks string, body io.Reader,
) (*http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, "http://"+m.address+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if asks != "" {
		r.Header.Set("X-Toy", asks)
	}
	return m.client.Do(r)
}

// get sends a request, and reads the response to its end.
func (m *toyRoom) get(
	t *testing.T, method, path, asks string, body io.Reader,
) (*http.Response, string) {
	t.Helper()
	resp, err := m.do(t, method, path, asks, body)
	if err != nil {
		t.Fatalf("%s %s, %q: %v", method, path, asks, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s, %q: %v", method, path, asks, err)
	}
	return resp, string(got)
}

// ended is what the toy is told of the end of the next request.
func (m *toyRoom) ended(t *testing.T) policy.End {
	t.Helper()
	select {
	case e := <-m.ends:
		return e
	case <-time.After(deadline):
		t.Fatal("the policy is not told how the request ended")
		panic("unreachable")
	}
}

// everyPair runs a test for each pair of protocols.
func everyPair(t *testing.T, test func(*testing.T, *toyRoom)) {
	for _, h2 := range []bool{false, true} {
		for _, h2c := range []bool{false, true} {
			t.Run(fmt.Sprintf("client h2=%t, endpoint h2c=%t", h2, h2c), func(t *testing.T) {
				test(t, newToyRoom(t, h2, h2c))
			})
		}
	}
}

func TestAPolicyShapesRequestsAndResponses(t *testing.T) {
	everyPair(t, func(t *testing.T, m *toyRoom) {
		long := strings.Repeat("b", 100000)
		for _, tc := range []struct {
			method, path, asks, sent string
			status                   int
			want                     string
			length                   int64 // -1: the response has no Content-Length
			code                     gwerr.Code
			replaced                 bool // what the client gets is not from the endpoint
		}{
			{"GET", "/hello?text", "", "", 200, "HELLO!", -1, gwerr.None, false},
			{"GET", "/hello", "", "", 200, "hello", 5, gwerr.None, false},
			{"GET", "/empty?text", "", "", 200, "!", -1, gwerr.None, false},
			{
				"GET", "/large?text", "", "", 200, strings.Repeat("X", large) +
					"!", -1, gwerr.None, false,
			},
			{"GET", "/large", "", "", 200, strings.Repeat("x", large), large, gwerr.None, false},
			{"HEAD", "/hello?text", "", "", 200, "", -1, gwerr.None, false},
			{"HEAD", "/hello", "", "", 200, "", 5, gwerr.None, false},
			{"GET", "/204?text", "", "", 204, "", -1, gwerr.None, false},
			{"GET", "/304?text", "", "", 304, "", -1, gwerr.None, false},
			{"GET", "/503?text", "", "", 404, "nothing here\n", 13, gwerr.None, true},
			{"GET", "/hello", "teapot", "", 418, "short and stout\n", 16, gwerr.None, true},
			{"HEAD", "/hello", "teapot", "", 418, "", 16, gwerr.None, true},
			{"GET", "/hello", "look", "", 200, "hello", 5, gwerr.None, false},
			{"POST", "/echo", "look", "good", 200, "good", 4, gwerr.None, false},
			{"POST", "/echo", "look", "bad one", 400, "", -1, gwerr.BadRequest, true},
			{"POST", "/echo", "look", long, 200, long, -1, gwerr.None, false},
			{
				"POST", "/echo?text", "look", long, 200, strings.ToUpper(long) +
					"!", -1, gwerr.None, false,
			},
			{"POST", "/echo", "look", "bad" + long, 400, "", -1, gwerr.BadRequest, true},
		} {
			name := fmt.Sprintf("%s %s, %q, %d bytes", tc.method, tc.path, tc.asks, len(tc.sent))
			before := m.seen.Load()
			var body io.Reader
			if tc.sent != "" {
				body = strings.NewReader(tc.sent)
			}
			resp, got := m.get(t, tc.method, tc.path, tc.asks, body)
			if tc.code != gwerr.None {
				if !strings.Contains(got, tc.code.String()) {
					t.Errorf("%s: the body is %q", name, got)
				}
				tc.want = got
			}
			if resp.StatusCode != tc.status || got != tc.want {
				t.Errorf("%s: %d %.40q (%d bytes), want %d %.40q",
					name, resp.StatusCode, got, len(got), tc.status, tc.want)
			}
			if tc.code == gwerr.None && resp.ContentLength != tc.length && len(tc.sent) == 0 &&
				tc.status != 204 && tc.status != 304 {
				t.Errorf("%s: Content-Length is %d, want %d", name, resp.ContentLength, tc.length)
			}
			if len(resp.Header["Content-Length"]) > 0 && tc.length < 0 && len(tc.sent) == 0 {
				t.Errorf("%s: there is a Content-Length: %v", name, resp.Header)
			}
			if saw := resp.Header.Get("X-Toy-Saw") != ""; saw == tc.replaced {
				t.Errorf("%s: the head was edited: %t, %v", name, saw, resp.Header)
			}
			e := m.ended(t)
			if e.Status != tc.status || e.Code != tc.code || e.Duration <= 0 {
				t.Errorf("%s: the policy is told %+v", name, e)
			}
			if !tc.replaced && (e.Sent != int64(len(got)) || e.Received != int64(len(tc.sent))) {
				t.Errorf("%s: the policy is told of %d bytes to the client, %d from it",
					name, e.Sent, e.Received)
			}
			if n := m.seen.Load() - before; !tc.replaced && n != int64(len(tc.sent)) {
				t.Errorf("%s: the policy saw %d bytes of the body", name, n)
			}
		}
		if b, r := m.begun.Load(), m.released.Load(); b == 0 || b != r {
			t.Errorf("%d bodies were changed, %d of them released", b, r)
		}
	})
}

func TestAPolicySeesABodyOfUnknownLength(t *testing.T) {
	everyPair(t, func(t *testing.T, m *toyRoom) {
		for _, asks := range []string{"", "look"} {
			before := m.seen.Load()
			text := strings.Repeat("y", 300000)
			resp, got := m.get(t, "PUT", "/echo?text", asks,
				io.MultiReader(strings.NewReader(text)))
			if resp.StatusCode != 200 || got != strings.ToUpper(text)+"!" {
				t.Errorf("%q: %d, %d bytes", asks, resp.StatusCode, len(got))
			}
			if n := m.seen.Load() - before; n != int64(len(text)) {
				t.Errorf("%q: the policy saw %d bytes", asks, n)
			}
		}
	})
}

// What a Transform holds back is flushed when the endpoint pauses: the client has an event
// before the endpoint sends the next one.
func TestAnEventComesThroughAPolicyBeforeTheNext(t *testing.T) {
	everyPair(t, func(t *testing.T, m *toyRoom) {
		resp, err := m.do(t, "GET", "/events?text", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ProtoMajor == 1 && fmt.Sprint(resp.TransferEncoding) != "[chunked]" {
			t.Errorf("it comes in %v", resp.TransferEncoding)
		}
		for _, want := range []string{"ONE\n", "TWO\n", "THREE\n"} {
			got := make([]byte, len(want))
			if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != want {
				t.Fatalf("got %q, %v, want %q", got, err, want)
			}
			select {
			case m.more <- struct{}{}:
			case <-time.After(deadline):
				t.Fatal("the endpoint is gone")
			}
		}
		if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "!" {
			t.Errorf("the end is %q, %v", rest, err)
		}
	})
}

// A client with HTTP/1.0 knows no chunks: the end of its connection ends a changed body.
func TestAChangedBodyGoesToAnHTTP10Client(t *testing.T) {
	m := newToyRoom(t, false, false)
	var c net.Conn = connect(t, m.address)
	const request = "GET /hello?text HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	head, body, _ := strings.Cut(string(got), "\r\n\r\n")
	if err != nil || body != "HELLO!" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, field := range []string{"Content-Length", "Transfer-Encoding"} {
		if strings.Contains(head, field) {
			t.Errorf("there is a %s: %q", field, head)
		}
	}
}

package protocols_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// endpoint answers each path in one of the ways that a response can go.
func endpoint(cancelled chan<- struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
		w.Header().Set("X-Trailer-Was", r.Trailer.Get("X-Sum"))
		w.Header().Set("X-Cookie-Was", r.Header.Get("Cookie"))
		w.Header().Set("X-Via-Was", r.Header.Get("Via"))
		_, _ = w.Write(body)
	})
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("/cached", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"1"`)
		w.WriteHeader(304)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("0123456789"), 500_000))
	})
	mux.HandleFunc("/known", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(bytes.Repeat([]byte("0123456789"), 100_000))
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum, Set-Cookie")
		_, _ = w.Write([]byte("body"))
		w.Header().Set("X-Sum", "42")
		w.Header().Set("Set-Cookie", "not=in-a-trailer")
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(103)
		_, _ = w.Write([]byte("late"))
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("some"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("begun"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		cancelled <- struct{}{}
	})
	return mux
}

// Every way of a client goes with every way of an endpoint, and says the same.
func TestEveryProtocolReachesEveryOther(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c", "h2"} {
		t.Run(up, func(t *testing.T) {
			t.Parallel()
			cancelled := make(chan struct{}, 1)
			address := edgetest.Serve(t, authority, up, endpoint(cancelled))
			dir := t.TempDir()
			authority.Leaf(t, nil, "edge.test").Write(t, dir, "cert")
			ca := filepath.Join(dir, "ca.pem")
			if err := os.WriteFile(ca, authority.PEM, 0o600); err != nil {
				t.Fatal(err)
			}
			security := "{mode: none}"
			if up == "h2" {
				security = fmt.Sprintf("{mode: tls, ca: %q, server_name: %s}", ca,
					testkit.EndpointName)
			}
			e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: cert.pem, key: cert.key}]}}
clusters: [{name: up, protocol: %s, security: %s, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0"}
`, up, security, address))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Kill)
			for _, down := range []string{
				"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2", "HTTP/2 over TLS",
			} {
				t.Run(down, func(t *testing.T) {
					c, base := edgetest.ClientOf(t, authority, e, down)
					crossing(t, c, base, cancelled)
				})
			}
		})
	}
}

// crossing tries every kind of exchange.
func crossing(t *testing.T, c *http.Client, base string, cancelled <-chan struct{}) {
	do := func(
		method, path string, body io.Reader, edit func(*http.Request),
	) (*http.Response, string, error) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if edit != nil {
			edit(req)
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		return resp, string(got), err
	}
	check := func(what string, ok bool, resp *http.Response, body string, err error) {
		t.Helper()
		if !ok || err != nil {
			t.Errorf("%s: %v %v, %d bytes, trailer %v, %v", what, resp.Status, resp.Header,
				len(body), resp.Trailer, err)
		}
	}
	resp, body, err := do("GET", "/echo", nil, func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "a", Value: "1"})
		r.AddCookie(&http.Cookie{Name: "b", Value: "2"})
	})
	check("no body", resp.StatusCode == 200 && body == "" &&
		resp.Header.Get("X-Cookie-Was") == "a=1; b=2" &&
		strings.Contains(resp.Header.Get("X-Via-Was"), " gateway-"), resp, body, err)
	resp, body, err = do("POST", "/echo", strings.NewReader("hello"), nil)
	check("a small body", body == "hello" && resp.Header.Get("X-Length") == "5", resp, body, err)
	large := strings.Repeat("abcdefgh", 400_000)
	resp, body, err = do("POST", "/echo", struct{ io.Reader }{strings.NewReader(large)}, nil)
	check("a large body of no known length", body == large &&
		resp.Header.Get("X-Length") == "-1", resp, body, err)
	resp, body, err = do("POST", "/echo", struct{ io.Reader }{strings.NewReader("sum")},
		func(r *http.Request) {
			r.Trailer = http.Header{"X-Sum": {"7"}}
		})
	check("a trailer", body == "sum" && resp.Header.Get("X-Trailer-Was") == "7", resp, body, err)
	resp, body, err = do("HEAD", "/known", nil, nil)
	check("HEAD", body == "" && resp.ContentLength == 1_000_000, resp, body, err)
	resp, body, err = do("GET", "/none", nil, nil)
	check("204", resp.StatusCode == 204 && body == "", resp, body, err)
	resp, body, err = do("GET", "/cached", nil, nil)
	check("304", resp.StatusCode == 304 && resp.Header.Get("Etag") == `"1"`, resp, body, err)
	resp, body, err = do("GET", "/large", nil, nil)
	check("a large response", len(body) == 5_000_000, resp, body, err)
	resp, body, err = do("GET", "/known", nil, nil)
	check("a response of known length", len(body) == 1_000_000 &&
		resp.ContentLength == 1_000_000, resp, body, err)
	resp, body, err = do("GET", "/trailer", nil, nil)
	check("a response with a trailer", body == "body" && resp.Trailer.Get("X-Sum") == "42" &&
		resp.Trailer.Get("Set-Cookie") == "", resp, body, err)
	var hints atomic.Int32
	resp, body, err = do("GET", "/early", nil, func(r *http.Request) {
		trace := &httptrace.ClientTrace{
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				if code == 103 && h.Get("Link") == "</style.css>" {
					hints.Add(1)
				}
				return nil
			},
		}
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	})
	check("early hints", body == "late" && hints.Load() == 1, resp, body, err)
	// An endpoint that resets at once may be too fast for the edge to see that it began.
	if resp, body, err = do("GET", "/broken", nil, nil); err == nil && resp.StatusCode != 502 {
		t.Errorf("a response that broke off looks whole: %v %q", resp.Status, body)
	}
	hang(t, c, base, cancelled)
}

// hang leaves in the middle of a response, which the endpoint must learn.
func hang(t *testing.T, c *http.Client, base string, cancelled <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/hang", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	cancel()
	ctx, cancel = context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	select {
	case <-cancelled:
	case <-ctx.Done():
		t.Error("the endpoint was not told that the client left")
	}
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: %v", err)
	}
}

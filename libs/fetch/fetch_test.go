package fetch_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/fetch"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func client(t *testing.T, o fetch.Options) *fetch.Client {
	t.Helper()
	c, err := fetch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func ask(t *testing.T, c *fetch.Client, url string) (*fetch.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(ctx, r)
}

func TestAnswersAreBounded(t *testing.T) {
	done := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/small", http.StatusFound)
	})
	mux.HandleFunc("/announced", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1073741824")
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, zeros{})
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.CopyN(z, zeros{}, 1<<30)
		_ = z.Close()
	})
	mux.HandleFunc("/head", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("a", 1<<20))
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-done // as a byte a second: it is not over in time
	})
	mux.HandleFunc("/mute", func(http.ResponseWriter, *http.Request) { <-done })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	quick := client(t, fetch.Options{Timeout: 50 * time.Millisecond, MaxBytes: 1 << 20})
	patient := client(t, fetch.Options{Timeout: testkit.Deadline, MaxBytes: 1 << 20})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for path, want := range map[string]error{
		"/announced": fetch.ErrLarge, "/endless": fetch.ErrLarge, "/bomb": fetch.ErrLarge,
	} {
		if _, err := ask(t, patient, server.URL+path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d bytes were used for large answers", n)
	}
	for _, path := range []string{"/slow", "/mute"} {
		if _, err := ask(t, quick, server.URL+path); !errors.Is(err, fetch.ErrSlow) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if a, err := ask(t, patient, server.URL+"/head"); err == nil {
		t.Errorf("a head of a megabyte is taken: %d", a.Status)
	}
	if a, err := ask(t, patient, server.URL+"/small"); err != nil || string(a.Body) != "hello" {
		t.Errorf("%v, %v", a, err)
	}
	a, err := ask(t, patient, server.URL+"/away")
	if err != nil || !strings.Contains(a.StatusError().Error(), "redirect") {
		t.Errorf("a redirect: %v, %v", a, err)
	}
}

func TestServersAreVerified(t *testing.T) {
	ca := testkit.NewAuthority(t)
	leaf := ca.Leaf(t, nil, "127.0.0.1")
	server := httptest.NewUnstartedServer(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	o := fetch.Options{Timeout: testkit.Deadline, MaxBytes: 100}
	if _, err := ask(t, client(t, o), server.URL); err == nil ||
		!strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server of an authority that nobody knows: %v", err)
	}
	o.CA = ca.PEM
	if _, err := ask(t, client(t, o), server.URL); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	if _, err := fetch.New(fetch.Options{CA: []byte("no certificate")}); err == nil {
		t.Error("a file without certificates is taken")
	}
}

func TestErrorsDoNotHaveTheURL(t *testing.T) {
	c := client(t, fetch.Options{Timeout: testkit.Deadline, MaxBytes: 100})
	ca := testkit.NewAuthority(t)
	leaf := ca.Leaf(t, nil, "other.test")
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	trusting := client(t, fetch.Options{Timeout: testkit.Deadline, MaxBytes: 100, CA: ca.PEM})
	for url, c := range map[string]*fetch.Client{
		"http://user:planted-word@127.0.0.1:1/planted-path?planted-query": c,
		"http://planted-name.invalid/":                                    c,
		server.URL + "/planted-path":                                      trusting,
	} {
		_, err := ask(t, c, url)
		if err == nil || strings.Contains(err.Error(), "planted") ||
			strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Package answers_test does what this folder's README does, step by step, so that the README
// stays true.
package answers_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func TestAnswers(t *testing.T) {
	here, err := filepath.Abs("pages")
	if err != nil {
		t.Fatal(err)
	}
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t,
			testkit.Answer(exampletest.Text(200, "the app"))).Addr(),
		"pages/down.html":  filepath.Join(here, "down.html"),
		"pages/error.html": filepath.Join(here, "error.html"),
	})
	for _, tc := range []struct {
		path, kind, want string
		status           int
	}{
		{"/shop/cart", "text/html; charset=utf-8", "is being painted", 503},
		{"/healthz", "text/plain; charset=utf-8", "ok\n", 200},
		{"/robots.txt", "text/plain; charset=utf-8", "Disallow: /\n", 200},
		{"/v1/users", "text/plain; charset=utf-8", "use /v2\n", 410},
		{"/", "", "the app", 200},
	} {
		a := edge.Do(t, "GET", tc.path, nil)
		if a.Status != tc.status || !strings.Contains(a.Body, tc.want) ||
			a.Header.Get("Content-Type") != tc.kind ||
			(a.Status == 503) != (a.Header.Get("Retry-After") == "600") ||
			a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v %q", tc.path, a.Status, a.Header, a.Body)
		}
	}
}

func TestWhatTheAppAnswersIsCompressed(t *testing.T) {
	here, err := filepath.Abs("pages")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Repeat("all work and no play ", 100)
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200, page,
			"Content-Type: text/markdown"))).Addr(),
		"pages/down.html":  filepath.Join(here, "down.html"),
		"pages/error.html": filepath.Join(here, "error.html"),
	})
	a := edge.Do(t, "GET", "/README.md", http.Header{"Accept-Encoding": {"gzip"}})
	z, err := gzip.NewReader(strings.NewReader(a.Body))
	if err != nil {
		t.Fatalf("%v in %v %q", err, a.Header, a.Body)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != page ||
		a.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v, %q, %v", a.Header, got, err)
	}
	if a := edge.Do(t, "GET", "/README.md", nil); a.Body != page {
		t.Errorf("who does not ask for it gets %v %q", a.Header, a.Body)
	}
}

func TestErrorPages(t *testing.T) {
	here, err := filepath.Abs("pages")
	if err != nil {
		t.Fatal(err)
	}
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t,
			testkit.Answer(exampletest.Text(404, "no file"))).Addr(),
		"pages/down.html":  filepath.Join(here, "down.html"),
		"pages/error.html": filepath.Join(here, "error.html"),
	})
	a := edge.Do(t, "GET", "/no-such-file", http.Header{"Accept": {"text/html"}})
	if a.Status != 404 || !strings.Contains(a.Body, "<h1>Not Found</h1>") ||
		!strings.Contains(a.Body, a.Header.Get("X-Request-Id")) ||
		!strings.Contains(a.Body, "{ font-family: sans-serif; margin: 3em }") {
		t.Errorf("a person gets %d %v %q", a.Status, a.Header, a.Body)
	}
	if a := edge.Do(t, "GET", "/no-such-file", nil); a.Status != 404 || a.Body != "no file" {
		t.Errorf("a program gets %d %v %q", a.Status, a.Header, a.Body)
	}
}

package answers_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const answers = `
routes:
  - {name: down, hosts: [a.test], respond: {status: 503, body: "back at noon\n", headers: {Retry-After: "600"}}}
  - {name: page, hosts: [b.test], respond: {file: page.html},
     headers: {response: {set: {X-Frame-Options: DENY}}}}
  - {name: none, hosts: [c.test], respond: {status: 204}}
  - {name: large, hosts: [d.test], respond: {file: large.bin}}
  - {name: not-modified, hosts: [e.test], respond: {status: 304}}
`

func TestRoutesAnswerThemselves(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 1<<15)
	f := start(t, answers, map[string]string{"page.html": "<p>hello</p>", "large.bin": large})
	f.each(t, func(t *testing.T, c *asker) {
		for _, tc := range []struct {
			method, host, kind, body string
			status                   int
		}{
			{"GET", "a.test", "text/plain; charset=utf-8", "back at noon\n", 503},
			{"HEAD", "a.test", "text/plain; charset=utf-8", "back at noon\n", 503},
			{"POST", "a.test", "text/plain; charset=utf-8", "back at noon\n", 503},
			{"GET", "b.test", "text/html; charset=utf-8", "<p>hello</p>", 200},
			{"HEAD", "b.test", "text/html; charset=utf-8", "<p>hello</p>", 200},
			{"GET", "c.test", "", "", 204}, {"HEAD", "c.test", "", "", 204},
			{"GET", "d.test", "application/octet-stream", large, 200},
			{"HEAD", "d.test", "application/octet-stream", large, 200},
			{"GET", "e.test", "", "", 304},
		} {
			r, body := c.ask(t, tc.method, "/", "Host: "+tc.host)
			length, want := fmt.Sprint(len(tc.body)), tc.body
			if tc.status == 204 || tc.status == 304 {
				length = ""
			}
			if tc.method == "HEAD" {
				want = ""
			}
			if r.StatusCode != tc.status || r.Header.Get("Content-Type") != tc.kind ||
				r.Header.Get("Content-Length") != length || body != want {
				t.Errorf("%s %s: %d %v, %d bytes", tc.method, tc.host, r.StatusCode, r.Header,
					len(body))
			}
			if (tc.host == "a.test") != (r.Header.Get("Retry-After") == "600") ||
				(tc.host == "b.test") != (r.Header.Get("X-Frame-Options") == "DENY") {
				t.Errorf("%s %s: %v", tc.method, tc.host, r.Header)
			}
		}
		r, _ := c.ask(t, "GET", "/", "Host: b.test")
		r, body := c.ask(t, "GET", "/", "Host: b.test", "If-None-Match: "+r.Header.Get("ETag"))
		if r.StatusCode != http.StatusNotModified || body != "" ||
			r.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("with its tag: %d %v %q", r.StatusCode, r.Header, body)
		}
		if !strings.HasPrefix(r.Proto, "HTTP/2") {
			return
		}
		r, body = c.ask(t, "POST", "/x.Y/Z", "Host: a.test", "Content-Type: application/grpc",
			"TE: trailers")
		if r.StatusCode != 200 || r.Header.Get("Grpc-Status") != "14" || body != "" ||
			r.Header.Get("Grpc-Message") != "back at noon" ||
			r.Header.Get("Retry-After") != "600" {
			t.Errorf("a gRPC call: %d %v %q", r.StatusCode, r.Header, body)
		}
	})
	testkit.Eventually(t, "the access log tells of the route", func() bool {
		return strings.Contains(f.Stdout(), `"route":"down","cluster":"","endpoint":"",`+
			`"status":503,"code":""`)
	})
}

// The file of an answer is a part of the configuration: what it holds now is what clients get.
func TestAFileIsReadAnew(t *testing.T) {
	t.Parallel()
	f := start(t, answers, map[string]string{"page.html": "one", "large.bin": ""})
	ask := func() (string, string) {
		r := testkit.Dial(t, f.Addr("plain")).Exchange(t, "GET",
			"GET / HTTP/1.1\r\nHost: b.test\r\n\r\n")
		return string(r.Body), r.Fields.Get("ETag")
	}
	body, tag := ask()
	if body != "one" {
		t.Fatalf("got %q", body)
	}
	if err := testkit.Replace(filepath.Join(f.dir, "page.html"), "two"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the new content", func() bool {
		body, next := ask()
		return body == "two" && next != tag
	})
	if err := os.Remove(filepath.Join(f.dir, "page.html")); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the log tells that the file is gone", func() bool {
		return strings.Contains(f.Stderr(), "page.html")
	})
	if body, _ := ask(); body != "two" {
		t.Errorf("without the file: %q", body)
	}
}

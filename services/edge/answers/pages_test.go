package answers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const page = "<style>p{color:red}</style><script>`${status}`</script>" +
	"<p>{status} {reason} {code} {message} {request.id} {no.such}</p>"

const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// pages is the configuration of a front with pages, whose routes lead to an endpoint.
func pages(endpoint string) string {
	c := configuration(`
clusters:
  - {name: c, endpoints: [{address: "` + endpoint + `"}]}
  - {name: nobody, endpoints: [{address: "127.0.0.1:1"}]}
routes:
  - {name: theirs, hosts: [a.test], cluster: c, headers: {response: {set: {X-Edited: "yes"}}},
     error_pages: [{on: ["404", 5xx], from: both, file: page.html}]}
  - {name: dead, hosts: [b.test], cluster: nobody,
     error_pages: [{on: [5xx], file: page.html}]}
  - {name: own, hosts: [c.test], cluster: c, max_body_bytes: 1}
  - {name: fixed, hosts: [d.test], respond: {status: 503, body: as told},
     error_pages: [{on: [5xx], from: both, file: page.html}]}
  - {name: get, hosts: [e.test], methods: [GET], cluster: c}
`)
	for _, l := range []string{"plain", "tls"} {
		c = strings.Replace(c, "{name: "+l+",",
			"{name: "+l+", error_pages: [{on: [4xx], file: listener.html}],", 1)
	}
	return c
}

// failing is an endpoint whose answer has the status of the request's path.
func failing(c *testkit.Conn) {
	for {
		r, err := c.Request()
		if err != nil {
			return
		}
		status := strings.Trim(r.Target, "/")
		body := "their body"
		if r.Method == "HEAD" {
			body = ""
		}
		if c.Send("HTTP/1.1 "+status+" Whatever\r\nContent-Type: text/plain\r\nETag: \"x\"\r\n"+
			"Content-Encoding: x\r\nSet-Cookie: a=b\r\nContent-Length: 10\r\n\r\n"+body) != nil {
			return
		}
	}
}

func startPages(t *testing.T) *front {
	t.Helper()
	u := testkit.NewUpstream(t, failing)
	return startWith(t, pages(u.Addr()), map[string]string{
		"page.html": page, "listener.html": "listener {status} {code}: {message}",
	})
}

func TestPeopleGetPages(t *testing.T) {
	t.Parallel()
	f := startPages(t)
	f.each(t, func(t *testing.T, c *asker) {
		const start = "<style>p{color:red}</style><script>`${status}`</script><p>"
		for _, tc := range []struct {
			method, host, target, body string
			status                     int
		}{
			{"GET", "a.test", "/404", start + "404 Not Found   ID {no.such}</p>", 404},
			{"GET", "a.test", "/503", start + "503 Service Unavailable   ID {no.such}</p>", 503},
			{"HEAD", "a.test", "/503", start + "503 Service Unavailable   ID {no.such}</p>", 503},
			{"GET", "a.test", "/403", "their body", 403},
			{"GET", "a.test", "/200", "their body", 200},
			{"GET", "b.test", "/", start + "502 Bad Gateway GW_UPSTREAM_CONNECT " +
				"the endpoint could not be reached ID {no.such}</p>", 502},
			{"HEAD", "b.test", "/", start + "502 Bad Gateway GW_UPSTREAM_CONNECT " +
				"the endpoint could not be reached ID {no.such}</p>", 502},
			{"GET", "d.test", "/", "as told", 503}, {"GET", "c.test", "/404", "their body", 404},
			{"GET", "x.test", "/", "listener 404 GW_NO_ROUTE: no route is for this host", 404},
			{"PUT", "e.test", "/", "listener 405 GW_METHOD_NOT_ALLOWED: no route of this path is " +
				"for this method", 405},
		} {
			r, body := c.ask(t, tc.method, tc.target, "Host: "+tc.host, browser)
			want := strings.ReplaceAll(tc.body, "ID", r.Header.Get("X-Request-Id"))
			length := fmt.Sprint(len(want))
			if tc.method == "HEAD" {
				want = ""
			}
			if r.StatusCode != tc.status || body != want ||
				r.Header.Get("Content-Length") != length {
				t.Errorf("%s %s%s: %d %v %q", tc.method, tc.host, tc.target, r.StatusCode, r.Header,
					body)
			}
			dressed := strings.Contains(tc.body, "listener") || strings.Contains(tc.body, start)
			if dressed != (r.Header.Get("Content-Type") == "text/html; charset=utf-8") ||
				dressed != (r.Header.Get("Vary") == "Accept") {
				t.Errorf("%s %s%s: %v", tc.method, tc.host, tc.target, r.Header)
			}
			if dressed && tc.host == "a.test" && (r.Header.Get("ETag") != "" ||
				r.Header.Get("Content-Encoding") != "" || r.Header.Get("Set-Cookie") != "a=b" ||
				r.Header.Get("X-Edited") != "yes") {
				t.Errorf("%s %s%s: %v", tc.method, tc.host, tc.target, r.Header)
			}
			if tc.status == 405 && r.Header.Get("Allow") == "" {
				t.Errorf("405 without Allow: %v", r.Header)
			}
		}
		for _, accept := range []string{"Accept: */*", "Accept: application/json", "X-None: a",
			"Accept: text/html;q=0", "Accept: text/html;q=0.5, application/json"} {
			r, body := c.ask(t, "GET", "/", "Host: b.test", accept)
			if r.StatusCode != 502 || r.Header.Get("Content-Type") != "application/json" ||
				r.Header.Get("Vary") != "Accept" || !strings.Contains(body, "GW_UPSTREAM_CONNECT") {
				t.Errorf("%s: %d %v %q", accept, r.StatusCode, r.Header, body)
			}
			r, body = c.ask(t, "GET", "/503", "Host: a.test", accept)
			if r.StatusCode != 503 || body != "their body" || r.Header.Get("Vary") != "Accept" {
				t.Errorf("%s: %d %v %q", accept, r.StatusCode, r.Header, body)
			}
		}
	})
}

// A call of gRPC has its own errors, also where it says that it takes HTML.
func TestGRPCStaysGRPC(t *testing.T) {
	t.Parallel()
	f := startPages(t)
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/2")
	r, body := (&asker{c, base, false}).ask(t, "POST", "/x.Y/Z", "Host: x.test", browser,
		"Content-Type: application/grpc", "TE: trailers")
	if r.StatusCode != 200 || r.Header.Get("Grpc-Status") == "" || body != "" ||
		r.Header.Get("Content-Type") != "application/grpc" {
		t.Errorf("%d %v %q", r.StatusCode, r.Header, body)
	}
}

// Whatever a client writes, none of it comes back as HTML.
func TestNothingOfARequestIsReflected(t *testing.T) {
	t.Parallel()
	f := startPages(t)
	const evil = "<script>alert(1)</script>"
	for _, head := range []string{
		"GET /" + evil + "?" + evil + " HTTP/1.1\r\nHost: x.test\r\n",
		"GET / HTTP/1.1\r\nHost: x.test\r\nX-Request-Id: " + evil + "\r\n",
		"GET / HTTP/1.1\r\nHost: x.test\r\nUser-Agent: " + evil + "\r\nReferer: " + evil + "\r\n",
		"GET / HTTP/1.1\r\nHost: x.test\r\nCookie: a=" + evil + "\r\n",
		"GET / HTTP/1.1\r\nHost: " + evil + "\r\n",
		evil + " / HTTP/1.1\r\nHost: e.test\r\n",
		"GET /503 HTTP/1.1\r\nHost: a.test\r\nX-A: " + evil + "\r\n",
		"GET / HTTP/1.1\r\nHost: a.test\r\nX{status}: " + evil + "\r\n",
		"GET /101 HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: " + evil + "\r\n",
	} {
		r := testkit.Dial(t, f.Addr("plain")).Exchange(t, "GET",
			head+browser+"\r\nConnection: close\r\n\r\n")
		if strings.Contains(string(r.Body), "alert") {
			t.Errorf("%q is answered with %d %q", head, r.Status, r.Body)
		}
	}
}

// A page is a part of the configuration: what its file holds now is what clients get. Errors are
// counted and logged as those they are.
func TestAPageIsReadAnew(t *testing.T) {
	t.Parallel()
	f := startPages(t)
	ask := func() string {
		return string(testkit.Dial(t, f.Addr("plain")).Exchange(t, "GET",
			"GET / HTTP/1.1\r\nHost: b.test\r\n"+browser+"\r\n\r\n").Body)
	}
	if body := ask(); !strings.Contains(body, "GW_UPSTREAM_CONNECT") {
		t.Fatalf("got %q", body)
	}
	file := filepath.Join(f.dir, "page.html")
	if err := testkit.Replace(file, "new {code}"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the new page", func() bool {
		return ask() == "new GW_UPSTREAM_CONNECT"
	})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the log tells that the file is gone", func() bool {
		return strings.Contains(f.Stderr(), "page.html")
	})
	if body := ask(); body != "new GW_UPSTREAM_CONNECT" {
		t.Errorf("without the file: %q", body)
	}
	testkit.Eventually(t, "the access log has the code", func() bool {
		return strings.Contains(f.Stdout(), `"status":502,"code":"GW_UPSTREAM_CONNECT"`)
	})
}

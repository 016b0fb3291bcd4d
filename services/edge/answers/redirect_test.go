package answers_test

import (
	"net"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const redirects = `
routes:
  - {name: to-https, hosts: [a.test], redirect: {scheme: https}}
  - {name: www, hosts: [b.test], redirect: {scheme: https, host: www.b.test, status: 308}}
  - {name: moved, hosts: [c.test], path_prefix: /old, redirect: {replace_prefix: /new, status: 301},
     headers: {response: {set: {Strict-Transport-Security: max-age=60}, remove: [X-Powered-By]}}}
  - {name: slash, hosts: [d.test], path: /docs, redirect: {path: /docs/, query: drop, status: 303}}
  - {name: port, hosts: [e.test], redirect: {port: 8443, status: 307}}
  - {name: six, hosts: ["::1"], redirect: {scheme: https}}
  - {name: plain-only, hosts: [f.test], listeners: [plain], redirect: {scheme: https}}
`

func TestClientsAreRedirected(t *testing.T) {
	t.Parallel()
	f := start(t, redirects, nil)
	f.each(t, func(t *testing.T, c *asker) {
		scheme, address, _ := strings.Cut(c.base, "://")
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			method, host, target string
			status               int
			want                 string
		}{
			{"GET", "a.test:81", "/x/y?a=b", 302, "https://a.test/x/y?a=b"},
			{"HEAD", "a.test", "/", 302, "https://a.test/"},
			{"POST", "a.test", "/a%2Fb;c", 302, "https://a.test/a%2Fb;c"},
			{"GET", "a.test", "//evil.test/..%2f", 302, "https://a.test/evil.test/..%2f"},
			{"GET", "b.test", "/x?y", 308, "https://www.b.test/x?y"},
			{"GET", "c.test", "/old/x?y", 301, scheme + "://c.test:" + port + "/new/x?y"},
			{"PUT", "d.test", "/docs?x", 303, scheme + "://d.test:" + port + "/docs/"},
			{"GET", "e.test:1", "/", 307, scheme + "://e.test:8443/"},
			{"GET", "[::1]:81", "/", 302, "https://[::1]/"},
		} {
			r, body := c.ask(t, tc.method, tc.target, "Host: "+tc.host)
			if got := r.Header.Get("Location"); r.StatusCode != tc.status || got != tc.want ||
				body != "" || r.Header.Get("Content-Length") != "0" ||
				r.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s at %s: %d %q, want %d %q; %v %q", tc.method, tc.target, tc.host,
					r.StatusCode, got, tc.status, tc.want, r.Header, body)
			}
			if sts := r.Header.Get("Strict-Transport-Security"); (tc.host == "c.test") !=
				(sts == "max-age=60") {
				t.Errorf("%s: Strict-Transport-Security is %q", tc.host, sts)
			}
		}
		want := map[bool]int{false: 302, true: 404}[c.tls]
		if r, _ := c.ask(t, "GET", "/", "Host: f.test"); r.StatusCode != want {
			t.Errorf("a route of the other listener: %d, want %d", r.StatusCode, want)
		}
	})
	testkit.Eventually(t, "the access log and the metrics name the route", func() bool {
		return strings.Contains(f.Stdout(),
			`"path":"/x","route":"www","cluster":"","endpoint":"","status":308,"code":""`) &&
			f.Metrics(t)[`gateway_requests_total{cluster="",code="308",listener="plain",`+
				`method="GET",route="www"}`] == 2
	})
}

// What a request has in odd places comes to no other host, and begins no other line.
func TestRedirectsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	f := start(t, `
routes: [{name: r, redirect: {scheme: https}}]
`, nil)
	for head, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: user@evil.test":    "",
		"GET / HTTP/1.1\r\nHost: a.test\\evil.test": "",
		"GET / HTTP/1.1\r\nHost: a.test/evil":       "",
		"GET /\\evil.test HTTP/1.1\r\nHost: a.test": "",
		"GET / HTTP/1.0":                                        "",
		"OPTIONS * HTTP/1.1\r\nHost: a.test":                    "https://a.test/",
		"GET //evil.test HTTP/1.1\r\nHost: a.test":              "https://a.test/evil.test",
		"GET /?\\\\evil HTTP/1.1\r\nHost: a.test":               "https://a.test/?%5C%5Cevil",
		"GET http://b.test:1/x HTTP/1.1\r\nHost: b.test:1":      "https://b.test/x",
		"GET /%0d%0aX:y HTTP/1.1\r\nHost: a.test":               "https://a.test/%0D%0AX:y",
		"GET /?%0d%0aX:y HTTP/1.1\r\nHost: a.test":              "https://a.test/?%0d%0aX:y",
		"GET /..//evil.test HTTP/1.1\r\nHost: a.test":           "https://a.test/evil.test",
		"GET /?\"<b> HTTP/1.1\r\nHost: a.test":                  "https://a.test/?%22%3Cb%3E",
		"GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Host: e": "https://a.test/",
	} {
		request := head + "\r\n\r\n"
		method, _, _ := strings.Cut(request, " ")
		r := testkit.Dial(t, f.Addr("plain")).Exchange(t, method, request)
		wantStatus := 302
		if want == "" {
			wantStatus = 400
		}
		if got := r.Fields.Get("Location"); r.Status != wantStatus || got != want {
			t.Errorf("%q: %d %q, want %d %q", request, r.Status, got, wantStatus, want)
		}
	}
}

// A connection goes on after a redirect, unless there is a body that nobody has read.
func TestAConnectionGoesOnAfterARedirect(t *testing.T) {
	t.Parallel()
	f := start(t, `
routes: [{name: r, redirect: {scheme: https, status: 308}}]
`, nil)
	c := testkit.Dial(t, f.Addr("plain"))
	for _, body := range []string{"", "hello", ""} {
		r := c.Exchange(t, "POST", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: "+
			map[bool]string{true: "0", false: "5"}[body == ""]+"\r\n\r\n"+body)
		if r.Status != 308 || r.Fields.Get("Connection") != "" {
			t.Errorf("%q: %d %v", body, r.Status, r.Fields)
		}
	}
	r := c.Exchange(t, "POST", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n"+
		"Expect: 100-continue\r\n\r\n")
	if r.Status != 308 || r.Fields.Get("Connection") != "close" {
		t.Errorf("with a body to come: %d %v", r.Status, r.Fields)
	}
}

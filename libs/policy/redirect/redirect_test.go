package redirect

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// made is the policy of a route with this redirect, whose defaults are filled in.
func made(t testing.TB, prefix string, to config.Redirect) *Policy {
	t.Helper()
	r := config.NewRoute("r", "")
	r.PathPrefix, r.Redirect = prefix, &to
	if to.Status == 0 {
		to.Status = config.DefaultRedirectStatus
	}
	p, err := New(&r)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

// asks is a request for a target, as policies see it.
func asks(t testing.TB, target, host, scheme string, port uint16) *policy.Request {
	t.Helper()
	head := new(http1.RequestHead)
	head.Reset(http1.Limits{})
	text := "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	if host == "" {
		text = "GET " + target + " HTTP/1.0\r\n\r\n"
	}
	if _, err := head.Parse([]byte(text)); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return &policy.Request{Head: head, Scheme: scheme, Port: port}
}

// location is where a request is sent, "" for an error.
func location(p *Policy, r *policy.Request) string {
	a := p.OnRequest(r)
	if a == noHost {
		return ""
	}
	line, _ := strings.CutPrefix(string(a.Lines), "Location: ")
	return strings.TrimSuffix(line, "\r\n")
}

// The rules of ports are those of HTTPRequestRedirectFilter, and the cases those of its
// conformance tests.
func TestPortsFollowTheScheme(t *testing.T) {
	for _, tc := range []struct {
		scheme string // that the client used
		came   uint16
		to     config.Redirect
		want   string
	}{
		{"http", 80, config.Redirect{}, "http://example.org"},
		{"http", 80, config.Redirect{Port: 80}, "http://example.org"},
		{"http", 80, config.Redirect{Port: 8080}, "http://example.org:8080"},
		{"http", 80, config.Redirect{Scheme: "https"}, "https://example.org"},
		{"http", 80, config.Redirect{Scheme: "https", Port: 443}, "https://example.org"},
		{"http", 80, config.Redirect{Scheme: "https", Port: 8443}, "https://example.org:8443"},
		{"http", 8080, config.Redirect{}, "http://example.org:8080"},
		{"http", 8080, config.Redirect{Port: 80}, "http://example.org"},
		{"http", 8080, config.Redirect{Scheme: "https"}, "https://example.org"},
		{"http", 8080, config.Redirect{Scheme: "http"}, "http://example.org"},
		{"https", 443, config.Redirect{}, "https://example.org"},
		{"https", 443, config.Redirect{Port: 443}, "https://example.org"},
		{"https", 443, config.Redirect{Port: 8443}, "https://example.org:8443"},
		{"https", 443, config.Redirect{Port: 80}, "https://example.org:80"},
		{"https", 443, config.Redirect{Scheme: "http"}, "http://example.org"},
		{"https", 443, config.Redirect{Scheme: "http", Port: 80}, "http://example.org"},
		{"https", 443, config.Redirect{Scheme: "http", Port: 8080}, "http://example.org:8080"},
		{"https", 8443, config.Redirect{}, "https://example.org:8443"},
		{"https", 80, config.Redirect{}, "https://example.org:80"},
		{"http", 443, config.Redirect{}, "http://example.org:443"},
		{"http", 0, config.Redirect{}, "http://example.org"},
	} {
		tc.to.Host = "example.org"
		p := made(t, "", tc.to)
		if got := location(p, asks(t, "/", "gateway.test:1234", tc.scheme, tc.came)); got !=
			tc.want+"/" {
			t.Errorf("%s at port %d, %+v: %s, want %s/", tc.scheme, tc.came, tc.to, got, tc.want)
		}
	}
}

// The table is that of HTTPPathModifier.
func TestPrefixesAreReplaced(t *testing.T) {
	for _, tc := range [][4]string{
		{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
		{"/foo", "/foo", "/xyz", "/xyz"},
		{"/foo/", "/foo", "/xyz", "/xyz/"},
		{"/foo/bar", "/foo", "/", "/bar"},
		{"/foo/", "/foo", "/", "/"},
		{"/foo", "/foo", "/", "/"},
		{"/foo?a=b", "/foo", "/", "/?a=b"},
		{"/a", "", "/v2", "/v2/a"},
		{"/foo//bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/b%2Fr", "/foo", "/xyz", "/xyz/b%2Fr"},
		{"/foo/a;b=c", "/foo", "/xyz", "/xyz/a;b=c"},
	} {
		p := made(t, tc[1], config.Redirect{ReplacePrefix: tc[2]})
		if got := location(p, asks(t, tc[0], "a.test", "http", 80)); got != "http://a.test"+tc[3] {
			t.Errorf("%s, %s for %s: %s, want %s", tc[0], tc[2], tc[1], got, tc[3])
		}
	}
}

func TestTheRestOfTheURL(t *testing.T) {
	for _, tc := range []struct {
		target, host string
		to           config.Redirect
		want         string
	}{
		{"/a?b=c", "a.test", config.Redirect{Path: "/x"}, "http://a.test/x?b=c"},
		{"/a?b=c", "a.test", config.Redirect{Path: "/x", Query: "drop"}, "http://a.test/x"},
		{"/a?", "a.test", config.Redirect{Path: "/x"}, "http://a.test/x?"},
		{"/a/b?c", "A.Test.:81", config.Redirect{Scheme: "https"}, "https://A.Test/a/b?c"},
		{"/", "[2001:db8::1]:81", config.Redirect{Scheme: "https"}, "https://[2001:db8::1]/"},
		{"/", "a.test", config.Redirect{Host: "2001:DB8:0::1"}, "http://[2001:db8::1]/"},
		{"/", "a.test", config.Redirect{Host: "[::1]", Port: 81}, "http://[::1]:81/"},
		{"/", "a.test", config.Redirect{Host: "Bücher.Test"}, "http://xn--bcher-kva.test/"},
		{"/", "", config.Redirect{Host: "b.test"}, "http://b.test/"},
		{"/", "", config.Redirect{Scheme: "https"}, ""},
		{"//evil.test/x", "a.test", config.Redirect{Scheme: "https"}, "https://a.test/evil.test/x"},
		{"/%5Cevil.test", "a.test", config.Redirect{Scheme: "https"},
			"https://a.test/%5Cevil.test"},
		{"/a?b=\\\\evil.test", "a.test", config.Redirect{Scheme: "https"},
			"https://a.test/a?b=%5C%5Cevil.test"},
		{"/a?b=\"<x>{y}|z^`", "a.test", config.Redirect{Scheme: "https"},
			"https://a.test/a?b=%22%3Cx%3E%7By%7D%7Cz%5E%60"},
		{"/a?b=%0d%0aX:y", "a.test", config.Redirect{Scheme: "https"},
			"https://a.test/a?b=%0d%0aX:y"},
		{"http://b.test:82/a", "a.test", config.Redirect{Scheme: "https"}, "https://b.test/a"},
	} {
		p := made(t, "", tc.to)
		if got := location(p, asks(t, tc.target, tc.host, "http", 80)); got != tc.want {
			t.Errorf("%s at %s, %+v: %s, want %s", tc.target, tc.host, tc.to, got, tc.want)
		}
	}
	// A route may have doubled slashes stay; behind a host they are no host.
	r := config.NewRoute("r", "")
	r.Redirect = &config.Redirect{Scheme: "https", Status: 302}
	r.PathNormalization.MergeSlashes = false
	p, err := New(&r)
	if err != nil {
		t.Fatal(err)
	}
	if got := location(p.(*Policy), asks(t, "//evil.test//", "a.test", "http", 80)); got !=
		"https://a.test//evil.test//" {
		t.Errorf("with doubled slashes: %s", got)
	}
}

func TestARouteWithoutARedirectHasNoPolicy(t *testing.T) {
	r := config.NewRoute("r", "c")
	if p, err := New(&r); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
}

func TestARedirectAllocatesNothing(t *testing.T) {
	p := made(t, "/old", config.Redirect{Scheme: "https", ReplacePrefix: "/new", Status: 308})
	r := asks(t, "/old/a/b?c=d", "a.test", "http", 80)
	p.OnRequest(r)
	if n := testing.AllocsPerRun(100, func() { p.OnRequest(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever a request is, its client goes to the host that the configuration or the request names,
// and the line is one line.
func FuzzLocation(f *testing.F) {
	for _, target := range []string{
		"/a?b", "//evil.test", "/\\evil.test", "/%0d%0a", "*", "/a?\\@evil.test", "/;@evil.test",
		"http://user@evil.test/", "/a#b", "/..//evil.test", "/%2f/evil.test",
	} {
		f.Add(target, "a.test:80", "")
		f.Add(target, "[::1]", "/")
		f.Add(target, "user@evil.test", "/x")
	}
	f.Fuzz(func(t *testing.T, target, host, prefix string) {
		head := new(http1.RequestHead)
		head.Reset(http1.Limits{})
		if _, err := head.Parse([]byte("GET " + target + " HTTP/1.1\r\nHost: " + host +
			"\r\n\r\n")); err != nil {
			return // it comes to no route
		}
		to := config.Redirect{Scheme: "https", Status: 302}
		if prefix == "/" || prefix == "/x" {
			to.ReplacePrefix = prefix
		}
		got := location(made(t, "", to), &policy.Request{Head: head, Scheme: "http", Port: 80})
		if got == "" {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Path[0] != '/' ||
			u.Fragment != "" {
			t.Fatalf("%q at %q: %q, %v", target, host, got, err)
		}
		if want, _, _ := strings.Cut(string(head.Authority), ":"); head.Authority[0] != '[' &&
			u.Host != strings.TrimSuffix(want, ".") && want != "." {
			t.Fatalf("%q at %q: %q is for %q", target, host, got, u.Host)
		}
		if !safe([]byte(got)) {
			t.Fatalf("%q at %q: %q", target, host, got)
		}
	})
}

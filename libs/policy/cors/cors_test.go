package cors

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func made(t testing.TB, c config.CORS, methods ...string) *Policy {
	t.Helper()
	p, err := New(&config.Route{CORS: &c, Methods: methods})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func asked(t testing.TB, method, lines string) *policy.Request {
	t.Helper()
	r := &policy.Request{Head: new(http1.RequestHead)}
	r.Head.Reset(http1.Limits{})
	if _, err := r.Head.Parse([]byte(method + " / HTTP/1.1\r\nHost: a\r\n" + lines +
		"\r\n")); err != nil {
		t.Fatal(err)
	}
	return r
}

func responded(t testing.TB, lines string) *policy.Response {
	t.Helper()
	h := &policy.Response{Head: new(http1.ResponseHead)}
	h.Head.Reset(http1.Limits{})
	if _, err := h.Head.Parse([]byte("HTTP/1.1 200 OK\r\n" + lines + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestARouteWithoutOriginsHasNoPolicy(t *testing.T) {
	if p, err := New(&config.Route{}); p != nil || err != nil {
		t.Errorf("it has %v, %v", p, err)
	}
	if _, err := New(&config.Route{CORS: &config.CORS{Origins: []string{"a.test"}}}); err == nil {
		t.Error("what is no origin is taken")
	}
}

func TestOrigins(t *testing.T) {
	listed := []string{
		"https://a.test", "HTTP://B.test:80", "http://c.test:8080", "https://*.d.test",
		"https://*.e.test:8443", "http://localhost:*", "null", "https://[::1]:8443",
		"app://*", "https://bücher.test",
	}
	o, err := newOrigins(listed)
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{
		"https://a.test": true, "https://a.test:443": false, "https://a.test:8443": false,
		"http://a.test": false, "https://x.a.test": false, "https://a.test.evil": false,
		"http://b.test": true, "http://c.test:8080": true, "http://c.test": false,
		"https://x.d.test": true, "https://x.y.d.test": true, "https://d.test": false,
		"https://.d.test": false, "https://evil/.d.test": false, "https://xd.test": false,
		"https://x.d.test:8443": false, "https://x@x.d.test": false, "https://x.d.test.": false,
		"https://x.e.test:8443": true, "https://x.e.test": false, "https://x.e.test:84430": false,
		"http://localhost": true, "http://localhost:3000": true, "http://localhost:x": false,
		"http://localhost:": false, "http://localhost:3000:1": false,
		"http://localhost.evil:1": false,
		"https://localhost:3000":  false, "null": true, "NULL": false, "": false, "*": false,
		"https://[::1]:8443": true, "https://[::1]": false, "app://x": true, "app://": false,
		"https://xn--bcher-kva.test": true,
	} {
		if o.has([]byte(origin)) != want {
			t.Errorf("%q: %t", origin, !want)
		}
	}
	o, err = newOrigins([]string{"http://*:*"})
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{
		"http://a": true, "http://a.b:1": true, "http://[::1]:80": true, "http://a/b": false,
		"http://": false, "https://a": false,
	} {
		if o.has([]byte(origin)) != want {
			t.Errorf("any host: %q: %t", origin, !want)
		}
	}
}

func FuzzOrigins(f *testing.F) {
	o, err := newOrigins([]string{"https://*.d.test", "http://localhost:*"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("https://x.d.test")
	f.Add("http://localhost:80")
	f.Fuzz(func(t *testing.T, origin string) {
		_, rest, _ := strings.Cut(origin, "://")
		if o.has([]byte(origin)) && strings.ContainsAny(rest, "/\r\n @?#,") {
			t.Fatalf("%q is an origin", origin)
		}
	})
}

func TestPreflightRequestsAreAnswered(t *testing.T) {
	const ask = "Access-Control-Request-Method: PUT\r\n" +
		"Access-Control-Request-Headers: x-a, authorization\r\n"
	for _, tc := range []struct {
		name    string
		c       config.CORS
		methods []string
		lines   string
		want    string
	}{
		{"listed", config.CORS{
			Origins: []string{"https://a.test"}, Methods: []string{"GET", "PUT"},
			Headers: []string{"X-A"}, Expose: []string{"X-B"}, Credentials: true,
			MaxAge: 10 * time.Minute,
		}, nil, "Origin: https://a.test\r\n" + ask, `Access-Control-Allow-Origin: https://a.test
Access-Control-Allow-Credentials: true
Access-Control-Expose-Headers: X-B
Access-Control-Allow-Methods: GET, PUT
Access-Control-Allow-Headers: X-A
Access-Control-Max-Age: 600
Vary: Origin
`},
		{"another origin", config.CORS{Origins: []string{"https://a.test"},
			Methods: []string{"PUT"}, Credentials: true}, nil,
			"Origin: https://b.test\r\n" + ask, "Vary: Origin\n"},
		{"two origins", config.CORS{Origins: []string{"https://a.test"}}, nil,
			"Origin: https://a.test\r\nOrigin: https://b.test\r\n" + ask, "Vary: Origin\n"},
		{"any origin, the methods of the route", config.CORS{Origins: []string{"*"}},
			[]string{"GET", "PATCH"}, "Origin: null\r\n" + ask, `Access-Control-Allow-Origin: *
Access-Control-Allow-Methods: GET, PATCH
Access-Control-Max-Age: 0
`},
		{"nothing said", config.CORS{Origins: []string{"*"}}, nil, "Origin: x\r\n" + ask,
			`Access-Control-Allow-Origin: *
Access-Control-Allow-Methods: GET, HEAD, POST
Access-Control-Max-Age: 0
`},
		{"what it asks for", config.CORS{Origins: []string{"https://*.test"}, Credentials: true,
			Methods: []string{"*"}, Headers: []string{"*"}}, nil,
			"Origin: https://a.test\r\n" + ask, `Access-Control-Allow-Origin: https://a.test
Access-Control-Allow-Credentials: true
Access-Control-Allow-Methods: PUT
Access-Control-Allow-Headers: x-a, authorization
Access-Control-Max-Age: 0
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
`},
		{"what is no list is not said again", config.CORS{Origins: []string{"*"},
			Headers: []string{"*"}}, nil, "Origin: https://a.test\r\n" +
			"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: a; <b>\r\n",
			`Access-Control-Allow-Origin: *
Access-Control-Allow-Methods: GET, HEAD, POST
Access-Control-Max-Age: 0
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
`},
	} {
		p := made(t, tc.c, tc.methods...)
		a := p.OnRequest(asked(t, "OPTIONS", tc.lines))
		if a == nil || a.Status != 204 || a.Code != 0 {
			t.Errorf("%s: %+v", tc.name, a)
			continue
		}
		if got := strings.ReplaceAll(string(a.Lines), "\r\n", "\n"); got != tc.want {
			t.Errorf("%s: it says\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
	p := made(t, config.CORS{Origins: []string{"*"}})
	for _, r := range []*policy.Request{
		asked(t, "OPTIONS", "Origin: https://a.test\r\n"), asked(t, "OPTIONS", ask),
		asked(t, "OPTIONS", "Origin: a\r\nAccess-Control-Request-Method: a b\r\n"),
		asked(t, "GET", "Origin: https://a.test\r\n"+ask),
	} {
		if a := p.OnRequest(r); a != nil {
			t.Errorf("what is no preflight request is answered: %s", a.Lines)
		}
	}
}

// What the endpoint says of origins is left out, and Vary is there once.
func TestResponsesSayWhoMayReadThem(t *testing.T) {
	const theirs = "Access-Control-Allow-Origin: *\r\naccess-control-max-age: 1\r\n"
	named := config.CORS{Origins: []string{"https://a.test"}, Expose: []string{"X-B"},
		Credentials: true}
	const granted = "Access-Control-Allow-Credentials: true\r\n" +
		"Access-Control-Allow-Origin: https://a.test\r\n" +
		"Access-Control-Expose-Headers: X-B\r\n"
	for _, tc := range []struct {
		name, request, response, want string
		c                             config.CORS
	}{
		{"allowed", "Origin: https://a.test\r\n", theirs, granted + "Vary: Origin\r\n", named},
		{"it varies already", "Origin: https://a.test\r\n", "Vary: accept,ORIGIN\r\n", granted,
			named},
		{"it varies by all", "Origin: https://a.test\r\n", "Vary: *\r\n", granted, named},
		{"not allowed", "Origin: https://b.test\r\n", theirs, "Vary: Origin\r\n", named},
		{"no origin", "", theirs + "Vary: Accept\r\n", "Vary: Origin\r\n", named},
		{"any", "", theirs, "Access-Control-Allow-Origin: *\r\n",
			config.CORS{Origins: []string{"*"}}},
	} {
		r, h := asked(t, "GET", tc.request), responded(t, tc.response)
		if made(t, tc.c).OnResponse(r, h) != nil {
			t.Errorf("%s: another response is given", tc.name)
		}
		if got := string(h.Edits.Append(nil, r)); got != tc.want {
			t.Errorf("%s: added is %q, want %q", tc.name, got, tc.want)
		}
		for _, name := range names {
			if !h.Edits.Drops([]byte(strings.ToUpper(name))) {
				t.Errorf("%s: the endpoint's %s goes on", tc.name, name)
			}
		}
	}
	preflight := asked(t, "OPTIONS", "Origin: a\r\nAccess-Control-Request-Method: PUT\r\n")
	if h := responded(t, ""); made(t, named).OnResponse(preflight, h) != nil || len(h.Edits) > 0 {
		t.Error("the answer to a preflight request is edited")
	}
}

func TestErrorsSayWhoMayReadThem(t *testing.T) {
	p := made(t, config.CORS{Origins: []string{"https://a.test"}, Credentials: true})
	a := &policy.Answer{Code: 1, Message: "no", Lines: []byte("Allow: GET\r\n")}
	for origin, want := range map[string]string{
		"https://a.test": "Allow: GET\r\nAccess-Control-Allow-Origin: https://a.test\r\n" +
			"Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n",
		"https://b.test": "Allow: GET\r\nVary: Origin\r\n",
	} {
		b := p.OnAnswer(asked(t, "GET", "Origin: "+origin+"\r\n"), a)
		if b.Code != a.Code || b.Message != a.Message || string(b.Lines) != want {
			t.Errorf("%s: %+v, %q", origin, b, b.Lines)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	p := made(t, config.CORS{Origins: []string{"https://a.test", "https://*.b.test"},
		Methods: []string{"*"}, Headers: []string{"*"}})
	get := asked(t, "GET", "Origin: https://x.b.test\r\n")
	pre := asked(t, "OPTIONS", "Origin: https://x.b.test\r\nAccess-Control-Request-Method: PUT\r\n")
	h := responded(t, "Vary: Accept\r\n")
	out := make([]byte, 0, 1024)
	pre.Room().Lines = make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		h.Edits = h.Edits[:0]
		p.OnRequest(get)
		p.OnResponse(get, h)
		out = h.Edits.Append(out[:0], get)
		p.OnRequest(pre)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

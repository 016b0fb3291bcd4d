package mirror_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A copy is the request that the endpoint itself gets, over all protocols of both sides.
func TestACopyIsLikeItsRequest(t *testing.T) {
	for protocol, keys := range map[string]string{
		"http1": "protocol: http1", "h2c": "protocol: h2c",
		"http1s": "security: {mode: tls, insecure_skip_verify: true}",
		"h2":     "protocol: h2, security: {mode: tls, insecure_skip_verify: true}",
	} {
		app, other := serve(t, "http1", nil), serve(t, protocol, nil)
		f := start(t, configuration(app.address, shadow(other.address, keys), `
path_prefix: /api
rewrite: {strip_prefix: true}
headers: {request: {set: {X-Set: "{client.address}"}, remove: [X-Gone]}}
cluster: app
mirror: {cluster: shadow}`))
		n := 0
		for _, client := range protocols {
			c, base := edgetest.ClientOf(t, f.authority, f.Process, client)
			for name, body := range map[string]io.Reader{
				"none": nil, "empty": strings.NewReader(""), "short": strings.NewReader("a=b"),
				"long":    strings.NewReader(strings.Repeat("0123456789", 5000)),
				"unknown": io.MultiReader(strings.NewReader("one, "), strings.NewReader("two")),
				"unknown and long": io.MultiReader(strings.NewReader(strings.Repeat("x", 30000)),
					strings.NewReader("end")),
			} {
				method := "POST"
				if body == nil {
					method = "GET"
				}
				_, said := ask(t, c, base, method, "/api/a%20b?q=1&q=2", body, "Host: shop.example",
					"X-Gone: 1", "X-Kept: 2", "Cookie: a=b")
				if said != "ok" {
					t.Errorf("%s, %s: the answer is %q", client, name, said)
				}
				n++
				want, got := app.wait(t, n)[n-1], other.wait(t, n)[n-1]
				if got.line != want.line || got.host != want.host || got.body != want.body ||
					got.host != "shop.example" || got.line != method+" /a%20b?q=1&q=2" {
					t.Errorf("%s, %s: the copy is %s %s with %d bytes, of %s %s with %d", client,
						name, got.line, got.host, len(got.body), want.line, want.host,
						len(want.body))
				}
				for field := range want.header {
					if a, b := want.header[field], got.header[field]; !slices.Equal(a, b) {
						t.Errorf("%s, %s: %s of the copy is %q, not %q", client, name, field, b, a)
					}
				}
				if len(got.header) != len(want.header) {
					t.Errorf("%s, %s: the copy has the fields %v, not %v", client, name,
						got.header, want.header)
				}
			}
		}
		f.idle(t)
		if got := f.sent(t, "2xx"); got != n || len(other.requests()) != n {
			t.Errorf("%d copies of %d requests came, %d are counted", len(other.requests()), n, got)
		}
	}
}

// A share is drawn by chance; none and all are exact.
func TestShares(t *testing.T) {
	app, other := serve(t, "http1", nil), serve(t, "http1", nil)
	route := "cluster: app\nmirror: {cluster: shadow, share: %s}"
	f := start(t, configuration(app.address, shadow(other.address), fmt.Sprintf(route, "0%")))
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/1.1")
	for range 100 {
		ask(t, c, base, "GET", "/", nil)
	}
	f.Change(t, configuration(app.address, shadow(other.address), fmt.Sprintf(route, "10%")))
	const n = 2000
	for range n {
		ask(t, c, base, "GET", "/", nil)
	}
	f.idle(t)
	// Five standard deviations to either side: once in a million runs it is outside.
	if got := len(other.requests()); got < n/10-67 || got > n/10+67 {
		t.Errorf("of %d requests %d were mirrored, and a tenth is to be", n, got)
	}
}

// A list of mirrors is several clusters, each with its own share.
func TestSeveralMirrors(t *testing.T) {
	app, one, two := serve(t, "http1", nil), serve(t, "http1", nil), serve(t, "http1", nil)
	f := start(t, configuration(app.address, shadow(one.address)+
		"\n- {name: other, endpoints: [{address: \""+two.address+"\"}]}",
		"cluster: app\nmirror: [{cluster: shadow}, {cluster: other, max_body_bytes: 4}]"))
	f.do(t, "HTTP/1.1", "POST", "/", "four")
	f.do(t, "HTTP/2", "POST", "/", "five5")
	if got := one.wait(t, 2); got[0].body != "four" || got[1].body != "five5" {
		t.Errorf("one got %v", got)
	}
	f.idle(t)
	if got := two.requests(); len(got) != 1 || got[0].body != "four" {
		t.Errorf("the other got %v", got)
	}
}

// A request is mirrored once, whatever becomes of it: one that is tried again, and one for a route
// that shares its requests. The cookies of the gateway's own are not for anybody else.
func TestOneCopyOfEachRequest(t *testing.T) {
	broken := serve(t, "http1", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	good, other := serve(t, "http1", nil), serve(t, "http1", nil)
	more := shadow(other.address) + fmt.Sprintf(`
- name: two
  sticky: {cookie: gw}
  endpoints: [{address: %q}, {address: %q}]`, broken.address, good.address)
	f := start(t, configuration(good.address, more, `
split: [{cluster: app, weight: 1}, {cluster: two, weight: 3}]
retry: {attempts: 3, on: ["503"], budget: 100%}
mirror: {cluster: shadow}`))
	cookie := ""
	const n = 40
	for i := range n {
		lines := []string{"Cookie: a=b"}
		if cookie != "" && i%2 == 0 {
			lines[0] += "; " + cookie
		}
		resp, _ := f.do(t, protocols[i%2], "PUT", "/", fmt.Sprint("body ", i), lines...)
		if c, _, ok := strings.Cut(resp.Header.Get("Set-Cookie"), ";"); ok {
			cookie = c
		}
	}
	if cookie == "" || len(broken.requests()) == 0 {
		t.Fatalf("there is no cookie (%q), or nothing was tried again", cookie)
	}
	f.idle(t)
	got := other.requests()
	if len(got) != n {
		t.Errorf("%d requests have %d copies", n, len(got))
	}
	bodies := map[string]bool{}
	for _, r := range got {
		bodies[r.body] = true
		if r.header.Get("Cookie") != "a=b" && strings.Contains(r.header.Get("Cookie"), "gw=") &&
			len(good.requests()) > 0 && hidden(good, r.body) {
			t.Errorf("the copy of %q has the cookie %q", r.body, r.header.Get("Cookie"))
		}
	}
	if len(bodies) != n {
		t.Errorf("%d bodies came of %d", len(bodies), n)
	}
}

// hidden reports whether an endpoint got the request with a body without the gateway's cookie.
func hidden(e *endpoint, body string) bool {
	return slices.ContainsFunc(e.requests(), func(r seen) bool {
		return r.body == body && !strings.Contains(r.header.Get("Cookie"), "gw=")
	})
}

// What opens a tunnel is not mirrored.
func TestUpgradesAreNotMirrored(t *testing.T) {
	app := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
				"Upgrade: websocket\r\n\r\n")
			_ = c.Echo()
		}
	})
	other := serve(t, "http1", nil)
	f := start(t, configuration(app.Addr(), shadow(other.address),
		"cluster: app\nmirror: {cluster: shadow}"))
	c := testkit.Dial(t, f.Addr("plain"))
	if err := c.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"\r\n"); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Head(); err != nil || r.Status != 101 {
		t.Fatalf("%v %v", r, err)
	}
	if err := c.Send("ping"); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Bytes(4); s != "ping" {
		t.Errorf("%q %v", s, err)
	}
	if f.dropped(t, "upgrade") != 1 || len(other.requests()) != 0 {
		t.Error("the upgrade was mirrored")
	}
}

// A gRPC call with one message is mirrored as one, with its trailer section compared.
func TestCallsAreMirrored(t *testing.T) {
	call := func(status string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Trailer", "grpc-status")
			_, _ = w.Write([]byte("\x00\x00\x00\x00\x02ok"))
			w.Header().Set("grpc-status", status)
		}
	}
	app, other := serve(t, "h2c", call("0")), serve(t, "h2c", call("14"))
	f := start(t, strings.Replace(configuration(app.address,
		shadow(other.address, "protocol: h2c"), `
cluster: app
mirror: {cluster: shadow, compare: {body: exact}}`), "{name: app,",
		"{name: app, protocol: h2c,", 1))
	const message = "\x00\x00\x00\x00\x03abc"
	resp, _ := f.do(t, "HTTP/2", "POST", "/a.B/C", message, "Content-Type: application/grpc",
		"TE: trailers", "Grpc-Timeout: 10S")
	if resp.Trailer.Get("grpc-status") != "0" {
		t.Errorf("the call itself has %v", resp.Trailer)
	}
	got := other.wait(t, 1)[0]
	if got.line != "POST /a.B/C" || got.body != message || got.header.Get("TE") != "trailers" ||
		got.header.Get("Grpc-Timeout") == "" {
		t.Errorf("the copy is %+v", got)
	}
	f.idle(t)
	if n := f.count(t, "differences_total", "part", "status"); n != 1 {
		t.Errorf("%d differences of the status", n)
	}
	if n := f.count(t, "differences_total", "part", "body"); n != 0 {
		t.Errorf("%d differences of the body", n)
	}
}

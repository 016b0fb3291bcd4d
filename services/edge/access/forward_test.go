package access_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// signIn is a server that knows one session, and sends all others to a page; /api gets 401.
func signIn(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case strings.Contains(r.Header.Get("Cookie"), "session=good"):
		w.Header().Set("X-Auth-User", "ana")
		w.Header().Set("X-Auth-Groups", "dev,ops")
		w.Header().Add("Set-Cookie", "session=good; Path=/")
		w.WriteHeader(202)
	case strings.HasPrefix(r.Header.Get("X-Forwarded-Uri"), "/api"):
		w.Header().Set("WWW-Authenticate", `Bearer realm="sso"`)
		http.Error(w, "sign in first", 401)
	default:
		w.Header().Set("Location", "https://id.test/start?rd="+r.Header.Get("X-Original-Url"))
		w.Header().Set("Set-Cookie", "csrf=1")
		w.WriteHeader(302)
	}
	return true
}

const forwarding = `{forward: [{name: sso, url: "http://%s/verify", pass: [Cookie],
  copy: [X-Auth-User, X-Auth-None], copy_to_client: [Set-Cookie], subject: X-Auth-User,
  roles: X-Auth-Groups, timeout: 10s}]}`

func TestAServerIsAskedAboutRequests(t *testing.T) {
	t.Parallel()
	a, sso := newApp(t, nil), newApp(t, signIn)
	f := start(t, configuration(a, `[
  {name: app, cluster: app, auth: {forward: sso}, cors: {origins: ["https://a.test"]},
   headers: {request: {set: {X-Name: "{auth.subject}/{auth.claim.X-Auth-User}"}}}},
  {name: ops, path_prefix: /ops, cluster: app, auth: {forward: sso, roles: [ops]}},
  {name: boss, path_prefix: /boss, cluster: app, auth: {forward: sso, roles: [boss]}}]`,
		fmt.Sprintf(forwarding, sso.address)), nil)
	f.each(t, func(t *testing.T, c *asker) {
		scheme, host, _ := strings.Cut(c.base, "://")
		r := c.is(t, 302, "/x?y=z", "X-Auth-User: forged")
		if got := r.Header.Get("Location"); got !=
			"https://id.test/start?rd="+scheme+"://"+host+"/x?y=z" {
			t.Errorf("the client is sent to %s", got)
		}
		if r.Header.Get("Set-Cookie") != "csrf=1" {
			t.Errorf("the client gets %v", r.Header)
		}
		s := sso.last(t)
		if s.method != "GET" || s.target != "/verify" ||
			s.header.Get("X-Forwarded-Method") != "GET" ||
			s.header.Get("X-Forwarded-Host") != host || s.header.Get("X-Auth-User") != "" {
			t.Errorf("the server is asked %s %s %v", s.method, s.target, s.header)
		}
		before := a.count()
		c.is(t, 302, "HEAD /")
		r, body := c.ask(t, "/api/x")
		if r.StatusCode != 401 || body != "sign in first\n" ||
			r.Header.Get("WWW-Authenticate") != `Bearer realm="sso"` {
			t.Errorf("%d %q %v", r.StatusCode, body, r.Header)
		}
		// A preflight request has no credentials, and is not asked about.
		asked := sso.count()
		c.is(t, 204, "OPTIONS /", "Origin: https://a.test", "Access-Control-Request-Method: GET")
		if sso.count() != asked || a.count() != before {
			t.Error("a preflight request is asked about, or a refused request reaches the app")
		}

		r = c.is(t, 200, "/x", "Cookie: session=good", "X-Auth-User: forged",
			"x-auth-user: forged", "X-Auth-None: forged")
		if got := r.Header.Values("Set-Cookie"); len(got) != 1 {
			t.Errorf("the client gets the cookies %q", got)
		}
		s = a.last(t)
		if got := s.header.Values("X-Auth-User"); len(got) != 1 || got[0] != "ana" ||
			s.header.Get("X-Name") != "ana/ana" || s.header.Get("X-Auth-None") != "" ||
			s.header.Get("X-Auth-Groups") != "" {
			t.Errorf("the app gets %v", s.header)
		}
		c.is(t, 200, "/ops", "Cookie: session=good")
		c.is(t, 403, "/boss", "Cookie: session=good")
	})
}

func TestBodiesAreNotSentToTheServer(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	a := newApp(t, func(w http.ResponseWriter, r *http.Request) bool {
		b, _ := io.ReadAll(r.Body)
		got <- string(b)
		return false
	})
	sso := newApp(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if b, _ := io.ReadAll(r.Body); len(b) > 0 || r.ContentLength != 0 {
			t.Errorf("the server gets the body %q", b)
		}
		return false
	})
	f := start(t, configuration(a, `[{name: app, cluster: app, auth: {forward: sso}}]`,
		fmt.Sprintf(forwarding, sso.address)), nil)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		c := f.client(t, protocol)
		r, err := c.client.Post(c.base+"/", "text/plain", strings.NewReader("a body"))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if b := <-got; r.StatusCode != 200 || b != "a body" {
			t.Errorf("%s: %d, the app gets %q", protocol, r.StatusCode, b)
		}
	}
}

func TestAnOutageOfTheServer(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[
  {name: strict, cluster: app, auth: {forward: strict}},
  {name: lax, path_prefix: /lax, cluster: app, auth: {forward: lax}},
  {name: roles, path_prefix: /roles, cluster: app, auth: {forward: lax, roles: [ops]}},
  {name: either, path_prefix: /either, cluster: app,
   auth: {any_of: [{basic: team}, {forward: strict}]}}]`,
		fmt.Sprintf(`{forward: [{name: strict, url: "http://%s/"},
  {name: lax, url: "http://%[1]s/", copy: [X-User], on_error: pass}],
  basic: [{name: team, file: users.htpasswd}]}`, edgetest.RefusedAddr(t))),
		map[string]string{"users.htpasswd": line(t, "ana", "secret")})
	f.each(t, func(t *testing.T, c *asker) {
		r, body := c.ask(t, "/", "Cookie: s=1")
		if r.StatusCode != 503 || !strings.Contains(body, "GW_AUTH_UNAVAILABLE") {
			t.Errorf("%d %s", r.StatusCode, body)
		}
		c.is(t, 200, "/lax", "X-User: forged")
		if got := a.last(t).header.Get("X-User"); got != "" {
			t.Errorf("the app gets the user %q", got)
		}
		c.is(t, 403, "/roles")
		c.is(t, 503, "/either")
		c.is(t, 503, "/either", basic("ana:wrong"))
		c.is(t, 200, "/either", basic("ana:secret"))
	})
}

func TestVerdictsAreRemembered(t *testing.T) {
	t.Parallel()
	a, sso := newApp(t, nil), newApp(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("X-Auth-User", r.Header.Get("Cookie"))
		return true
	})
	text := configuration(a, `[{name: app, cluster: app, auth: {forward: sso}}]`, fmt.Sprintf(
		`{forward: [{name: sso, url: "http://%s/", pass: [Cookie], copy: [X-Auth-User],
  cache: {key: [Cookie], ttl: 1h}}]}`, sso.address))
	f := start(t, text, nil)
	f.each(t, func(t *testing.T, c *asker) {
		before := sso.count()
		for range 3 {
			for _, who := range []string{"a", "b"} {
				c.is(t, 200, "/", "Cookie: "+who)
				if got := a.last(t).header.Get("X-Auth-User"); got != who {
					t.Errorf("%s is %s", who, got)
				}
			}
		}
		if n := sso.count() - before; n > 2 {
			t.Errorf("the server was asked %d times about two", n)
		}
		before = sso.count()
		c.is(t, 200, "/")
		c.is(t, 200, "/")
		if n := sso.count() - before; n != 2 {
			t.Errorf("the server was asked %d times about two without a cookie", n)
		}
	})
	// A reload of something else keeps what is remembered.
	before := sso.count()
	f.Change(t, strings.Replace(text, "name: app, cluster: app, auth",
		"name: app, cluster: app, max_body_bytes: 5, auth", 1))
	f.client(t, "HTTP/1.1").is(t, 200, "/", "Cookie: a")
	if n := sso.count() - before; n != 0 {
		t.Errorf("after a reload the server was asked %d times", n)
	}
}

// A tunnel is asked about before it is opened.
func TestAWebSocketIsAskedAbout(t *testing.T) {
	t.Parallel()
	a, sso := newApp(t, nil), newApp(t, signIn)
	f := start(t, configuration(a, `[{name: app, cluster: app, auth: {forward: sso}}]`,
		fmt.Sprintf(forwarding, sso.address)), nil)
	const upgrade = "GET /api/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n"
	c := testkit.Dial(t, f.Addr("plain"))
	if r := c.Exchange(t, "GET", upgrade); r.Status != 401 {
		t.Errorf("it is answered %d", r.Status)
	}
	if s := sso.last(t); s.header.Get("Upgrade") != "" || s.header.Get("Connection") != "" {
		t.Errorf("the server is asked to upgrade: %v", s.header)
	}
	if a.count() != 0 {
		t.Error("it reaches the app")
	}
}

package forward

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

func request(t testing.TB, first, lines string) *policy.Request {
	t.Helper()
	r := new(http1.RequestHead)
	r.Reset(http1.Limits{})
	if lines != "" {
		lines += "\r\n"
	}
	head := first + " HTTP/1.1\r\nHost: app.test\r\n" + lines + "\r\n"
	if _, err := r.Parse([]byte(head)); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	return &policy.Request{
		Head: r, ID: []byte("id"), Route: "route", Scheme: "https", Port: 8443,
		Client: netip.MustParseAddrPort("192.0.2.1:1"), Start: now,
		Deadline: now.Add(20 * time.Second),
	}
}

// A server answers as h says, and counts.
type server struct {
	*httptest.Server
	asked atomic.Int64
	last  atomic.Pointer[http.Request]
}

func serve(t *testing.T, h http.HandlerFunc) *server {
	t.Helper()
	s := new(server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.last.Store(r.Clone(r.Context()))
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// asking is an authenticator with the defaults, and what change does to them.
func asking(t *testing.T, url string, change func(*config.Forward)) *Authenticator {
	t.Helper()
	c := &config.Forward{
		Name: "sso", URL: url, Timeout: 10 * time.Second, OnError: config.ForwardRefuse,
		Pass: []string{"Cookie", "Authorization"},
	}
	if change != nil {
		change(c)
	}
	a, err := New(c, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func TestTheServerIsToldOfTheRequest(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	a := asking(t, s.URL+"/verify?x=1", nil)
	r := request(t, "POST /a%20b?c=d&e", "Cookie: s=1\r\ncookie: t=2\r\n"+
		"X-Forwarded-Uri: /forged\r\nX-Other: x\r\nX-Forwarded-For: 203.0.113.9\r\n"+
		"Content-Length: 5\r\nUser-Agent: ua")
	if o := a.Authenticate(r); o.Verdict != auth.Accepted {
		t.Fatalf("%+v", o)
	}
	got := s.last.Load()
	want := http.Header{
		"Cookie": {"s=1; t=2"}, "X-Forwarded-Method": {"POST"}, "X-Forwarded-Proto": {"https"},
		"X-Forwarded-Host": {"app.test"}, "X-Forwarded-Uri": {"/a%20b?c=d&e"},
		"X-Forwarded-Port": {"8443"}, "X-Forwarded-For": {"192.0.2.1"},
		"X-Original-Method": {"POST"}, "X-Original-Url": {"https://app.test/a%20b?c=d&e"},
		"X-Request-Id": {"id"}, "X-Original-Uri": {"/a%20b?c=d&e"},
	}
	if got.Method != "GET" || got.RequestURI != "/verify?x=1" || got.ContentLength != 0 {
		t.Errorf("it is asked %s %s with %d bytes", got.Method, got.RequestURI, got.ContentLength)
	}
	if fmt.Sprint(got.Header) != fmt.Sprint(want) {
		t.Errorf("it gets\n%v\nwant\n%v", got.Header, want)
	}
	r.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	a.Authenticate(r)
	if got := s.last.Load().Header.Get("X-Forwarded-For"); got != "203.0.113.9, 192.0.2.1" {
		t.Errorf("behind a trusted proxy the chain is %s", got)
	}
}

func TestAnswers(t *testing.T) {
	long := strings.Repeat("x", mostBody+1)
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		verdict auth.Verdict
		code    gwerr.Code
		status  int
		body    string
		lines   []string // in the answer
	}{
		"200": {answer: func(http.ResponseWriter, *http.Request) {}, verdict: auth.Accepted},
		"202": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) },
			verdict: auth.Accepted},
		"401": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="x"`)
			w.Header().Add("Set-Cookie", "a=b")
			w.Header().Add("Set-Cookie", "c=d")
			w.Header().Set("Connection", "X-Hop")
			w.Header().Set("X-Hop", "x")
			http.Error(w, "sign in", 401)
		}, verdict: auth.Refused, code: gwerr.Unauthenticated, status: 401, body: "sign in\n",
			lines: []string{"WWW-Authenticate: Bearer realm=\"x\"\r\n",
				"Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n"}},
		"403": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
			verdict: auth.Refused, code: gwerr.Forbidden, status: 403},
		"302": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/oauth2/start?rd=%2F")
			w.WriteHeader(302)
		}, verdict: auth.Refused, status: 302,
			lines: []string{"Location: /oauth2/start?rd=%2F\r\n"}},
		"418": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) },
			verdict: auth.Refused, status: 418},
		"429": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
			verdict: auth.Refused, code: gwerr.RateLimited, status: 429},
		"a long body is left out": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			_, _ = w.Write([]byte(long))
		}, verdict: auth.Refused, code: gwerr.Forbidden, status: 403},
		"500": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
			verdict: auth.Unavailable},
		"304": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
			verdict: auth.Unavailable},
		"a large head": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 2*mostHead))
		}, verdict: auth.Unavailable},
		"no answer": {answer: func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, verdict: auth.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.answer)
			o := asking(t, s.URL, nil).Authenticate(request(t, "GET /", ""))
			if o.Verdict != c.verdict || (o.Rule == "") != (c.verdict == auth.Accepted) {
				t.Fatalf("%+v", o)
			}
			if c.verdict != auth.Refused {
				return
			}
			if o.Answer.Code != c.code || o.Answer.Status != c.status ||
				string(o.Answer.Body) != c.body {
				t.Errorf("the client gets %+v %q", o.Answer, o.Answer.Body)
			}
			for _, want := range c.lines {
				if !strings.Contains(string(o.Answer.Lines), want) {
					t.Errorf("the client gets the lines %q, without %q", o.Answer.Lines, want)
				}
			}
			for _, bad := range []string{"X-Hop", "\nContent-", "Date", "Connection"} {
				if strings.Contains(string(o.Answer.Lines), bad) {
					t.Errorf("the client gets the lines %q", o.Answer.Lines)
				}
			}
		})
	}
}

func TestAGRPCCallGetsACode(t *testing.T) {
	for status, code := range map[int]gwerr.Code{
		302: gwerr.Unauthenticated, 401: gwerr.Unauthenticated, 403: gwerr.Forbidden,
		404: gwerr.Forbidden,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		r := request(t, "POST /a.B/C", "")
		r.Call = new(policy.Call)
		if o := asking(t, s.URL, nil).Authenticate(r); o.Answer == nil || o.Answer.Code != code {
			t.Errorf("%d: %+v", status, o.Answer)
		}
	}
}

func TestFieldsOfTheAnswerAreCopied(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") == "" {
			return
		}
		w.Header().Set("X-User", "ana")
		w.Header()["X-Groups"] = []string{"dev", "ops, all"}
		w.Header().Set("X-Scope", "read write")
		w.Header().Set("X-Not", "no")
		w.Header().Add("Set-Cookie", "s=2")
	})
	a := asking(t, s.URL, func(c *config.Forward) {
		c.Copy = []string{"X-User", "X-Groups", "X-None"}
		c.Subject, c.Roles, c.Scopes = "X-User", "X-Groups", "X-Scope"
		c.ToClient = []string{"Set-Cookie"}
	})
	for _, forged := range []string{"x-user", "X_User", "X-GROUPS", "x_none"} {
		if !a.Takes().Drops([]byte(forged)) {
			t.Errorf("the endpoint gets the client's %s", forged)
		}
	}
	o := a.Authenticate(request(t, "GET /", "Cookie: s=1"))
	want := "X-Groups: dev, ops, all\r\nX-User: ana\r\n"
	if got := string(o.Edits.Append(nil, nil)); got != want {
		t.Errorf("the endpoint gets %q", got)
	}
	if got := string(o.Reply.Append(nil, nil)); got != "Set-Cookie: s=2\r\n" {
		t.Errorf("the client gets %q", got)
	}
	id := o.Identity
	if id.Subject != "ana" || fmt.Sprint(id.Roles, id.Scopes) != "[dev ops all] [read write]" ||
		string(id.Claims.AppendClaim(nil, "x-user")) != "ana" {
		t.Errorf("the identity is %+v", id)
	}
	o = a.Authenticate(request(t, "GET /", ""))
	if o.Verdict != auth.Accepted || o.Edits != nil || o.Reply != nil || o.Identity.Subject != "" {
		t.Errorf("without fields: %+v", o)
	}
}

// A server that says little, or slowly, or very much, holds nobody up.
func TestServersThatDoNotEnd(t *testing.T) {
	slow := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte("x")); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
		}
	}
	endless := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			block := make([]byte, 64<<10)
			for {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}
	}
	silent := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		verdict auth.Verdict
	}{
		"slow 200": {slow(200), auth.Accepted}, "slow 403": {slow(403), auth.Refused},
		"endless 200": {endless(200), auth.Accepted}, "endless 403": {endless(403), auth.Refused},
		"silent": {silent, auth.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.answer)
			a := asking(t, s.URL, func(c *config.Forward) { c.Timeout = time.Second })
			if o := a.Authenticate(request(t, "GET /", "")); o.Verdict != c.verdict {
				t.Errorf("%+v", o)
			}
			s.CloseClientConnections()
		})
	}
}

func TestOutages(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, url := range []string{s.URL, gone.URL} {
		for on, want := range map[string]auth.Verdict{
			config.ForwardRefuse: auth.Unavailable, config.ForwardPass: auth.Accepted,
		} {
			a := asking(t, url, func(c *config.Forward) {
				c.OnError, c.Copy = on, []string{"X-User"}
			})
			o := a.Authenticate(request(t, "GET /", "X-User: forged"))
			if o.Verdict != want || o.Edits != nil {
				t.Errorf("%s, %s: %+v", url, on, o)
			}
			if want == auth.Accepted && (o.Identity == nil || len(o.Identity.Scopes) > 0) {
				t.Errorf("%+v", o.Identity)
			}
		}
	}
	// The gateway's own bound is no outage: a flood must not open the door.
	a := asking(t, s.URL, func(c *config.Forward) {
		c.OnError, c.Timeout = config.ForwardPass, 20*time.Millisecond
	})
	for range mostAsked {
		a.slots <- struct{}{}
	}
	if o := a.Authenticate(request(t, "GET /", "")); o.Verdict != auth.Unavailable {
		t.Errorf("with all slots taken: %+v", o)
	}
}

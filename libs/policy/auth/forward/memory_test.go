package forward

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// remembering is an authenticator that remembers by cookies.
func remembering(t *testing.T, url string, key ...string) *Authenticator {
	t.Helper()
	return asking(t, url, func(c *config.Forward) {
		c.Cache = &config.ForwardCache{Key: key, TTL: time.Minute}
		c.Copy = []string{"X-User"}
	})
}

func TestVerdictsAreRemembered(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-User", r.Header.Get("Cookie")+r.Header.Get("Authorization"))
		if r.Header.Get("Cookie") == "bad" {
			w.WriteHeader(403)
		}
	})
	a := remembering(t, s.URL, "Cookie")
	for _, c := range []struct {
		first, lines string
		asked        int64 // in all
	}{
		{"GET /", "Cookie: a", 1},
		{"GET /other", "Cookie: a\r\nX-Any: x", 1},
		{"GET /", "Cookie: b", 2},
		{"GET /", "Cookie: a", 2},
		{"POST /", "Cookie: a", 3},
		{"GET /", "Cookie: a\r\nAuthorization: x", 4}, // another client, who has the cookie too
		{"GET /", "Cookie: a\r\nAuthorization: y", 5},
		{"GET /", "", 6},
		{"GET /", "", 7},
		{"GET /", "Authorization: x", 8},
		{"GET /", "Authorization: x", 9},
		{"GET /", "Cookie: bad", 10},
		{"GET /", "Cookie: bad", 10},
		{"GET /", "Cookie: a\r\nCookie: b", 11},
		{"GET /", "Cookie: a; b", 12},
	} {
		o := a.Authenticate(request(t, c.first, c.lines))
		if s.asked.Load() != c.asked {
			t.Fatalf("%s %q: asked %d times, want %d", c.first, c.lines, s.asked.Load(), c.asked)
		}
		if (o.Verdict == auth.Refused) != strings.Contains(c.lines, "bad") {
			t.Errorf("%s %q: %+v", c.first, c.lines, o)
		}
	}
	for _, change := range []func(*policy.Request){
		func(r *policy.Request) { r.Route = "admin" },
		func(r *policy.Request) { r.Head.Authority = []byte("admin.test") },
		func(r *policy.Request) { r.Scheme = "http" },
	} {
		before := s.asked.Load()
		r := request(t, "GET /", "Cookie: a")
		change(r)
		if a.Authenticate(r); s.asked.Load() != before+1 {
			t.Error("a verdict counts for something else")
		}
	}
	r := request(t, "GET /", "Cookie: a")
	if n := testing.AllocsPerRun(100, func() { a.Authenticate(r) }); n > 0 {
		t.Errorf("%v allocations for what is remembered", n)
	}
}

func TestOneCookieCanBeTheKey(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	a := remembering(t, s.URL, "cookie:s", config.ForwardByPath)
	a.memory.path = false // the path alone would be a key
	for _, c := range []struct {
		cookie string
		asked  int64
	}{{"s=1; x=1", 1}, {"x=2; s=1", 1}, {"s=2", 2}, {"s=1; s=2", 3}, {"x=1", 4}, {"x=1", 5}} {
		a.Authenticate(request(t, "GET /", "Cookie: "+c.cookie))
		if s.asked.Load() != c.asked {
			t.Errorf("%s: asked %d times, want %d", c.cookie, s.asked.Load(), c.asked)
		}
	}
}

func TestTheAnswerSaysForHowLong(t *testing.T) {
	now := time.Now().UTC()
	for name, c := range map[string]struct {
		header http.Header
		status int
		want   bool
	}{
		"nothing":     {http.Header{}, 200, true},
		"max-age":     {http.Header{"Cache-Control": {"max-age=60"}}, 200, true},
		"max-age=0":   {http.Header{"Cache-Control": {"max-age=0"}}, 200, false},
		"no-store":    {http.Header{"Cache-Control": {"max-age=60, No-Store"}}, 200, false},
		"second line": {http.Header{"Cache-Control": {"max-age=60", "no-cache"}}, 200, false},
		"private":     {http.Header{"Cache-Control": {"private"}}, 200, false},
		"s-maxage":    {http.Header{"Cache-Control": {"max-age=60, s-maxage=0"}}, 200, false},
		"nonsense":    {http.Header{"Cache-Control": {"max-age=soon"}}, 200, false},
		"aged": {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"60"}}, 200,
			false},
		"Expires":           {http.Header{"Expires": {"0"}}, 200, false},
		"Set-Cookie":        {http.Header{"Set-Cookie": {"a=b"}}, 200, false},
		"Vary: *":           {http.Header{"Vary": {"*"}}, 200, false},
		"Vary, in the key":  {http.Header{"Vary": {"Cookie, Accept-Encoding"}}, 200, true},
		"Vary, of the path": {http.Header{"Vary": {"X-Forwarded-Uri"}}, 200, false},
		"a refusal":         {http.Header{}, 403, true},
		"a redirect":        {http.Header{}, 302, false},
		"an outage":         {http.Header{}, 503, false},
		"later": {http.Header{"Expires": {now.Add(time.Minute).Format(http.TimeFormat)}},
			200, true},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range c.header {
				w.Header()[k] = v
			}
			w.WriteHeader(c.status)
		})
		a := remembering(t, s.URL, "Cookie")
		a.Authenticate(request(t, "GET /", "Cookie: a"))
		a.Authenticate(request(t, "GET /", "Cookie: a"))
		if got := s.asked.Load() == 1; got != c.want {
			t.Errorf("%s: remembered %v", name, got)
		}
	}
}

func TestRequestsWithOneKeyAreAskedAboutOnce(t *testing.T) {
	come := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-come })
	a := remembering(t, s.URL, "Cookie")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if o := a.Authenticate(request(t, "GET /", "Cookie: a")); o.Verdict != auth.Accepted {
				t.Errorf("%+v", o)
			}
		})
	}
	close(come)
	all.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	m := newMemory(&config.ForwardCache{Key: []string{"Cookie"}, TTL: time.Minute}, nil)
	for i := range 10_000 {
		v := &verdict{size: 10_000, keep: forever}
		m.add(&key{byte(i), byte(i >> 8)}, v)
	}
	if n := (len(m.fresh) + len(m.old)) * 10_000; n > mostRemembered {
		t.Errorf("%d bytes are remembered", n)
	}
	m.add(&key{1, 2, 3}, &verdict{keep: time.Second})
	if m.find(&key{1, 2, 3}, time.Now().Add(time.Second)) != nil {
		t.Error("what is over is still there")
	}
}

func TestAReloadKeepsWhatIsRemembered(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	a := remembering(t, s.URL, "Cookie")
	a.Authenticate(request(t, "GET /", "Cookie: a"))
	for _, c := range []struct {
		change func(*config.Forward)
		asked  int64
	}{
		{func(*config.Forward) {}, 1},
		{func(c *config.Forward) { c.OnError = config.ForwardPass }, 1},
		{func(c *config.Forward) { c.Copy = nil }, 2},
		{func(c *config.Forward) { c.URL += "/other" }, 3},
	} {
		changed := a.config
		c.change(&changed)
		b, err := New(&changed, nil, a)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		b.Authenticate(request(t, "GET /", "Cookie: a"))
		if s.asked.Load() != c.asked {
			t.Errorf("asked %d times, want %d", s.asked.Load(), c.asked)
		}
	}
}

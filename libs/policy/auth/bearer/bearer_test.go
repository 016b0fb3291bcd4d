package bearer

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/introspect"
	"github.com/gatewayhomebrew/gateway/libs/jwks"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// key signs the tokens of the tests.
var key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func token(claims string) string {
	text := b64([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + b64([]byte(claims))
	return text + "." + b64(ed25519.Sign(key, []byte(text)))
}

// now is when requests come.
var now = time.Unix(1_700_000_000, 0)

// good are claims that pass, with more members.
func good(more string) string {
	return `{"iss":"https://id.test","aud":"gateway","sub":"alice","exp":1700000060` + more + `}`
}

// entry is one of auth.jwt, as a file that says little has it.
func newConfig(change func(*config.JWT)) *config.JWT {
	c := &config.JWT{
		Name: "main", Issuer: "https://id.test", Audiences: []string{"gateway"},
		Algorithms: []string{"EdDSA"}, Types: []string{"JWT", config.NoType},
		Leeway: time.Second, Require: []string{"exp"}, From: []string{"header:Authorization"},
		Roles: []string{"roles", "realm_access.roles"},
	}
	if change != nil {
		change(c)
	}
	return c
}

func keys(t testing.TB) *jwks.Source {
	t.Helper()
	public := key.Public().(ed25519.PublicKey)
	s, err := jwks.NewStore().Source(jwks.Place{Name: "main", File: fmt.Appendf(nil,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":%q}]}`, b64(public))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func request(t testing.TB, query, lines string) *policy.Request {
	t.Helper()
	var head http1.RequestHead
	head.Reset(http1.Limits{HeadBytes: 4 << 20, RequestLine: 4 << 20})
	if _, err := head.Parse([]byte(
		"GET /" + query + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return &policy.Request{Head: &head, Start: now, Deadline: time.Now().Add(testkit.Deadline)}
}

func TestTokens(t *testing.T) {
	b := New(newConfig(nil), Sources{Keys: keys(t)})
	for name, tc := range map[string]struct {
		field string
		want  auth.Verdict
		rule  string
	}{
		"none":          {"", auth.Absent, ""},
		"another":       {"Authorization: Basic YTpi\r\n", auth.Absent, ""},
		"good":          {"Authorization: Bearer " + token(good("")) + "\r\n", auth.Accepted, ""},
		"small letters": {"authorization: bearer   " + token(good("")) + "\r\n", auth.Accepted, ""},
		"expired": {
			"Authorization: Bearer " + token(strings.Replace(good(""), "060", "000", 1)) + "\r\n",
			auth.Accepted, "",
		},
		"over": {
			"Authorization: Bearer " + token(strings.Replace(good(""), "17", "16", 1)) + "\r\n",
			auth.Refused, "auth.jwt main: the token has expired (exp)",
		},
		"empty": {"Authorization: Bearer\r\n", auth.Refused, "auth.jwt main: " + errForm.Error()},
		"opaque": {"Authorization: Bearer abc\r\n", auth.Refused, "auth.jwt main: " +
			jwt.ErrForm.Error()},
		"two words": {
			"Authorization: Bearer a b\r\n", auth.Refused, "auth.jwt main: " + errForm.Error(),
		},
		"a megabyte": {
			"Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n", auth.Refused,
			"auth.jwt main: " + jwt.ErrTooLong.Error(),
		},
		"quoted": {
			"Authorization: Bearer \"" + token(good("")) + "\"\r\n", auth.Refused,
			"auth.jwt main: " + errForm.Error(),
		},
		"none behind a good one": {
			"Authorization: Bearer " + token(good("")) + "\r\nAuthorization: x\r\n", auth.Refused,
			"auth.jwt main: the request has a token in more than one place",
		},
	} {
		for range 2 { // the second time from what is remembered
			o := b.Authenticate(request(t, "", tc.field))
			if o.Verdict != tc.want || o.Rule != tc.rule ||
				(o.Identity != nil) != (tc.want == auth.Accepted) {
				t.Errorf("%s: %+v", name, o)
			}
		}
	}
}

func TestIdentities(t *testing.T) {
	b := New(newConfig(nil), Sources{Keys: keys(t)})
	o := b.Authenticate(request(t, "", "Authorization: Bearer "+token(good(
		`,"scope":"a b","scp":["c"],"roles":["r"],"realm_access":{"roles":["s","t"]},"n":1.50,`+
			`"yes":true,"obj":{"x":1},"list":["a,b","c%",2,{},false],"crlf":"x\r\ny","nul":null`))+
		"\r\n"))
	id := o.Identity
	if id == nil || id.Subject != "alice" || id.Kind != "jwt" || id.Name != "main" ||
		!slices.Equal(id.Scopes, []string{"a", "b", "c"}) ||
		!slices.Equal(id.Roles, []string{"r", "s", "t"}) {
		t.Fatalf("%+v", o)
	}
	room := make([]byte, 0, 256)
	for name, want := range map[string]string{
		"sub": "alice", "n": "1.50", "yes": "true", "obj": "", "obj.x": "1", "nul": "",
		"list": "a%2Cb,c%25,2,false", "crlf": "x%0D%0Ay", "absent": "",
		"realm_access.roles": "s,t",
	} {
		if got := string(id.Claims.AppendClaim([]byte(">"), name)); got != ">"+want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
		if n := testing.AllocsPerRun(10, func() { id.Claims.AppendClaim(room, name) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if !(http1.EditList{o.Edits}).Drops([]byte("Authorization")) {
		t.Error("the token goes on to the endpoint")
	}
	kept := New(newConfig(func(c *config.JWT) { c.Keep = true }), Sources{Keys: keys(t)})
	o = kept.Authenticate(request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n"))
	if o.Verdict != auth.Accepted || o.Edits != nil {
		t.Errorf("kept: %+v", o)
	}
}

func TestAlgorithms(t *testing.T) {
	for name, want := range map[string]auth.Verdict{
		"": auth.Accepted, "EdDSA": auth.Accepted, "ES256": auth.Refused,
	} {
		b := New(newConfig(func(c *config.JWT) {
			if c.Algorithms = nil; name != "" {
				c.Algorithms = []string{name}
			}
		}), Sources{Keys: keys(t)})
		o := b.Authenticate(request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n"))
		if o.Verdict != want {
			t.Errorf("%q: %+v", name, o)
		}
	}
}

func TestChallenges(t *testing.T) {
	b := New(newConfig(func(c *config.JWT) { c.Name = `a"b` }), Sources{Keys: keys(t)})
	for f, want := range map[auth.Failure]string{
		auth.NoCredentials:  `Bearer realm="ab"`,
		auth.BadCredentials: `Bearer realm="ab", error="invalid_token", error_description="`,
		auth.LittleScope:    `Bearer realm="ab", error="insufficient_scope", scope="x y"`,
	} {
		if got := b.Challenge(f, []string{"x", `"y`}); !strings.HasPrefix(got, want) {
			t.Errorf("%d: %s, want %s", f, got, want)
		}
	}
	o := b.Authenticate(request(t, "", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"))
	if o.Answer == nil || o.Answer.Code != gwerr.BadRequest ||
		!strings.Contains(string(o.Answer.Lines), `error="invalid_request"`) {
		t.Errorf("two tokens: %+v", o)
	}
}

// asked is an introspection server. What it says of a token is the token.
func asked(t *testing.T, answer func(token string) string) (*introspect.Server, *atomic.Int32) {
	t.Helper()
	n := new(atomic.Int32)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		_, _ = io.WriteString(w, answer(r.FormValue("token")))
	}))
	s, err := introspect.New(introspect.Options{URL: web.URL, Timeout: testkit.Deadline})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		web.Close()
	})
	return s, n
}

func TestOpaqueTokens(t *testing.T) {
	server, n := asked(t, func(token string) string {
		switch token {
		case "good":
			return `{"active":true,"username":"bob","scope":"a","exp":1700000040}`
		case "other":
			return `{"active":true,"iss":"https://other.test"}`
		case "old":
			return `{"active":true,"exp":1}`
		case "broken":
			return `{"active":`
		}
		return `{"active":false}`
	})
	b := New(newConfig(func(c *config.JWT) {
		c.Introspection = &config.Introspection{TTL: 30 * time.Second}
	}), Sources{Keys: keys(t), Server: server})
	ask := func(token string, at time.Duration) auth.Outcome {
		r := request(t, "", "Authorization: Bearer "+token+"\r\n")
		r.Start = now.Add(at)
		return b.Authenticate(r)
	}
	for i, tc := range []struct {
		token string
		at    time.Duration
		want  auth.Verdict
		asked int32 // so far
	}{
		{"good", 0, auth.Accepted, 1},
		{"good", 29 * time.Second, auth.Accepted, 1},
		{"good", 30 * time.Second, auth.Accepted, 2},
		{"good", 40 * time.Second, auth.Accepted, 2},
		{"good", 41 * time.Second, auth.Refused, 3}, // exp and the leeway are over
		{"bad", 0, auth.Refused, 4},
		{"bad", 9 * time.Second, auth.Refused, 4},
		{"bad", 10 * time.Second, auth.Refused, 5},
		{"other", 0, auth.Refused, 6},
		{"old", 0, auth.Refused, 7},
		{"broken", 0, auth.Unavailable, 8},
		{"broken", 0, auth.Unavailable, 9},
		{token(good("")), 0, auth.Accepted, 9}, // a signed one is checked here
		{token(good("")) + "x", 0, auth.Refused, 9},
		{token(good("")) + ".x.y", 0, auth.Refused, 10}, // an encrypted one is not ours to read
	} {
		o := ask(tc.token, tc.at)
		if o.Verdict != tc.want || n.Load() != tc.asked {
			t.Errorf("%d: %+v, asked %d times; want %d and %d", i, o, n.Load(), tc.want, tc.asked)
		}
	}
	if o := ask("good", time.Second); o.Identity == nil || o.Identity.Subject != "bob" {
		t.Errorf("%+v", o)
	}
}

func TestEveryTokenIsAskedAboutWithoutKeys(t *testing.T) {
	server, n := asked(t, func(string) string { return `{"active":true,"sub":"x"}` })
	b := New(newConfig(func(c *config.JWT) { c.Introspection = &config.Introspection{} }),
		Sources{Server: server})
	for range 3 { // a TTL of 0 remembers nothing
		o := b.Authenticate(request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n"))
		if o.Verdict != auth.Accepted {
			t.Errorf("%+v", o)
		}
	}
	if n.Load() != 3 {
		t.Errorf("asked %d times", n.Load())
	}
}

func TestWhileThereAreNoKeys(t *testing.T) {
	store := jwks.NewStore() // which nobody runs
	source, err := store.Source(jwks.Place{
		Name: "main", URL: "https://planted.test", Interval: time.Hour, Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	b := New(newConfig(nil), Sources{Keys: source, Hide: func(s string) string {
		return strings.ReplaceAll(s, "fetched", "hidden")
	}})
	r := request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n")
	r.Deadline = time.Now()
	o := b.Authenticate(r)
	if o.Verdict != auth.Unavailable ||
		o.Rule != "auth.jwt main: the keys of the issuer are not there: they were not hidden yet" {
		t.Errorf("%+v", o)
	}
}

func TestATokenThatIsKnownAllocatesNothing(t *testing.T) {
	b := New(newConfig(nil), Sources{Keys: keys(t)})
	r := request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n")
	if o := b.Authenticate(r); o.Verdict != auth.Accepted {
		t.Fatalf("%+v", o)
	}
	if n := testing.AllocsPerRun(100, func() { b.Authenticate(r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkKnown is what a token costs that was seen before. The bar is 3 us.
func BenchmarkKnown(b *testing.B) {
	a := New(newConfig(nil), Sources{Keys: keys(b)})
	for _, size := range []int{0, 800, 4000} {
		r := request(b, "", "Authorization: Bearer "+
			token(good(`,"x":"`+strings.Repeat("x", size)+`"`))+"\r\n")
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a.Authenticate(r).Verdict != auth.Accepted {
					b.Fatal("not accepted")
				}
			}
		})
	}
}

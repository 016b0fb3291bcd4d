package ratelimit

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// limit makes the policy of a route with a limit, changed as edit says.
func limit(t testing.TB, s *State, edit func(*config.RateLimit)) *Policy {
	t.Helper()
	one := config.NewRateLimit(3)
	one.Per = time.Hour
	edit(&one)
	return several(t, s, one)
}

// several makes the policy of a route with limits.
func several(t testing.TB, s *State, all ...config.RateLimit) *Policy {
	t.Helper()
	c := config.NewRoute("r", "c")
	c.RateLimit = all
	p, err := New(&c, s)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

// request is one of a client with header lines.
func request(t testing.TB, client, target, lines string) *policy.Request {
	t.Helper()
	h := new(http1.RequestHead)
	h.Reset(http1.Limits{HeadBytes: 8000, Fields: 50})
	if _, err := h.Parse([]byte("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + lines +
		"\r\n")); err != nil {
		t.Fatal(err)
	}
	r := &policy.Request{Head: h, Start: time.Now()}
	if client != "" {
		r.Client = netip.AddrPortFrom(netip.MustParseAddr(client), 1)
	}
	return r
}

func TestRoutesWithoutALimitHaveNoPolicy(t *testing.T) {
	c := config.NewRoute("r", "c")
	if p, err := New(&c, NewState()); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
}

// Two requests are counted together or apart, as the key says.
func TestKeys(t *testing.T) {
	for _, tc := range []struct {
		key                            string
		client1, target1, lines1       string
		client2, target2, lines2, note string
		together                       bool
	}{
		{key: "client", client1: "192.0.2.1", client2: "192.0.2.1", target2: "/b", together: true},
		{key: "client", client1: "192.0.2.1", client2: "192.0.2.2"},
		{key: "client", client1: "192.0.2.1", client2: "::ffff:192.0.2.1", together: true},
		{key: "client", client1: "2001:db8::1", client2: "2001:db8::ffff:1", together: true},
		{key: "client", client1: "2001:db8::1", client2: "2001:db8:0:1::1"},
		{key: "client", client1: "2001:db8::1", client2: "192.0.2.1"},
		{key: "client", client1: "", client2: "", together: true, note: "a unix socket"},
		{key: "route", client1: "192.0.2.1", client2: "192.0.2.2", together: true},
		{
			key: "header:X-Tenant", client1: "192.0.2.1", lines1: "X-Tenant: a\r\n",
			client2: "192.0.2.2", lines2: "x-tenant:  a\r\n", together: true,
		},
		{
			key: "header:X-Tenant", client1: "192.0.2.1", lines1: "X-Tenant: a\r\n",
			client2: "192.0.2.1", lines2: "X-Tenant: A\r\n",
		},
		{
			key: "header:x-tenant", client1: "192.0.2.1", lines1: "X-Tenant: a\r\n",
			client2: "192.0.2.1", lines2: "X-Tenant: a\r\nX-Tenant: b\r\n",
		},
		{
			key: "header:X-Tenant", client1: "192.0.2.1", client2: "192.0.2.2",
			note: "without the field each client counts for itself",
		},
		{
			key: "header:X-Tenant", client1: "192.0.2.1", lines1: "X-Tenant: \r\n",
			client2: "192.0.2.1", together: true, note: "an empty field is none",
		},
		{
			key: "header:X-Tenant", client1: "192.0.2.1", client2: "192.0.2.1",
			lines2: "X-Tenant: a\r\n", note: "and apart from those with one",
		},
		{
			key: "cookie:session", client1: "192.0.2.1", lines1: "Cookie: a=b; session=1\r\n",
			client2: "192.0.2.2", lines2: "Cookie: session=1\r\n", together: true,
		},
		{
			key: "query:key", client1: "192.0.2.1", target1: "/a?key=%31", client2: "192.0.2.2",
			target2: "/b?x=y&key=1", together: true,
		},
		{
			key: "query:key", client1: "192.0.2.1", target1: "/a?key=1", client2: "192.0.2.1",
			target2: "/a?key=2",
		},
	} {
		p := limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Key = 1, tc.key })
		target := func(s string) string {
			if s == "" {
				return "/"
			}
			return s
		}
		a := request(t, tc.client1, target(tc.target1), tc.lines1)
		b := request(t, tc.client2, target(tc.target2), tc.lines2)
		if p.OnRequest(a) != nil {
			t.Fatalf("%+v: the first is refused", tc)
		}
		if refused := p.OnRequest(b) != nil; refused != tc.together {
			t.Errorf("%+v: the second is refused: %v", tc, refused)
		}
	}
}

// claims are those of a map.
type claims map[string]string

func (c claims) AppendClaim(dst []byte, name string) []byte { return append(dst, c[name]...) }

// Who auth has found counts wherever it comes from, and whom it has not found by its address.
func TestKeysOfIdentities(t *testing.T) {
	ann := &policy.Identity{
		Kind: "jwt", Name: "main", Subject: "ann", Claims: claims{"org": "a", "empty": ""},
	}
	bob := &policy.Identity{Kind: "jwt", Name: "main", Subject: "bob", Claims: claims{"org": "a"}}
	other := &policy.Identity{Kind: "jwt", Name: "b", Subject: "ann", Claims: claims{"org": "a"}}
	key := &policy.Identity{Kind: "api_key", Name: "partners", Subject: "ann"}
	for _, tc := range []struct {
		key      string
		a, b     *policy.Identity
		together bool
	}{
		{"subject", ann, ann, true}, {"subject", ann, bob, false}, {"subject", ann, other, false},
		{"subject", ann, key, false}, {"subject", nil, nil, false},
		{"claim:org", ann, bob, true}, {"claim:org", ann, other, false},
		{"claim:empty", ann, ann, false}, {"claim:none", ann, ann, false},
		{"claim:org", key, key, false}, {"api_key", key, key, true}, {"api_key", ann, ann, false},
	} {
		p := limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Key = 1, tc.key })
		a, b := request(t, "192.0.2.1", "/", ""), request(t, "192.0.2.2", "/", "")
		a.Identity, b.Identity = tc.a, tc.b
		if p.OnRequest(a) != nil {
			t.Fatalf("%+v: the first is refused", tc)
		}
		if refused := p.OnRequest(b) != nil; refused != tc.together {
			t.Errorf("%+v: the second is refused: %v", tc, refused)
		}
	}
}

func TestPrefixesOfIPv6(t *testing.T) {
	a := netip.MustParseAddr("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")
	for bits := 1; bits <= 128; bits++ {
		want, err := a.Prefix(bits)
		if err != nil {
			t.Fatal(err)
		}
		if got := netip.AddrFrom16(network(a, bits)); got != want.Addr() {
			t.Errorf("/%d is %v, want %v", bits, got, want.Addr())
		}
	}
}

func TestWhatClientsAreTold(t *testing.T) {
	p := limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Per = 2, 90*time.Second })
	const line = "RateLimit-Policy: \"default\";q=2;w=90\r\nRateLimit: \"default\";"
	now := time.Now()
	for i, want := range []string{"r=1;t=45\r\n", "r=0;t=45\r\n", "r=0;t=45\r\n"} {
		r := request(t, "192.0.2.1", "/", "")
		r.Start = now
		a := p.OnRequest(r)
		if (a != nil) != (i == 2) {
			t.Fatalf("%d: %+v", i, a)
		}
		var h policy.Response
		p.OnResponse(r, &h)
		if got := string(h.Edits.Append(nil, r)); got != line+want {
			t.Errorf("%d: %q", i, got)
		}
		if a == nil {
			bad := policy.Refuse(gwerr.UpstreamConnect, "m")
			if got := string(p.OnAnswer(r, bad).Lines); got != line+want {
				t.Errorf("%d: an error of the gateway's has %q", i, got)
			}
			continue
		}
		if got := string(a.Lines); got != "Retry-After: 45\r\n"+line+want ||
			a.Code != gwerr.RateLimited || p.OnAnswer(r, a) != nil ||
			!strings.HasPrefix(a.Rule, "rate_limit: 2 in 1m30s for each client") {
			t.Errorf("%+v, %q", a, got)
		}
	}
	p = limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Headers = 1, false })
	for i := range 2 {
		r := request(t, "192.0.2.1", "/", "")
		a := p.OnRequest(r)
		var h policy.Response
		p.OnResponse(r, &h)
		if len(h.Edits) > 0 || i == 0 && a != nil || i == 1 &&
			string(a.Lines) != "Retry-After: 3600\r\n" {
			t.Errorf("without headers: %+v, %v", a, h.Edits)
		}
	}
}

func TestThePolicyIsToldInWholeSeconds(t *testing.T) {
	for per, want := range map[time.Duration]string{
		time.Second: "q=10;w=1", time.Minute: "q=10;w=60", 100 * time.Millisecond: "q=100;w=1",
		1500 * time.Millisecond: "q=13;w=2", 20 * time.Millisecond: "q=500;w=1",
	} {
		p := limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Per = 10, per })
		if got := string(p.policy); got != "RateLimit-Policy: \"default\";"+want+"\r\n" {
			t.Errorf("%v: %s", per, got)
		}
	}
}

// Another plan's policy finds what was used by the one before, and that of another route does not.
func TestWhatWasUsedOutlivesThePlan(t *testing.T) {
	s := NewState()
	use := func(p *Policy) (passed int) {
		for range 5 {
			if p.OnRequest(request(t, "192.0.2.1", "/", "")) == nil {
				passed++
			}
		}
		return passed
	}
	same := func(*config.RateLimit) {}
	if n := use(limit(t, s, same)); n != 3 {
		t.Fatalf("%d passed", n)
	}
	s.NextPlan(1)
	s.InForce(1, 1000)
	for name, edit := range map[string]func(*config.RateLimit){
		"the same": same, "another rate": func(r *config.RateLimit) { r.Requests = 4 },
		"other fields": func(r *config.RateLimit) { r.Headers = false },
	} {
		if n := use(limit(t, s, edit)); n != 0 {
			t.Errorf("%s: %d passed after the reload", name, n)
		}
	}
	if n := use(limit(t, s, func(r *config.RateLimit) { r.Key = "route" })); n != 3 {
		t.Errorf("%d passed by another key", n)
	}
	c := config.NewRoute("other", "c")
	c.RateLimit = []config.RateLimit{config.NewRateLimit(3)}
	p, err := New(&c, s)
	if err != nil {
		t.Fatal(err)
	}
	if n := use(p.(*Policy)); n != 3 {
		t.Errorf("%d passed by another route", n)
	}
}

func TestPassingAllocatesNothing(t *testing.T) {
	for _, key := range []string{"client", "route", "header:X-Tenant", "cookie:a", "query:q"} {
		p := limit(t, NewState(), func(r *config.RateLimit) { r.Requests, r.Key = 1e6, key })
		r := request(t, "192.0.2.1", "/?q=1", "X-Tenant: a\r\nCookie: a=b\r\n")
		h := policy.Response{Edits: make(http1.EditList, 0, 4)}
		r.Room()
		p.OnRequest(r)
		if n := testing.AllocsPerRun(1000, func() {
			h.Edits = h.Edits[:0]
			if p.OnRequest(r) != nil {
				t.Fatal("it is refused")
			}
			p.OnResponse(r, &h)
		}); n != 0 {
			t.Errorf("%s: %v allocations", key, n)
		}
	}
}

func BenchmarkPassing(b *testing.B) {
	p := limit(b, NewState(), func(r *config.RateLimit) { r.Requests = 1e9 })
	r := request(b, "192.0.2.1", "/", "")
	h := policy.Response{Edits: make(http1.EditList, 0, 4)}
	for b.Loop() {
		h.Edits = h.Edits[:0]
		p.OnRequest(r)
		p.OnResponse(r, &h)
	}
}

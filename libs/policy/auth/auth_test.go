package auth

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// says is an authenticator that always says the same.
type says struct {
	Outcome
	scheme string
	takes  *http1.Edits
}

func (s says) Authenticate(*policy.Request) Outcome { return s.Outcome }
func (s says) Takes() *http1.Edits                  { return s.takes }

func (s says) Challenge(f Failure, scopes []string) string {
	switch f {
	case BadCredentials:
		return s.scheme + " bad"
	case LittleScope:
		return s.scheme + " scope=" + strings.Join(scopes, " ")
	}
	return s.scheme
}

func newPolicy(t *testing.T, a config.RouteAuth, all map[string]Authenticator) *Policy {
	t.Helper()
	p, err := New(&config.Route{Auth: &a}, Common{
		Find: func(r config.AuthRef) Authenticator { return all[r.Kind] },
		Hide: strings.NewReplacer("hidden", "secret:env:SCOPE").Replace,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func TestTheFirstThatAcceptsIsEnough(t *testing.T) {
	alice := &policy.Identity{Subject: "alice", Scopes: []string{"read"}, Roles: []string{"dev"}}
	jwt := says{Outcome: Outcome{Verdict: Accepted, Identity: alice}, scheme: "Bearer"}
	answer := &policy.Answer{Status: 302}
	for name, c := range map[string]struct {
		jwt, basic    Outcome
		scopes, roles []string // of the one by jwt
		all           []string // scopes that the route wants of everybody
		code          gwerr.Code
		lines, rule   string
	}{
		"accepted": {jwt: jwt.Outcome},
		"second":   {basic: jwt.Outcome},
		"absent": {
			code:  gwerr.Unauthenticated,
			lines: "WWW-Authenticate: Bearer\r\nWWW-Authenticate: Basic\r\n",
			rule: "auth.jwt: the request has no credentials for it; " +
				"auth.basic: the request has no credentials for it",
		},
		"bad": {
			jwt: Outcome{Verdict: Refused, Rule: "expired"}, code: gwerr.Unauthenticated,
			lines: "WWW-Authenticate: Bearer bad\r\nWWW-Authenticate: Basic\r\n",
			rule:  "expired",
		},
		"an own answer": {basic: Outcome{Verdict: Refused, Answer: answer}},
		"nobody can say": {
			jwt:   Outcome{Verdict: Refused, Rule: "expired"},
			basic: Outcome{Verdict: Unavailable, Rule: "no answer"},
			code:  gwerr.AuthUnavailable, rule: "no answer",
		},
		"the scope is there":  {jwt: jwt.Outcome, scopes: []string{"read"}},
		"one of the roles is": {jwt: jwt.Outcome, roles: []string{"ops", "dev"}},
		"the scope is missing": {
			jwt: jwt.Outcome, scopes: []string{"read", "write"}, code: gwerr.Forbidden,
			lines: "WWW-Authenticate: Bearer scope=read write\r\nWWW-Authenticate: Basic\r\n",
			rule:  "auth.jwt: the scope write is missing",
		},
		"a scope that is a secret is missing": {
			jwt: jwt.Outcome, scopes: []string{"hidden"}, code: gwerr.Forbidden,
			lines: "WWW-Authenticate: Bearer scope=hidden\r\nWWW-Authenticate: Basic\r\n",
			rule:  "auth.jwt: the scope secret:env:SCOPE is missing",
		},
		"the role is missing": {
			jwt: jwt.Outcome, roles: []string{"ops"}, code: gwerr.Forbidden,
			lines: "WWW-Authenticate: Bearer scope=\r\nWWW-Authenticate: Basic\r\n",
			rule:  "auth.jwt: none of the roles is there",
		},
		"what the route wants of everybody": {
			basic: jwt.Outcome, all: []string{"admin"}, code: gwerr.Forbidden,
			lines: "WWW-Authenticate: Bearer\r\nWWW-Authenticate: Basic scope=admin\r\n",
			rule:  "auth.basic: the scope admin is missing",
		},
		"forbidden, and another can't say": {
			jwt: jwt.Outcome, scopes: []string{"x"},
			basic: Outcome{Verdict: Unavailable, Rule: "no answer"}, code: gwerr.Forbidden,
			lines: "WWW-Authenticate: Bearer scope=x\r\n",
			rule:  "auth.jwt: the scope x is missing",
		},
	} {
		p := newPolicy(t, config.RouteAuth{
			AnyOf: []config.AuthChoice{
				{JWT: "main", Scopes: c.scopes, Roles: c.roles}, {Basic: "team"},
			},
			Scopes: c.all,
		}, map[string]Authenticator{
			config.AuthJWT:   says{Outcome: c.jwt, scheme: "Bearer"},
			config.AuthBasic: says{Outcome: c.basic, scheme: "Basic"},
		})
		r := &policy.Request{}
		a := p.OnRequest(r)
		switch {
		case name == "an own answer":
			if a != answer {
				t.Errorf("%s: %+v", name, a)
			}
		case c.code == gwerr.None:
			if a != nil || r.Identity != alice {
				t.Errorf("%s: %+v, %v", name, a, r.Identity)
			}
		case a == nil || a.Code != c.code || string(a.Lines) != c.lines || a.Rule != c.rule ||
			r.Identity != nil:
			t.Errorf("%s: %+v with %q, %v", name, a, a.Lines, r.Identity)
		}
	}
}

func TestOnlyAuthenticatorsSetTheirFields(t *testing.T) {
	takes := http1.NewEdits(nil, []string{"X-User"})
	strips := http1.NewEdits(nil, []string{"Cookie"})
	p := newPolicy(t, config.RouteAuth{AnyOf: []config.AuthChoice{{Forward: "a"}, {JWT: "b"}}},
		map[string]Authenticator{
			config.AuthForward: says{takes: takes},
			config.AuthJWT: says{Outcome: Outcome{
				Verdict: Accepted, Identity: &policy.Identity{}, Edits: strips,
			}},
		})
	r := &policy.Request{}
	if a := p.OnRequest(r); a != nil {
		t.Fatalf("it is answered with %+v", a)
	}
	if !r.Edits.Drops([]byte("x-user")) || !r.Edits.Drops([]byte("cookie")) {
		t.Error("fields of the client go on")
	}
}

func TestARouteForEverybodyHasNoAuth(t *testing.T) {
	if p, err := New(&config.Route{}, Common{}); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	none := func(config.AuthRef) Authenticator { return nil }
	for _, a := range []config.RouteAuth{{}, {JWT: "main"}} {
		if p, err := New(&config.Route{Auth: &a}, Common{Find: none}); p != nil || err == nil {
			t.Errorf("%+v: %v, %v", a, p, err)
		}
	}
}

func TestPassingAllocatesNothing(t *testing.T) {
	p := newPolicy(t, config.RouteAuth{JWT: "main", Scopes: []string{"a"}},
		map[string]Authenticator{config.AuthJWT: says{Outcome: Outcome{
			Verdict: Accepted, Identity: &policy.Identity{Scopes: []string{"a"}},
		}}})
	r := &policy.Request{}
	if n := testing.AllocsPerRun(100, func() { p.OnRequest(r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

package routing_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

func TestExplanationSaysWhyEachRuleWinsOrLoses(t *testing.T) {
	rules := []routing.Rule{
		{Name: "any"},
		{Name: "any-users", PathPrefix: "/users"},
		{Name: "any-deep", PathPrefix: "/m/deep"},
		{Name: "wild", Hosts: []string{"*.example.org"}, PathPrefix: "/m"},
		{Name: "exact", Hosts: []string{"a.example.org"}, PathPrefix: "/m/"},
		{
			Name: "exact-get", Hosts: []string{"b.net", "a.example.org"}, PathPrefix: "/m",
			Methods: []string{"GET", "HEAD"},
		},
		{
			Name: "exact-post", Hosts: []string{"a.example.org"}, PathPrefix: "/m",
			Methods: []string{"POST"},
		},
		{Name: "exact-all", Hosts: []string{"a.example.org"}},
		{Name: "other", Hosts: []string{"c.net"}, PathPrefix: "/m"},
		{Name: "others", Hosts: []string{"c.net", "d.net", "e.net", "f.net", "g.net"}},
		{Name: "below", Hosts: []string{"*.a.example.org"}},
		{Name: "v6", Hosts: []string{"[::1]"}, Methods: []string{"GET"}},
		{Name: "umlaut", Hosts: []string{"bücher.example"}},
	}
	table(t, rules...)
	for _, c := range []struct {
		method, host, path string
		reach              routing.Reach
		winner             string
		why                map[string]string
	}{
		{"GET", "A.Example.org.:8080", "/m/deep", routing.Found, "exact-get", map[string]string{
			"any":       "any host is less specific than a.example.org",
			"any-users": "path /m/deep is not below /users",
			"any-deep": "any host is less specific than a.example.org, and the host counts " +
				"before the path",
			"wild":  "host *.example.org is less specific than a.example.org",
			"exact": `it lists no method, and rule "exact-get" of the same host and path lists GET`,
			"exact-get": "host a.example.org is matched exactly; path prefix /m is the longest " +
				"there; method GET is listed",
			"exact-post": "method GET is not among POST",
			"exact-all":  "path prefix / is shorter than /m",
			"other":      "host a.example.org is not c.net",
			"others":     "host a.example.org is none of c.net, d.net, e.net and 2 more",
			"below": "host a.example.org does not match *.a.example.org, which wants " +
				"a label more",
			"umlaut": "host a.example.org is not bücher.example",
		}},
		{"PUT", "a.example.org", "/m", routing.Found, "exact", map[string]string{
			"exact": "host a.example.org is matched exactly; path prefix /m is the longest " +
				"there; no other rule there lists method PUT",
			"exact-get": "method PUT is not among GET, HEAD",
		}},
		{"PUT", "b.net", "/m/x", routing.NoMethod, "", map[string]string{
			"any": "any host is less specific than b.net, and what is refused there for " +
				"its method, as PUT is, goes to no other rule",
			"exact-get": "method PUT is not among GET, HEAD",
		}},
		{"GET", "x.example.org", "/mx", routing.Found, "any", map[string]string{
			"any": "it takes any host, and no more specific host has a prefix of the path; path " +
				"prefix / is the longest there; no other rule there lists method GET",
			"wild": "path /mx is not below /m: a prefix ends where a segment ends",
		}},
		{"GET", "x.example.org", "/m", routing.Found, "wild", map[string]string{
			"wild": "*.example.org is the most specific host that has a prefix of the path; path " +
				"prefix /m is the longest there; no other rule there lists method GET",
		}},
		{
			"OPTIONS", "z.net", "*", routing.Found, "any",
			map[string]string{"any-users": "path * is below no prefix but /"},
		},
		{
			"GET", "[0:0::1]:80", "/", routing.Found, "v6",
			map[string]string{
				"v6": "host [::1] is matched exactly; path prefix / is the longest there; method " +
					"GET is listed",
			},
		},
		{"GET", "Bücher.example:80", "/", routing.Found, "umlaut", nil},
		{"GET", "xn--bcher-kva.example", "/", routing.Found, "umlaut", nil},
		{
			"GET", "", "/", routing.Found, "any",
			map[string]string{"other": "the request has no host, and the rule wants c.net"},
		},
	} {
		e := routing.Explain(rules, c.method, c.host, c.path, nil)
		winner := ""
		if e.Winner >= 0 {
			winner = rules[e.Winner].Name
		}
		if e.Reach != c.reach || winner != c.winner {
			t.Errorf("%s %s%s: %s, %q; want %s, %q", c.method, c.host, c.path, e.Reach, winner,
				c.reach, c.winner)
		}
		for i, v := range e.Findings {
			if want := c.why[rules[i].Name]; want != "" && v.Why != want {
				t.Errorf("%s %s%s: %s: %q, want %q", c.method, c.host, c.path, rules[i].Name, v.Why,
					want)
			}
		}
	}
}

func TestExplanationOfRulesThatNewRefuses(t *testing.T) {
	rules := []routing.Rule{
		{Name: "bad-host", Hosts: []string{"a.org", "a.org:80"}},
		{Name: "bad-prefix", PathPrefix: "u"},
		{Name: "first", Hosts: []string{"a.org"}, PathPrefix: "/u"},
		{Name: "second", Hosts: []string{"a.org"}, PathPrefix: "/u/"},
	}
	e := routing.Explain(rules, "GET", "a.org", "/u", nil)
	for i, want := range []string{
		`it can match nothing: host "a.org:80" has a port, and a host has none`,
		`it can match nothing: path prefix "u" does not start with a slash`,
		"host a.org is matched exactly; path prefix /u is the longest there; no other rule there " +
			"lists method GET",
		`rule "first" matches the same requests and comes first`,
	} {
		if v := e.Findings[i]; v.Why != want || v.Rule != i || v.Wins != (i == 2) {
			t.Errorf("%+v, want %q", v, want)
		}
	}
	if e := routing.Explain(nil, "GET", "a.org", "/", nil); e.Winner != -1 ||
		e.Reach != routing.NoHost || len(e.Findings) != 0 {
		t.Errorf("%+v", e)
	}
}

// checkExplanation compares with what Lookup found and wants one finding a rule, of one winner at
// most.
func checkExplanation(
	t *testing.T, rules []routing.Rule, method, host, path string, rule int, o routing.Reach,
) {
	t.Helper()
	e := routing.Explain(rules, method, host, path, nil)
	if e.Winner != rule || e.Reach != o || len(e.Findings) != len(rules) {
		t.Fatalf("%s %s%s: explained as rule %d, %s with %d findings; looked up as %d, %s\n%+v",
			method, host, path, e.Winner, e.Reach, len(e.Findings), rule, o, rules)
	}
	for i, v := range e.Findings {
		if v.Rule != i || v.Wins != (i == rule) || v.Why == "" {
			t.Fatalf("%s %s%s: finding %+v of rule %d\n%+v", method, host, path, v, i, rules)
		}
	}
}

// The requests here are stranger than those of the model: any bytes of a small set.
func TestExplanationAgreesWithLookup(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	text := func(alphabet string, most int) string {
		var b strings.Builder
		for range r.IntN(most + 1) {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 3000 {
		var rules []routing.Rule
		for range 1 + r.IntN(20) {
			rule := routing.Rule{Name: text("xyz", 3), PathPrefix: text("/ab", 5)}
			for range r.IntN(3) {
				rule.Hosts = append(rule.Hosts, text("*", 1)+text(".ab:[]1", 5))
			}
			for range r.IntN(3) {
				rule.Methods = append(rule.Methods, text("GP", 2))
			}
			if _, err := routing.New(append(rules, rule)); err == nil {
				rules = append(rules, rule)
			}
		}
		tab := table(t, rules...)
		for range 30 {
			m, h, p := text("GP", 2), text(".abAB:[]1", 6), text("/ab*", 6)
			rule, o := tab.Lookup([]byte(m), []byte(h), []byte(p), nil)
			checkExplanation(t, rules, m, h, p, rule, o)
		}
	}
}

func FuzzExplanationAgreesWithLookup(f *testing.F) {
	f.Add("*.a.org", "/x", "GET", "b.a.org", "/x/y")
	f.Add("[::1]", "/", "", "[0::1]:80", "*")
	f.Fuzz(func(t *testing.T, pattern, prefix, m, h, p string) {
		for _, c := range h {
			if c >= 0x80 {
				return // explained as what a client would send, which is not these bytes
			}
		}
		rules := []routing.Rule{
			{Hosts: []string{pattern}, PathPrefix: prefix, Methods: []string{"GET"}},
			{PathPrefix: prefix}, {Hosts: []string{"*.org"}},
		}
		tab, err := routing.New(rules)
		if err != nil {
			return
		}
		rule, o := tab.Lookup([]byte(m), []byte(h), []byte(p), nil)
		checkExplanation(t, rules, m, h, p, rule, o)
	})
}

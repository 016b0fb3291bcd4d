package routing_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// facts is a Request by hand.
type facts struct {
	headers, query, cookies map[string]string
	client                  netip.Addr
}

func (f *facts) Header(name string) ([]byte, bool) { return of(f.headers, name) }
func (f *facts) Query(name string) ([]byte, bool)  { return of(f.query, name) }
func (f *facts) Cookie(name string) ([]byte, bool) { return of(f.cookies, name) }
func (f *facts) Client() netip.Addr                { return f.client }

func of(values map[string]string, name string) ([]byte, bool) {
	v, ok := values[name]
	return []byte(v), ok
}

func isPresent(there bool) routing.Test    { return routing.Test{Present: &there} }
func isNot(test routing.Test) routing.Test { return routing.Test{Not: &test} }
func isRegex(expr string) routing.Test     { return routing.Test{Regex: expr} }
func tests(all ...any) map[string]routing.Test { // name, test, name, test
	out := make(map[string]routing.Test)
	for i := 0; i < len(all); i += 2 {
		test, ok := all[i+1].(routing.Test)
		if !ok {
			test = routing.Equals(all[i+1].(string))
		}
		out[all[i].(string)] = test
	}
	return out
}

func headers(all ...any) *routing.When { return &routing.When{Headers: tests(all...)} }

func TestTestsOfAValue(t *testing.T) {
	for _, tc := range []struct {
		test  routing.Test
		value string // "-" for none
		want  bool
	}{
		{routing.Equals("1"), "1", true}, {routing.Equals("1"), "11", false},
		{routing.Equals("a"), "A", false}, {routing.Equals(""), "", true},
		{routing.Equals(""), "-", false}, {routing.Test{Prefix: "ab"}, "abc", true},
		{routing.Test{Prefix: "ab"}, "a", false}, {routing.Test{Suffix: "bc"}, "abc", true},
		{routing.Test{Suffix: "bc"}, "abcd", false}, {isRegex("2|3"), "3", true},
		{isRegex("2|3"), "23", false}, {isRegex("2|3"), "-", false}, {isRegex("a*"), "", true},
		{isRegex("(?i)yes"), "YES", true}, {isPresent(true), "", true},
		{isPresent(true), "-", false}, {isPresent(false), "-", true},
		{isPresent(false), "x", false}, {isNot(routing.Equals("1")), "2", true},
		{isNot(routing.Equals("1")), "1", false}, {isNot(routing.Equals("1")), "-", true},
		{isNot(isNot(routing.Equals("1"))), "1", true}, {isNot(isPresent(true)), "-", true},
		{isNot(isRegex("a.*")), "abc", false}, {isNot(isRegex("a.*")), "bc", true},
	} {
		tab := table(t, routing.Rule{When: headers("X", tc.test)})
		q := &facts{headers: map[string]string{"x": tc.value}}
		if tc.value == "-" {
			q.headers = nil
		}
		if _, o := tab.Lookup([]byte("GET"), nil, []byte("/"), q); (o == routing.Found) != tc.want {
			t.Errorf("%+v of %q: %s", tc.test, tc.value, o)
		}
	}
}

func TestPathsThenMethodsThenConditionsDecide(t *testing.T) {
	client := netip.MustParsePrefix("10.0.0.0/8")
	rules := []routing.Rule{
		{Name: "exact", Path: "/a"},
		{Name: "exact-slash", Path: "/a/"},
		{Name: "exact-if", Path: "/c", When: headers("X", "1")},
		{Name: "prefix", PathPrefix: "/a"},
		{Name: "prefix-c", PathPrefix: "/c"},
		{Name: "long-if", PathPrefix: "/a/b/c", When: headers("X", "1")},
		{Name: "regex", PathRegex: "/r/[0-9]+"},
		{Name: "regex-longer", PathRegex: "/r/[0-9]+(x?)"},
		{Name: "regex-shadowed", PathRegex: "/a/zzzzzzzzzzzzz.*"},
		{Name: "regex-get", PathRegex: "/m/(.*)", Methods: []string{"GET"}},
		{Name: "one", PathPrefix: "/p", When: headers("X", "1")},
		{Name: "two", PathPrefix: "/p", When: headers("X", "1", "Y", "1")},
		{
			Name: "header-and-query", PathPrefix: "/p", When: &routing.When{
				Headers: tests("X", "1"), Query: tests("v", "2"),
			},
		},
		{
			Name: "queries", PathPrefix: "/p",
			When: &routing.When{Query: tests("v", "2", "w", "2", "z", "2")},
		},
		{Name: "cookie", PathPrefix: "/p", When: &routing.When{Cookies: tests("c", "1")}},
		{Name: "clients", PathPrefix: "/p", When: &routing.When{Clients: []netip.Prefix{client}}},
		{Name: "post", PathPrefix: "/p", Methods: []string{"POST"}},
		{Name: "only-if", PathPrefix: "/only/if", When: headers("X", "1"),
			Methods: []string{"GET"}},
		{Name: "any"},
		{Name: "host", Hosts: []string{"h.org"}, PathPrefix: "/p", When: headers("X", "9")},
		{Name: "tie-b", PathPrefix: "/tie", When: headers("B", isPresent(true))},
		{Name: "tie-a", PathPrefix: "/tie", When: headers("A", isPresent(true))},
	}
	tab := table(t, rules...)
	x := func(v string) *facts { return &facts{headers: map[string]string{"x": v}} }
	for _, c := range []struct {
		request string
		q       *facts
		want    string
	}{
		{"GET /a", nil, "exact"}, {"GET /a/", nil, "exact-slash"}, {"GET /a/b", nil, "prefix"},
		{"GET /c", x("1"), "exact-if"}, {"GET /c", x("2"), "prefix-c"}, {"GET /c", nil, "prefix-c"},
		{"GET /a/b/c/d", x("1"), "long-if"}, {"GET /a/b/c/d", x("2"), "prefix"},
		{"GET /r/12", nil, "regex-longer"}, {"GET /r/x", nil, "any"}, {"GET /r/1/", nil, "any"},
		{"GET /a/zzzzzzzzzzzzzz", nil, "prefix"}, {"GET /m/x", nil, "regex-get"},
		{"PUT /m/x", nil, "no method"}, // not handed to any: the rule has no conditions
		{"GET /p", x("1"), "one"}, {"GET /p", &facts{headers: map[string]string{
			"x": "1", "y": "1",
		}}, "two"},
		{"GET /p", &facts{headers: map[string]string{"x": "1"},
			query: map[string]string{"v": "2", "w": "2", "z": "2"}}, "header-and-query"},
		{"GET /p", &facts{cookies: map[string]string{"c": "1"},
			query: map[string]string{"v": "2", "w": "2", "z": "2"}}, "queries"},
		{"GET /p", &facts{cookies: map[string]string{"c": "1"},
			client: netip.MustParseAddr("10.1.1.1")}, "cookie"},
		{"GET /p", &facts{client: netip.MustParseAddr("::ffff:10.1.1.1")}, "clients"},
		{"GET /p", &facts{client: netip.MustParseAddr("11.1.1.1")}, "no method"}, // owned by post
		{"POST /p", x("1"), "post"},      // lists the method
		{"POST /only/if", x("1"), "any"}, // with conditions it owns nothing
		{"GET h.org/p", x("9"), "host"}, {"GET h.org/p", x("1"), "one"},
		{"GET /tie", &facts{headers: map[string]string{"a": "", "b": ""}}, "tie-a"},
		{"GET /tie", &facts{headers: map[string]string{"b": ""}}, "tie-b"},
		{"GET /tie", &facts{}, "any"},
	} {
		method, rest, _ := strings.Cut(c.request, " ")
		host, path, _ := strings.Cut(rest, "/")
		var q routing.Request
		if c.q != nil {
			q = c.q
		}
		rule, o := tab.Lookup([]byte(method), []byte(host), []byte("/"+path), q)
		got := o.String()
		if o == routing.Found {
			got = rules[rule].Name
		}
		if got != c.want {
			t.Errorf("%s with %+v: %s, want %s", c.request, c.q, got, c.want)
		}
		e := routing.Explain(rules, method, host, "/"+path, q)
		if e.Winner != rule || e.Reach != o {
			t.Errorf("%s with %+v: explained as %d, %s; looked up as %d, %s", c.request, c.q,
				e.Winner, e.Reach, rule, o)
		}
	}
}

func TestExplanationNamesTheConditionThatIsNotMet(t *testing.T) {
	w := &routing.When{
		Headers: tests("X-Canary", "1", "X-Kind", routing.Test{Prefix: "mob"}),
		Query:   tests("v", isRegex("2|3")), Cookies: tests("beta", isPresent(true)),
		Clients: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	rules := []routing.Rule{{Name: "canary", When: w}, {Name: "rest"}}
	q := &facts{headers: map[string]string{}, query: map[string]string{},
		cookies: map[string]string{}, client: netip.MustParseAddr("11.0.0.1")}
	for _, step := range []struct {
		want string
		meet func()
	}{
		{"header X-Canary is not 1, there is none", func() { q.headers["x-canary"] = "1" }},
		{"header X-Kind does not begin with mob, there is none", func() {
			q.headers["x-kind"] = "desk"
		}},
		{`header X-Kind does not begin with mob, it is "desk"`, func() {
			q.headers["x-kind"] = "mobile"
		}},
		{"query parameter v does not match 2|3, there is none", func() { q.query["v"] = "3" }},
		{"cookie beta is not there", func() { q.cookies["beta"] = "" }},
		{"client 11.0.0.1 is in none of 10.0.0.0/8", func() {
			q.client = netip.MustParseAddr("10.0.0.1")
		}},
		{"it takes any host, and no more specific host has a prefix of the path; path prefix / " +
			"is the longest there; its conditions are met; no other rule there lists method GET",
			func() {}},
	} {
		if got := routing.Explain(rules, "GET", "a.org", "/", q).Findings[0].Why; got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
		step.meet()
	}
}

func TestNewRefusesRulesThatCannotBe(t *testing.T) {
	repeat := "(?:" + strings.Repeat("a", 100) + "){999}"
	for _, tc := range []struct {
		want  string
		rules []routing.Rule
	}{
		{"one is the most", []routing.Rule{{Path: "/a", PathPrefix: "/a"}}},
		{"one is the most", []routing.Rule{{PathRegex: "/a", PathPrefix: "/a"}}},
		{"does not start with a slash", []routing.Rule{{Path: "a"}}},
		{"is not a regular expression of RE2", []routing.Rule{{PathRegex: "/(a"}}},
		{"is not a regular expression of RE2", []routing.Rule{{PathRegex: `/(?=a)`}}},
		{"steps; 5000 are the most", []routing.Rule{{PathRegex: repeat}}},
		{"bytes; 1024 are the most", []routing.Rule{{PathRegex: strings.Repeat("a", 1025)}}},
		{"a test is one of", []routing.Rule{{When: headers("X", routing.Test{})}}},
		{"a test is one of", []routing.Rule{
			{When: headers("X", routing.Test{Prefix: "a", Suffix: "b"})},
		}},
		{`rule "b": rule "a" matches the same requests`, []routing.Rule{
			{Name: "a", When: headers("X", "1")}, {Name: "b", When: headers("x", "1")},
		}},
		{`rule "b": rule "a" matches the same requests`, []routing.Rule{
			{Name: "a", PathRegex: "/x"}, {Name: "b", PathRegex: "/x"},
		}},
		{`matches the same requests`, []routing.Rule{
			{Name: "a", Path: "/x"}, {Name: "b", Path: "/x"},
		}},
	} {
		if _, err := routing.New(tc.rules); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.rules, err, tc.want)
		}
	}
}

func TestAllowOfRulesWithConditions(t *testing.T) {
	tab := table(t,
		routing.Rule{PathPrefix: "/p", When: headers("X", "1"), Methods: []string{"PUT"}},
		routing.Rule{PathPrefix: "/p", Methods: []string{"GET"}},
		routing.Rule{PathRegex: "/r.*", Methods: []string{"GET"}},
		routing.Rule{Path: "/e", When: headers("X", "1"), Methods: []string{"GET"}})
	q := &facts{headers: map[string]string{"x": "1"}}
	for _, tc := range []struct {
		path string
		q    routing.Request
		want string
	}{
		{"/p", q, "GET, PUT"}, {"/p", nil, "GET"}, {"/r1", nil, "GET"}, {"/e", q, "GET"},
		{"/e", nil, ""},
	} {
		if got := tab.Allow(nil, []byte(tc.path), tc.q); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.path, got, tc.want)
		}
	}
}

// Explain looks at every rule in turn, Lookup goes by hashes, groups and indexes.
func TestRulesWithConditionsAgreeWithTheExplanation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	test := func() routing.Test {
		switch r.IntN(8) {
		case 0:
			return routing.Test{Prefix: pick("a", "b")}
		case 1:
			return routing.Test{Suffix: pick("a", "b")}
		case 2:
			return isRegex(pick("a|b", "a.*", ".*b"))
		case 3:
			return isPresent(r.IntN(2) == 0)
		case 4:
			return isNot(routing.Equals(pick("a", "b")))
		}
		return routing.Equals(pick("a", "b", "ab", ""))
	}
	some := func() map[string]routing.Test {
		out := make(map[string]routing.Test)
		for range max(0, r.IntN(5)-2) {
			out[pick("x", "y", "z")] = test()
		}
		return out
	}
	values := func() map[string]string {
		out := make(map[string]string)
		for range r.IntN(3) {
			out[pick("x", "y", "z")] = pick("a", "b", "ab", "")
		}
		return out
	}
	path := func() string {
		var b strings.Builder
		for range 1 + r.IntN(3) {
			b.WriteString("/" + pick("u", "v"))
		}
		return b.String() + pick("", "", "/")
	}
	for range 300 {
		var rules []routing.Rule
		for i := range 1 + r.IntN(60) {
			rule := routing.Rule{Name: fmt.Sprint(i)}
			switch r.IntN(5) {
			case 0:
				rule.Path = path()
			case 1:
				rule.PathRegex = pick("/u.*", "/v/(u|v)", "/.*/", "/u/v/?", "/(u|v)+")
			default:
				rule.PathPrefix = pick("", "/", path())
			}
			if r.IntN(3) == 0 {
				rule.Hosts = []string{pick("a.org", "*.org", "*")}
			}
			for range max(0, r.IntN(4)-1) {
				rule.Methods = append(rule.Methods, pick("GET", "POST", "PUT"))
			}
			if r.IntN(4) != 0 {
				rule.When = &routing.When{Headers: some(), Query: some(), Cookies: some()}
				if r.IntN(4) == 0 {
					rule.When.Clients = []netip.Prefix{netip.MustParsePrefix(pick("10.0.0.0/8",
						"10.1.0.0/16", "fd00::/8"))}
				}
			}
			if _, err := routing.New(append(rules, rule)); err == nil {
				rules = append(rules, rule)
			}
		}
		tab := table(t, rules...)
		for range 20 {
			q := &facts{headers: values(), query: values(), cookies: values(),
				client: netip.MustParseAddr(pick("10.0.0.1", "10.1.0.1", "fd00::1"))}
			m, h, p := pick("GET", "POST"), pick("a.org", "b.org", "c.net"), path()
			rule, o := tab.Lookup([]byte(m), []byte(h), []byte(p), q)
			e := routing.Explain(rules, m, h, p, q)
			if e.Winner != rule || e.Reach != o {
				t.Fatalf("%s %s%s %+v: explained as %d, %s; looked up as %d, %s\n%+v", m, h, p, q,
					e.Winner, e.Reach, rule, o, rules)
			}
			if allow := tab.Allow([]byte(h), []byte(p), q); o == routing.NoMethod &&
				(allow == "" || strings.Contains(allow, m)) {
				t.Fatalf("%s %s%s: no method, and Allow is %q", m, h, p, allow)
			}
		}
	}
}

// oneTenantEach are rules for n tenants under one prefix, each with its own value of one header.
func oneTenantEach(n int) (rules []routing.Rule) {
	for i := range n {
		rules = append(rules, routing.Rule{
			Name: fmt.Sprint(i), PathPrefix: "/api", When: headers("X-Tenant", fmt.Sprint("t", i)),
		})
	}
	return append(rules, routing.Rule{Name: "rest", PathPrefix: "/api"})
}

func TestConditionsAllocateNothing(t *testing.T) {
	tab := table(t, append(oneTenantEach(100), routing.Rule{PathRegex: "/r/[a-z]+/x"})...)
	get, api, r := []byte("GET"), []byte("/api/x"), []byte("/r/abc/x")
	q := &still{value: []byte("t99")}
	if n := testing.AllocsPerRun(1000, func() {
		if rule, _ := tab.Lookup(get, nil, api, q); rule != 99 {
			t.Fatal(rule)
		}
		if rule, _ := tab.Lookup(get, nil, r, q); rule != 101 {
			t.Fatal(rule)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// still is a Request that has one value for everything.
type still struct{ value []byte }

func (s *still) Header(string) ([]byte, bool) { return s.value, true }
func (s *still) Query(string) ([]byte, bool)  { return s.value, true }
func (s *still) Cookie(string) ([]byte, bool) { return s.value, true }
func (s *still) Client() netip.Addr           { return netip.Addr{} }

func BenchmarkConditions(b *testing.B) {
	rules := oneTenantEach(1000)
	mixed := oneTenantEach(500)
	for i := range 500 {
		mixed = append(mixed, routing.Rule{
			Name: fmt.Sprint("mixed-", i), PathPrefix: "/api",
			When: headers("X-Tenant", routing.Test{Prefix: fmt.Sprint("m", i, "-")}),
		})
	}
	for _, bc := range []struct {
		name  string
		rules []routing.Rule
		path  string
		value string
	}{
		{"exact", rules, "/api/x", "t999"}, {"none", rules, "/api/x", "other"},
		{"prefixes", mixed, "/api/x", "m499-x"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			tab := table(b, bc.rules...)
			get, path, q := []byte("GET"), []byte(bc.path), &still{value: []byte(bc.value)}
			b.ReportAllocs()
			for b.Loop() {
				tab.Lookup(get, nil, path, q)
			}
		})
	}
}

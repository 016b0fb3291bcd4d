package routing_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

func table(t testing.TB, rules ...routing.Rule) *routing.Table {
	t.Helper()
	tab, err := routing.New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestMostSpecificHostThenPathThenMethodWins(t *testing.T) {
	rules := []routing.Rule{
		{Name: "any"},
		{Name: "any-users", PathPrefix: "/users"},
		{Name: "wild", Hosts: []string{"*.example.org"}, PathPrefix: "/w"},
		{Name: "wild-long", Hosts: []string{"*.b.example.org"}, PathPrefix: "/w/deep/er"},
		{Name: "exact", Hosts: []string{"a.example.org"}, PathPrefix: "/users/"},
		{
			Name: "exact-get", Hosts: []string{"a.example.org"}, PathPrefix: "/m",
			Methods: []string{"GET", "HEAD"},
		},
		{
			Name: "exact-post", Hosts: []string{"a.example.org"}, PathPrefix: "/m",
			Methods: []string{"POST"},
		},
		{Name: "mixed", Hosts: []string{"mixed.org"}, PathPrefix: "/"},
		{Name: "mixed-get", Hosts: []string{"mixed.org"}, Methods: []string{"GET"}},
		{Name: "v6", Hosts: []string{"[2001:DB8:0::1]"}},
	}
	tab := table(t, rules...)
	for _, c := range []struct{ method, host, path, want string }{
		{"GET", "other.org", "/", "any"},
		{"GET", "other.org", "/usersx", "any"},
		{"GET", "other.org", "/users", "any-users"},
		{"GET", "other.org", "/users/", "any-users"},
		{"GET", "other.org", "/users/7/x", "any-users"},
		{"GET", "other.org", "*", "any"},
		{"GET", "other.org", "", "any"},
		{"GET", "", "/users", "any-users"},
		{"GET", "example.org", "/w", "any"},
		{"GET", "x.example.org", "/w", "wild"},
		{"GET", "x.y.example.org", "/w/z", "wild"},
		{"GET", "X.EXAMPLE.ORG.:8080", "/w", "wild"},
		{"GET", "x.b.example.org", "/w/deep/er/est", "wild-long"},
		{"GET", "x.b.example.org", "/w/deep", "wild"},     // falls back to the shorter wildcard
		{"GET", "x.b.example.org", "/users", "any-users"}, // and to any host
		{"GET", "b.example.org", "/w/deep/er", "wild"},    // a wildcard wants a label
		{"GET", "a.example.org", "/users/1", "exact"},     // hides any-users
		{"GET", "a.example.org", "/w", "wild"},            // exact has no such path
		{"GET", "a.example.org", "/other", "any"},         //
		{"GET", "A.Example.Org:443", "/users", "exact"},   //
		{"HEAD", "a.example.org", "/m/x", "exact-get"},    //
		{"POST", "a.example.org", "/m", "exact-post"},     //
		{"PUT", "a.example.org", "/m", "no method"},       // not handed to "any"
		{"get", "a.example.org", "/m", "no method"},       // methods have a case
		{"GET", "mixed.org", "/", "mixed-get"},            // listed before unlisted
		{"DELETE", "mixed.org", "/", "mixed"},             //
		{"GET", "[2001:db8::1]:8080", "/", "v6"},          //
		{"GET", "[2001:db8::2]", "/", "any"},              //
		{"GET", "[broken", "/", "any"},                    //
		{"GET", strings.Repeat("a.", 400) + "org", "/", "any"},
		{"GET", ".", "/", "any"},
		{"GET", ".example.org", "/w", "any"}, // a wildcard wants a label that is not empty
	} {
		rule, o := tab.Lookup([]byte(c.method), []byte(c.host), []byte(c.path), nil)
		got := o.String()
		if o == routing.Found {
			got = rules[rule].Name
		} else if rule != -1 {
			t.Errorf("%s %s%s: rule %d with outcome %s", c.method, c.host, c.path, rule, o)
		}
		if got != c.want {
			t.Errorf("%s %s%s: %s, want %s", c.method, c.host, c.path, got, c.want)
		}
	}
}

func TestOutcomeSaysHowFarItGot(t *testing.T) {
	tab := table(t, routing.Rule{
		Hosts: []string{"a.org"}, PathPrefix: "/x", Methods: []string{"POST", "GET"},
	})
	for _, c := range []struct {
		method, host, path string
		want               routing.Reach
		allow              string
	}{
		{"GET", "b.org", "/x", routing.NoHost, ""},
		{"GET", "a.org", "/y", routing.NoPath, ""},
		{"GET", "a.org", "*", routing.NoPath, ""},
		{"PUT", "a.org", "/x", routing.NoMethod, "GET, POST"},
		{"GET", "a.org", "/x", routing.Found, "GET, POST"},
	} {
		if _, o := tab.Lookup([]byte(c.method), []byte(c.host), []byte(c.path), nil); o != c.want {
			t.Errorf("%s %s%s: %s, want %s", c.method, c.host, c.path, o, c.want)
		}
		if got := tab.Allow([]byte(c.host), []byte(c.path), nil); got != c.allow {
			t.Errorf("Allow(%s%s) = %q, want %q", c.host, c.path, got, c.allow)
		}
	}
}

func TestEmptyTableFindsNothing(t *testing.T) {
	for _, tab := range []*routing.Table{table(t), new(routing.Table)} {
		if rule, o := tab.Lookup([]byte("GET"), []byte("a.org"), []byte("/"), nil); rule != -1 ||
			o != routing.NoHost {
			t.Errorf("%d, %s", rule, o)
		}
	}
}

func TestRulesThatCannotBeAreRefused(t *testing.T) {
	for want, rules := range map[string][]routing.Rule{
		"matches the same requests": {
			{Name: "a", PathPrefix: "/u/"}, {Name: "b", Hosts: []string{"*"}, PathPrefix: "/u"},
		},
		"matches the same GET requests": {
			{Name: "a", Hosts: []string{"A.org."}, Methods: []string{"GET"}},
			{Name: "b", Hosts: []string{"a.org"}, PathPrefix: "/", Methods: []string{"PUT", "GET"}},
		},
		"is listed twice":             {{Hosts: []string{"a.org", "A.org"}}},
		"method GET is listed twice":  {{Methods: []string{"GET", "GET"}}},
		"does not start with a slash": {{PathPrefix: "users"}},
		"empty or dot segment":        {{PathPrefix: "/a//b"}},
		"not the whole first label":   {{Hosts: []string{"a*.org"}}},
		"has a port":                  {{Hosts: []string{"a.org:80"}}},
		"which no host name has":      {{Hosts: []string{"a/b"}}},
		"a label that is empty":       {{Hosts: []string{"a..b"}}},
		"is empty or over 253 bytes":  {{Hosts: []string{""}}},
		"over 63 bytes":               {{Hosts: []string{strings.Repeat("a", 64) + ".org"}}},
	} {
		if _, err := routing.New(rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", rules, err, want)
		}
	}
}

func TestLongHostsAndPrefixesAreComparedToTheEnd(t *testing.T) {
	long := strings.Repeat("x", 60)
	tab := table(t,
		routing.Rule{Hosts: []string{long + ".org"}, PathPrefix: "/" + long + "/a"},
		routing.Rule{Hosts: []string{long + ".com"}, PathPrefix: "/" + long + "/b"})
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{long + ".org", "/" + long + "/a/1", 0},
		{long + ".com", "/" + long + "/b", 1},
		{long + ".org", "/" + long + "/b", -1},
		{long + ".net", "/" + long + "/a", -1},
	} {
		if rule, o := tab.Lookup([]byte("GET"), []byte(c.host), []byte(c.path),
			nil); rule != c.want {
			t.Errorf("%s%s: rule %d, %s; want %d", c.host, c.path, rule, o, c.want)
		}
	}
}

package routing_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// naive is the documented decision, written as plainly as possible: every rule and host pattern is
// scored, the best wins.
func naive(rules []routing.Rule, method, host, path string) (int, routing.Reach) {
	host = strings.ToLower(host)
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	type candidate struct{ host, prefix int }
	reach, best := routing.NoHost, candidate{-1, -1}
	for _, r := range rules {
		hosts := r.Hosts
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		for _, p := range hosts {
			h := -1
			switch wild := strings.TrimPrefix(p, "*"); {
			case p == "*":
				h = 0
			case wild != p && strings.HasSuffix(host, wild) && len(host) > len(wild):
				h = len(wild)
			case p == host:
				h = 1000
			}
			if h < 0 {
				continue
			}
			reach = max(reach, routing.NoPath)
			prefix := strings.TrimSuffix(r.PathPrefix, "/")
			if path != prefix && !strings.HasPrefix(path, prefix+"/") && prefix != "" {
				continue
			}
			if c := (candidate{h, len(prefix)}); c.host > best.host ||
				c.host == best.host && c.prefix > best.prefix {
				best, reach = c, routing.NoMethod
			}
		}
	}
	if reach != routing.NoMethod {
		return -1, reach
	}
	fallback := -1
	for i, r := range rules {
		hosts := r.Hosts
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		prefix := strings.TrimSuffix(r.PathPrefix, "/")
		if len(prefix) != best.prefix || !strings.HasPrefix(path, prefix) {
			continue
		}
		match := slices.ContainsFunc(hosts, func(p string) bool {
			wild := strings.TrimPrefix(p, "*")
			return best.host == 0 && p == "*" || best.host == 1000 && p == host ||
				wild != p && p != "*" && len(wild) == best.host && strings.HasSuffix(host, wild) &&
					len(host) > len(wild)
		})
		if !match {
			continue
		}
		if slices.Contains(r.Methods, method) {
			return i, routing.Found
		}
		if len(r.Methods) == 0 {
			fallback = i
		}
	}
	if fallback >= 0 {
		return fallback, routing.Found
	}
	return -1, routing.NoMethod
}

func TestLookupAgreesWithTheNaiveModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	// Short texts make rules that overlap, long ones cross the words that hashes are made of at
	// every place.
	short, long := []string{"a", "b", "c", "org"}, []string{
		"a", "bc", "def", "ghij", "klmnopq", "rstuvwxy", "z01234567", "89-abcdefghijklmn",
	}
	labels, segments := short, short
	host := func() string {
		n := 1 + r.IntN(4)
		parts := make([]string, n)
		for i := range parts {
			parts[i] = pick(labels...)
		}
		return strings.Join(parts, ".")
	}
	path := func() string {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString("/" + pick(segments...))
		}
		return b.String() + pick("", "/")
	}
	for round := range 3000 {
		if round%2 == 1 {
			labels, segments = long, long
		} else {
			labels, segments = short, []string{"u", "v", "ux"}
		}
		var rules []routing.Rule
		for range 1 + r.IntN(25) {
			rule := routing.Rule{PathPrefix: path()}
			for range r.IntN(3) {
				rule.Hosts = append(rule.Hosts, pick("*", "*."+host(), host(), host()))
			}
			for range r.IntN(3) {
				rule.Methods = append(rule.Methods, pick("GET", "POST", "PUT"))
			}
			if _, err := routing.New(append(rules, rule)); err == nil { // the others can't be
				rules = append(rules, rule)
			}
		}
		tab := table(t, rules...)
		for range 50 {
			m, h, p := pick("GET", "POST", "DELETE"), host(), path()
			if len(rules) > 0 && r.IntN(2) == 0 { // of a rule, or below it
				rule := rules[r.IntN(len(rules))]
				p = strings.TrimSuffix(rule.PathPrefix, "/") + pick("", "/", "/x", "x")
				if len(rule.Hosts) > 0 {
					h = strings.TrimPrefix(strings.Replace(rule.Hosts[0], "*", host(), 1), ".")
				}
			}
			if p == "" {
				p = "/"
			}
			wantRule, want := naive(rules, m, h, p)
			decorated := pick(h, strings.ToUpper(h), h+".", h+":8080", h+".:1")
			if rule, o := tab.Lookup([]byte(m), []byte(decorated), []byte(p),
				nil); rule != wantRule ||
				o != want {
				t.Fatalf("%s %s%s: rule %d, %s; the model says %d, %s\n%+v", m, decorated, p, rule,
					o, wantRule, want, rules)
			}
			checkExplanation(t, rules, m, decorated, p, wantRule, want)
			if a := tab.Allow([]byte(h), []byte(p), nil); (want == routing.NoMethod) && a == "" {
				t.Fatalf("%s%s: no Allow for a 405", h, p)
			}
		}
	}
}

func FuzzLookupNeverFails(f *testing.F) {
	tab := table(f,
		routing.Rule{Hosts: []string{"a.org", "*.a.org", "[::1]"}, PathPrefix: "/x/y"},
		routing.Rule{PathPrefix: "/z", Methods: []string{"GET"}})
	f.Add("GET", "a.org:80", "/x/y/z")
	f.Add("", "[::1]:", "*")
	f.Add("\x00", "....", "////")
	f.Fuzz(func(t *testing.T, m, h, p string) {
		rule, o := tab.Lookup([]byte(m), []byte(h), []byte(p), nil)
		if (o == routing.Found) != (rule >= 0) || rule > 1 {
			t.Fatalf("rule %d, %s", rule, o)
		}
	})
}

func FuzzNewNeverFails(f *testing.F) {
	f.Add("*.a.org", "/x", "GET")
	f.Add("[::1%eth0]", "//", "")
	f.Add("*.bücher.example", "/x", "GET")
	f.Add("\xff。org", "/x", "GET")
	f.Fuzz(func(t *testing.T, h, p, m string) {
		tab, err := routing.New([]routing.Rule{
			{Hosts: []string{h}, PathPrefix: p, Methods: []string{m}},
		})
		if err != nil || strings.HasPrefix(h, "*") || strings.HasPrefix(p, "//") {
			return
		}
		if p == "" {
			p = "/"
		}
		if strings.Contains(h, ":") || strings.IndexFunc(h, func(r rune) bool {
			return r >= utf8.RuneSelf
		}) >= 0 {
			return // the normal form is another text
		}
		if rule, o := tab.Lookup([]byte(m), []byte(h), []byte(p), nil); rule != 0 ||
			o != routing.Found {
			t.Fatalf("a rule does not match itself: %q %q %q: %s", h, p, m, o)
		}
	})
}

package routing_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// hostCases say which requests a host of a rule is for. libs/hostname, which has the rules, is
// tested with the same patterns.
var hostCases = []struct {
	pattern string
	matches string // Host of a request that the pattern is for; "" where the pattern is refused
	problem string
}{
	{"a.org", "a.org", ""},
	{"A.Org.", "a.org", ""},
	{"a.org", "A.ORG.:8080", ""},
	{"*.a.org", "x.y.a.org", ""},
	{"a_b.example", "a_b.example", ""}, // no name of DNS's hosts, but in use
	{"127.0.0.1", "127.0.0.1:80", ""},
	{"[::1]", "[::1]:8080", ""},
	{"2001:DB8:0:0::1", "[2001:db8::1]", ""},
	{"2001:db8::1", "[2001:DB8:0:0::1]:80", ""},
	{"bücher.example", "xn--bcher-kva.example", ""},
	{"BÜCHER.Example.", "XN--BCHER-KVA.example.:443", ""},
	{"bücher。example。", "xn--bcher-kva.example", ""},
	{"*.bücher.example", "shop.xn--bcher-kva.example", ""},
	{"xn--bcher-kva.example", "xn--bcher-kva.example", ""},
	{"straße.example", "xn--strae-oqa.example", ""},
	{"日本語.example", "xn--wgv71a119e.example", ""},
	{"ｅｘａｍｐｌｅ.org", "example.org", ""},

	{"", "", "253 bytes"},
	{strings.Repeat("a.", 130) + "org", "", "253 bytes"},
	{strings.Repeat("a.", 70) + "org", "", "63 labels"},
	{"a..org", "", "a label that is empty"},
	{".ü", "", "a label that is empty"},
	{strings.Repeat("ü", 62) + ".org", "", "over 63 bytes"},
	{"a b.org", "", `has ' '`},
	{"a/b", "", `has '/'`},
	{"a*.org", "", "not the whole first label"},
	{"*.*.org", "", "not the whole first label"},
	{"a.org:80", "", "has a port"},
	{"[::1]:80", "", "has a port"},
	{"https://a.org/", "", "is a URL"},
	{"[::1", "", "has a port"},
	{"a:b:c", "", "neither a host name nor an IPv6 address"},
	{"fe80::1%eth0", "", "has a zone"},
	{"*.2001:db8::1", "", "only names have wildcards"},
	{"\xff.org", "", "not UTF-8"},
	{"-ü.org", "", `IDNA allows: invalid label "-ü"`},
	{"ü b.org", "", "IDNA allows: disallowed rune U+0020"},
	{"ü.*.org", "", "IDNA allows: disallowed rune U+002A"},
	{"a_b.ü", "", "IDNA allows: disallowed rune U+005F"},
}

func TestHostsOfRules(t *testing.T) {
	for _, c := range hostCases {
		tab, err := routing.New([]routing.Rule{{Hosts: []string{c.pattern}}})
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%q: %v, want %q", c.pattern, err, c.problem)
			}
		case err != nil:
			t.Errorf("%q: %v", c.pattern, err)
		default:
			if _, o := tab.Lookup([]byte("GET"), []byte(c.matches),
				[]byte("/"), nil); o != routing.Found {
				t.Errorf("%q does not match %q: %s", c.pattern, c.matches, o)
			}
			if _, o := tab.Lookup([]byte("GET"), []byte("other.net"),
				[]byte("/"), nil); o != routing.NoHost {
				t.Errorf("%q matches other.net: %s", c.pattern, o)
			}
		}
	}
}

func TestTwoSpellingsOfAHostAreOneHost(t *testing.T) {
	for _, pair := range [][2]string{
		{"bücher.example", "xn--bcher-kva.example"}, {"BÜCHER.example", "bücher.example."},
		{"::1", "[0:0::1]"}, {"*.ü", "*.XN--TDA"},
	} {
		_, err := routing.New([]routing.Rule{
			{Name: "a", Hosts: pair[:1]}, {Name: "b", Hosts: pair[1:]},
		})
		if err == nil || !strings.Contains(err.Error(), "matches the same requests") {
			t.Errorf("%q and %q: %v", pair[0], pair[1], err)
		}
	}
}

// A request has A-labels: libs/http1 answers 400 to a Host of any other bytes, and should one come
// by another way, it belongs to no named host.
func TestRawLettersInARequestMatchNoNamedHost(t *testing.T) {
	tab := table(t, routing.Rule{Hosts: []string{"bücher.example", "*.bücher.example"}})
	for _, host := range []string{
		"bücher.example", "x.bücher.example", "b\xfccher.example", "[xn--bcher-kva.example]",
		"[::1",
	} {
		if _, o := tab.Lookup([]byte("GET"), []byte(host), []byte("/"), nil); o != routing.NoHost {
			t.Errorf("%q: %s", host, o)
		}
	}
}

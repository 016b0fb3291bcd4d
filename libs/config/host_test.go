package config

import (
	"strings"
	"testing"
)

// hostCases say what a route's host means. libs/routing, which builds the table, is tested with the same cases.
var hostCases = []struct{ pattern, normal, problem string }{
	{"a.org", "a.org", ""},
	{"A.Org.", "a.org", ""},
	{"*.a.org", "*.a.org", ""},
	{"*", "*", ""},
	{"a_b.example", "a_b.example", ""}, // no name of DNS's hosts, but in use
	{"127.0.0.1", "127.0.0.1", ""},
	{"[::1]", "::1", ""},
	{"2001:DB8:0:0::1", "2001:db8::1", ""},
	{"bücher.example", "xn--bcher-kva.example", ""},
	{"BÜCHER.Example.", "xn--bcher-kva.example", ""},
	{"bücher。example。", "xn--bcher-kva.example", ""},
	{"*.bücher.example", "*.xn--bcher-kva.example", ""},
	{"xn--bcher-kva.example", "xn--bcher-kva.example", ""},
	{"münchen.example", "xn--mnchen-3ya.example", ""},
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
	{"*.127.0.0.1", "", "only names have wildcards"},
	{"\xff.org", "", "not UTF-8"},
	{"-ü.org", "", `IDNA allows: invalid label "-ü"`},
	{"ü b.org", "", "IDNA allows: disallowed rune U+0020"},
	{"ü.*.org", "", "IDNA allows: disallowed rune U+002A"},
	{"a_b.ü", "", "IDNA allows: disallowed rune U+005F"},
}

func TestHostsHaveOneForm(t *testing.T) {
	for _, c := range hostCases {
		got, err := normalHost(c.pattern)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%q: %q, %v; want %q", c.pattern, got, err, c.problem)
			}
		case err != nil || got != c.normal:
			t.Errorf("%q: %q, %v; want %q", c.pattern, got, err, c.normal)
		}
		if c.problem == "" {
			if again, err := normalHost(got); err != nil || again != got {
				t.Errorf("%q is not normal: %q, %v", got, again, err)
			}
		}
	}
}

func TestValuesOfAHostField(t *testing.T) {
	for s, want := range map[string]bool{
		"a.org": true, "a.org:8080": true, "[::1]": true, "[::1]:80": true, "127.0.0.1": true, "127.0.0.1:80": true,
		"": false, "a.org:": false, ":80": false, "a.org:0": false, "a.org:99999": false, "::1": false, "[::1": false, "[1.2.3.4]": false,
		"*.a.org": false, "u@a.org": false, "a.org/": false, "https://a.org": false, "münchen.example": false, "a b": false,
	} {
		if hostField(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

package hostname_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// patterns say what the host of a route means. libs/routing, which builds the table, has the same
// cases with requests that match.
var patterns = []struct{ pattern, normal, problem string }{
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

func TestPatternsHaveOneForm(t *testing.T) {
	for _, c := range patterns {
		got, err := hostname.Pattern(c.pattern)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%q: %q, %v; want %q", c.pattern, got, err, c.problem)
			}
		case err != nil || got != c.normal:
			t.Errorf("%q: %q, %v; want %q", c.pattern, got, err, c.normal)
		}
		if c.problem == "" {
			if again, err := hostname.Pattern(got); err != nil || again != got {
				t.Errorf("%q is not normal: %q, %v", got, again, err)
			}
		}
	}
}

func TestHostsOfAddresses(t *testing.T) {
	for host, want := range map[string]string{
		"": "", "A.Org": "a.org", "a.org.": "a.org", "127.0.0.1": "127.0.0.1",
		"[2001:DB8:0:0::1]": "2001:db8::1",
		"[1.2.3.4]":         "!in its brackets", "[::1": "!without brackets",
		"::1": "!without brackets", "1.2.3": "!no IP address",
		"bücher.example": "!xn--bcher-kva.example", "a..b": "!a label", "a b": "!has ' '",
		"\xff": "!not UTF-8",
	} {
		got, err := hostname.OfAddress(host)
		if part, wrong := strings.CutPrefix(want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %q, %v; want %q", host, got, err, part)
			}
		} else if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", host, got, err, want)
		}
	}
}

func TestHostsOfAuthorities(t *testing.T) {
	for authority, want := range map[string]string{
		"a.org": "a.org", "A.ORG.:8080": "A.ORG", "a.org:": "a.org", "127.0.0.1:80": "127.0.0.1",
		".": ".", "": "",
		"[::1]": "::1 v6", "[::1]:8080": "::1 v6", "[a.org]": "", "[::1": "", "[]:80": "",
	} {
		got, v6 := hostname.OfAuthority([]byte(authority))
		text := string(got)
		if v6 {
			text += " v6"
		}
		if text != want {
			t.Errorf("%q: %q, want %q", authority, text, want)
		}
	}
	authority := []byte("a.org.:8080")
	if n := testing.AllocsPerRun(100, func() { hostname.OfAuthority(authority) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

package http1

import (
	"net/netip"
	"testing"
)

// headOf parses a request with some header lines.
func headOf(t testing.TB, lines string) *Head {
	t.Helper()
	var h RequestHead
	h.Reset(Limits{Fields: 1000})
	if _, err := h.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return &h.Head
}

func TestValuesOfFields(t *testing.T) {
	h := headOf(t, "X-One: 1\r\nx-two: a\r\nX-TWO:  b \r\nX-Empty:\r\nX-Two: c\r\n")
	for name, want := range map[string]string{
		"x-one": "1", "x-two": "a, b, c", "x-empty": "", "x-none": "-", "x-on": "-", "x_one": "-",
	} {
		got, out, ok := FieldValue([]byte("kept"), h, name)
		if !ok {
			got = []byte("-")
		}
		if string(got) != want || string(out[:4]) != "kept" {
			t.Errorf("%s: %q behind %q, want %q", name, got, out, want)
		}
	}
}

func TestValuesOfCookies(t *testing.T) {
	h := headOf(t, "Cookie: a=1; b=\"2 3\"; c=; a=9\r\ncookie: d=x=y;e;  f =7\r\n")
	for name, want := range map[string]string{
		"a": "1", "b": "2 3", "c": "", "d": "x=y", "e": "-", "f": "7", "A": "-", "": "-",
	} {
		got, ok := CookieValue(h, name)
		if !ok {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestValuesOfTheQuery(t *testing.T) {
	const query = "?a=1&a=2&b=%41%zz+%4&%63=d%26e&f&=g&h=i=j&&k=%"
	for name, want := range map[string]string{
		"a": "1", "b": "A%zz %4", "c": "d&e", "f": "", "": "g", "h": "i=j", "k": "%", "z": "-",
		"A": "-",
	} {
		got, _, ok := QueryValue(nil, []byte(query), name)
		if !ok {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTheClientIsTheLastAddressThatIsNoTrustedProxy(t *testing.T) {
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
	}
	for _, tc := range []struct{ remote, lines, want string }{
		{"10.0.0.1", "", "10.0.0.1"},
		{"1.1.1.1", "X-Forwarded-For: 2.2.2.2\r\n", "1.1.1.1"}, // it may say what it likes
		{"10.0.0.1", "X-Forwarded-For: 2.2.2.2\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 3.3.3.3, 2.2.2.2\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 3.3.3.3, 2.2.2.2 , 10.9.9.9\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 3.3.3.3\r\nX-Forwarded-For: 2.2.2.2,fd00::1\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 10.0.0.9, 10.0.0.8\r\n", "10.0.0.9"},
		{"10.0.0.1", "X-Forwarded-For: 2.2.2.2, unknown\r\n", "10.0.0.1"},
		{"10.0.0.1", "X-Forwarded-For: unknown, 2.2.2.2\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 2.2.2.2:80\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: [2001:db8::1]:80, ,\r\n", "2001:db8::1"},
		{"10.0.0.1", "X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1"},
		{"10.0.0.1", "X-Forwarded-For: ::ffff:10.0.0.2\r\n", "10.0.0.2"},
		{"fd00::1", "X-Forwarded-For: 2.2.2.2\r\n", "2.2.2.2"},
		{"10.0.0.1", "X-Forwarded-For: 2.2.2.2, 10.0.0.1/8\r\n", "10.0.0.1"},
	} {
		got := ClientAddress(headOf(t, tc.lines), netip.MustParseAddr(tc.remote), trusted)
		if got.String() != tc.want {
			t.Errorf("%s said %q: %s, want %s", tc.remote, tc.lines, got, tc.want)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add("a=1; b=2", "?a=%41&b", "10.0.0.1, x")
	f.Fuzz(func(t *testing.T, cookie, query, chain string) {
		var h RequestHead
		h.Reset(Limits{})
		if _, err := h.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie +
			"\r\nX-Forwarded-For: " + chain + "\r\n\r\n")); err != nil {
			return
		}
		CookieValue(&h.Head, "b")
		FieldValue(nil, &h.Head, "cookie")
		QueryValue(nil, []byte(query), "b")
		remote := netip.MustParseAddr("10.0.0.1")
		if a := ClientAddress(&h.Head, remote, nil); a != remote {
			t.Fatalf("nobody is trusted, and the client is %s", a)
		}
		ClientAddress(&h.Head, remote, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")})
	})
}

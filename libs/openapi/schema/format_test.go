package schema

import (
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	tests := map[string]struct{ yes, no []string }{
		"date": {[]string{"2024-02-29", "0000-01-01"}, []string{"2023-02-29", "2024-13-01",
			"2024-1-1",
			"2024-04-31", "24-01-01", "2024-01-01 "}},
		"time": {[]string{"23:59:60Z", "00:00:00.1+01:00", "12:00:00z"}, []string{"24:00:00Z",
			"12:00:00", "22:59:60Z", "12:00:00.Z", "12:00:00+24:00", "1:00:00Z"}},
		"date-time": {[]string{"2026-11-30T12:00:00Z", "2026-11-30t12:00:00.123-08:00",
			"1990-12-31T15:59:60-08:00"}, []string{"2026-11-30 12:00:00Z", "2026-11-30",
			"2026-11-31T12:00:00Z", "2026-11-30T12:00:00"}},
		"duration": {[]string{"P1Y2M3DT4H5M6S", "PT36H", "P4W", "P1DT12H"}, []string{"P", "PT",
			"P1",
			"P1Y1D", "PT1H1S", "P1YT", "P1W2D", "P-1D", "4DT12H30M5S"}},
		"email": {[]string{"a@example.com", `"a b"@example.com`, "a@[127.0.0.1]", "a@[IPv6:::1]"},
			[]string{"a", "@example.com", "a@", ".a@example.com", "a..b@example.com",
				"a@ex ample.com",
				"a@[1.2.3]", "a.@example.com"}},
		"uuid": {[]string{"6f9619ff-8b86-d011-b42d-00c04fc964ff",
			"6F9619FF-8B86-D011-B42D-00C04FC964FF"},
			[]string{"6f9619ff8b86d011b42d00c04fc964ff", "6f9619ff-8b86-d011-b42d-00c04fc964fg",
				""}},
		"uri": {[]string{"https://a.example/b?c#d", "urn:a:b", "mailto:a@b", "http://[::1]:80/"},
			[]string{"/a", "a", "http://a b", "http://[::1", "http://a/%zz", "1a:b",
				"http://a:b/"}},
		"uri-reference": {[]string{"/a", "a", "", "#a", "//a/b"}, []string{`\a`, "a:b c", "1a:b"}},
		"ipv4": {[]string{"0.0.0.0", "255.255.255.255"}, []string{"256.0.0.1", "1.2.3",
			"01.2.3.4",
			"1.2.3.4.5", "0x7f.0.0.1"}},
		"ipv6": {[]string{"::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"}, []string{"1.2.3.4",
			"::1%eth0",
			"1:2", ":::"}},
		"hostname": {[]string{"a", "a-b.example"}, []string{"", "-a", "a-", "a..b", "a_b",
			strings.Repeat("a", 64)}},
		"byte": {[]string{"", "YQ==", "YWI=", "YWJj"}, []string{"YQ", "YQ=", "!", "Y Q=",
			"YQ\n=="}},
		"json-pointer": {[]string{"", "/a~0b/~1"}, []string{"a", "/~", "/~2"}},
		"regex":        {[]string{"^a$"}, []string{"("}},
	}
	for name, test := range tests {
		f := formats[name]
		if f == nil {
			t.Errorf("%s is not known", name)
			continue
		}
		for _, s := range test.yes {
			if !f.text([]byte(s)) {
				t.Errorf("%s: %q is none", name, s)
			}
		}
		for _, s := range test.no {
			if f.text([]byte(s)) {
				t.Errorf("%s: %q is one", name, s)
			}
		}
	}
	numbers := map[string]struct{ yes, no []string }{
		"int32": {[]string{"2147483647", "-2147483648", "1.0", "1e9"}, []string{"2147483648", "1.5",
			"-2147483649", "1e10"}},
		"int64": {[]string{"9223372036854775807", "-9223372036854775808"},
			[]string{"9223372036854775808", "0.1", "1e19"}},
		"float":  {[]string{"3.4e38", "0.1"}, []string{"3.5e38", "1e39"}},
		"double": {[]string{"1.7e308"}, []string{"1e309", "-2e308"}},
		"uint64": {[]string{"18446744073709551615"}, []string{"18446744073709551616", "-1"}},
	}
	for name, test := range numbers {
		for _, s := range test.yes {
			if !formats[name].number([]byte(s)) {
				t.Errorf("%s: %s is none", name, s)
			}
		}
		for _, s := range test.no {
			if formats[name].number([]byte(s)) {
				t.Errorf("%s: %s is one", name, s)
			}
		}
	}
}

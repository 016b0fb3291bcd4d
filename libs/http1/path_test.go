package http1

import "testing"

func TestTheFormsOfAPath(t *testing.T) {
	const slash, back, param, doubled, small = EncodedSlash, EncodedBackslash, Parameters,
		DoubledSlashes, smallDigits
	for _, tc := range []struct {
		in, path     string
		odd          Oddities
		merged, kept string // as it goes on
		matter       bool   // whether keeping slashes makes it another path
		served       string // by an endpoint that decodes and drops parameters
		dots         bool
	}{
		{"/a/b", "/a/b", 0, "/a/b", "/a/b", false, "/a/b", false},
		{"/a%20b", "/a%20b", 0, "/a%20b", "/a%20b", false, "/a%20b", false},
		{"/a%3ab", "/a%3Ab", 0, "/a%3Ab", "/a%3Ab", false, "/a%3Ab", false},
		{"/a%2Fb", "/a%2Fb", slash, "/a%2Fb", "/a%2Fb", false, "/a/b", false},
		{"/a%2fb", "/a%2Fb", slash | small, "/a%2fb", "/a%2fb", false, "/a/b", false},
		{"/a%5Cb", "/a%5Cb", back, "/a%5Cb", "/a%5Cb", false, "/a/b", false},
		{
			"/a%5cb%2F%2f%c3%a4", "/a%5Cb%2F%2F%C3%A4", slash | back | small,
			"/a%5cb%2F%2f%C3%A4", "/a%5cb%2F%2f%C3%A4", false, "/a/b/%C3%A4", false,
		},
		{"//a", "/a", doubled, "/a", "//a", false, "/a", false},
		{"/a//b///", "/a/b/", doubled, "/a/b/", "/a//b///", false, "/a/b/", false},
		{"/a//b/./c", "/a/b/c", doubled, "/a/b/c", "/a//b/c", false, "/a/b/c", false},
		{"/a//b/../c", "/a/c", doubled, "/a/c", "/a//c", false, "/a/c", false},
		{"/a//../b", "/b", doubled, "/b", "/a/b", true, "/b", false},
		{"//..//a", "/a", doubled, "/a", "//a", false, "/a", false},
		{"/x//%2e%2e/admin", "/admin", doubled, "/admin", "/x/admin", true, "/admin", false},
		{"/a//%2fb", "/a/%2Fb", doubled | slash | small, "/a/%2fb", "/a//%2fb", false, "/a/b",
			false},
		{"/enc/..%2fadmin", "/enc/..%2Fadmin", slash | small, "/enc/..%2fadmin", "/enc/..%2fadmin",
			false, "/admin", true},
		{"/enc/%2e%2e%2Fadmin", "/enc/..%2Fadmin", slash, "/enc/..%2Fadmin", "/enc/..%2Fadmin",
			false, "/admin", true},
		{"/enc/a%2f.%2fb", "/enc/a%2F.%2Fb", slash | small, "/enc/a%2f.%2fb", "/enc/a%2f.%2fb",
			false, "/enc/a/b", true},
		{"/enc/a%2f..", "/enc/a%2F..", slash | small, "/enc/a%2f..", "/enc/a%2f..",
			false, "/enc/", true},
		{"/enc/..%5cadmin", "/enc/..%5Cadmin", back | small, "/enc/..%5cadmin", "/enc/..%5cadmin",
			false, "/admin", true},
		{"/a%2f...%2fb", "/a%2F...%2Fb", slash | small, "/a%2f...%2fb", "/a%2f...%2fb", false,
			"/a/.../b", false},
		{"/enc/%252e%252e%252fadmin", "/enc/%252e%252e%252fadmin", 0, "/enc/%252e%252e%252fadmin",
			"/enc/%252e%252e%252fadmin", false, "/enc/%252e%252e%252fadmin", false},
		{"/a;x=1/b", "/a;x=1/b", param, "/a;x=1/b", "/a;x=1/b", false, "/a/b", false},
		{"/a;x%2F..%2Fb", "/a;x%2F..%2Fb", param | slash, "/a;x%2F..%2Fb", "/a;x%2F..%2Fb", false,
			"/b", true},
		{"/app/..;/admin", "/app/..;/admin", param, "/app/..;/admin", "/app/..;/admin", false,
			"/admin", true},
		{"/app/%2e%2e%3bx/admin", "/app/..%3Bx/admin", param, "/app/..%3Bx/admin",
			"/app/..%3Bx/admin", false, "/admin", true},
		{"/app/.;/a", "/app/.;/a", param, "/app/.;/a", "/app/.;/a", false, "/app/a", true},
		{"/;x/admin", "/;x/admin", param, "/;x/admin", "/;x/admin", false, "/admin", false},
		{"/admin;", "/admin;", param, "/admin;", "/admin;", false, "/admin", false},
	} {
		r, err := parseRequest(t, "GET "+tc.in+"?q HTTP/1.1\r\nHost: h\r\n\r\n")
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
			continue
		}
		if string(r.Path) != tc.path || r.Oddities != tc.odd {
			t.Errorf("%s is %s, odd %b; want %s, %b", tc.in, r.Path, r.Oddities, tc.path, tc.odd)
		}
		for range 2 { // asking changes nothing
			if got := string(r.AppendPath([]byte("x"), false)); got != "x"+tc.merged {
				t.Errorf("%s goes on as %s, want %s", tc.in, got, tc.merged)
			}
			if got := string(r.AppendPath([]byte("x"), true)); got != "x"+tc.kept {
				t.Errorf("%s with its slashes goes on as %s, want %s", tc.in, got, tc.kept)
			}
			if got := r.SlashesMatter(); got != tc.matter {
				t.Errorf("%s: slashes matter: %v", tc.in, got)
			}
			served, dots := r.AppendServed([]byte("x"))
			if string(served) != "x"+tc.served || dots != tc.dots {
				t.Errorf("%s is served as %s, dots %v; want %s, %v", tc.in, served, dots, tc.served,
					tc.dots)
			}
		}
		if string(r.Path) != tc.path {
			t.Errorf("%s was %s and is %s", tc.in, tc.path, r.Path)
		}
	}
}

func TestAQueryMayHaveBackslashes(t *testing.T) {
	for _, tc := range [][3]string{
		{"/a?b\\c", "/a", "?b\\c"},
		{"/a?\\", "/a", "?\\"},
		{"/a?b=C:\\d\\..\\e&f=?\\", "/a", "?b=C:\\d\\..\\e&f=?\\"},
		{"http://h/a?b\\c", "/a", "?b\\c"},
		{"http://h?b\\c", "/", "?b\\c"},
	} {
		r, err := parseRequest(t, "GET "+tc[0]+" HTTP/1.1\r\nHost: h\r\n\r\n")
		if err != nil || string(r.Path) != tc[1] || string(r.Query) != tc[2] {
			t.Errorf("%s is %s and %s, %v", tc[0], r.Path, r.Query, err)
		}
	}
}

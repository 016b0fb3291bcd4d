package http2

import "bytes"

// Character classes, looked up once per byte.
const (
	cName    = 1 << iota // a field name: tchar in lower case (RFC 9113 section 8.2.1)
	cToken               // tchar (RFC 9110 section 5.6.2)
	cValue               // field-vchar, SP and HTAB (RFC 9110 section 5.5), obs-text included
	cTarget              // what a path and query may hold
	cHost                // reg-name without sub-delims and percent signs
	cScheme              // RFC 3986 section 3.1
	cAddress             // within the brackets of an IPv6 address
)

var class = buildClasses()

func buildClasses() (t [256]uint8) {
	set := func(bit uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	const digits, small, capital = "0123456789", "abcdefghijklmnopqrstuvwxyz",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	set(cName, "!#$%&'*+-.^_`|~"+digits+small)
	set(cToken, "!#$%&'*+-.^_`|~"+digits+small+capital)
	set(cHost, "-._~"+digits+small+capital)
	set(cScheme, "+-."+digits+small+capital)
	set(cAddress, ":."+digits+"abcdefABCDEF")
	for c := range 256 {
		if c == '\t' || c >= ' ' && c != 0x7f {
			t[c] |= cValue
		}
		// RFC 3986 allows fewer; backslash and fragment are what other parsers
		// take for a slash and for the end.
		if c > ' ' && c < 0x7f && c != '\\' && c != '#' {
			t[c] |= cTarget
		}
	}
	return t
}

func allOf(b []byte, bit uint8) bool {
	for _, c := range b {
		if class[c]&bit == 0 {
			return false
		}
	}
	return true
}

// validPath reports whether a path and query has only what it may have: a backslash too
// behind the question mark, as browsers send it.
func validPath(b []byte) bool {
	for i, c := range b {
		if class[c]&cTarget == 0 && (c != '\\' || bytes.IndexByte(b[:i], '?') < 0) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func equalFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// parseLength reads a Content-Length: digits only, within 63 bits.
func parseLength(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// validAuthority reports whether a is a host, possibly with a port, without
// user information (RFC 9113 section 8.3.1), an IPv6 address in brackets.
func validAuthority(a []byte) bool {
	if len(a) == 0 {
		return false
	}
	end := 0
	if a[0] == '[' {
		for end < len(a) && a[end] != ']' {
			end++
		}
		if end < 3 || end == len(a) || !allOf(a[1:end], cAddress) {
			return false
		}
		end++
	} else {
		for end < len(a) && a[end] != ':' {
			end++
		}
		if end == 0 || !allOf(a[:end], cHost) {
			return false
		}
	}
	if end == len(a) {
		return true
	}
	port := a[end+1:]
	if a[end] != ':' || len(port) > 5 {
		return false
	}
	n, ok := parseLength(port)
	return len(port) == 0 || ok && n <= 65535
}

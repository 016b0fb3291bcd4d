package http1

// Character classes, looked up once per byte.
const (
	cToken  = 1 << iota // tchar, RFC 9110 section 5.6.2
	cValue              // field-vchar, SP and HTAB, RFC 9110 section 5.5 (obs-text included)
	cTarget             // what a request target may hold
	cHost               // reg-name without sub-delims and percent signs
	cHex
	cDigit
	cUnreserved // RFC 3986 section 2.3
)

var class = buildClasses()

func buildClasses() (t [256]uint8) {
	set := func(bit uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	set(cToken, "!#$%&'*+-.^_`|~"+digits+letters)
	set(cHost, "-._~"+digits+letters)
	set(cHex, digits+"abcdefABCDEF")
	set(cDigit, digits)
	set(cUnreserved, "-._~"+digits+letters)
	for c := 0; c < 256; c++ {
		if c == '\t' || c >= ' ' && c != 0x7f {
			t[c] |= cValue
		}
		// RFC 3986 allows fewer, but queries with quotes, braces, pipes and
		// carets are common and harmless. Backslash and fragment are not: other
		// parsers take the one for a slash and cut the target at the other.
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

func isToken(b []byte) bool { return len(b) > 0 && allOf(b, cToken) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// EqualFold compares b with s, which must be in lower case, without regard to the case of ASCII
// letters.
func EqualFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

// unhex is the value of a hexadecimal digit.
func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return lower(c) - 'a' + 10
	}
}

// trimOWS cuts optional white space (RFC 9110 section 5.6.3) off both ends.
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// nextElement takes the first element off a comma-separated list
// (RFC 9110 section 5.6.1). Empty elements come out as empty slices.
func nextElement(list []byte) (element, rest []byte) {
	for i, c := range list {
		if c == ',' {
			return trimOWS(list[:i]), list[i+1:]
		}
	}
	return trimOWS(list), nil
}

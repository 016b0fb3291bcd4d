package schema

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

func isURI(s []byte) bool          { return isReference(s, true, false) }
func isURIReference(s []byte) bool { return isReference(s, false, false) }
func isIRI(s []byte) bool          { return isReference(s, true, true) }
func isIRIReference(s []byte) bool { return isReference(s, false, true) }

// signs of RFC 3986 that stand for themselves in each part of a URI, beside letters and digits.
const (
	unreserved = "-._~"
	subDelims  = "!$&'()*+,;="
)

// only reports whether a text has nothing but letters, digits, encoded bytes and certain signs, and
// where it is wide what is not ASCII.
func only(s []byte, signs string, wide bool) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case alpha(c), digit(c):
		case c == '%':
			if i+2 >= len(s) || !hex(s[i+1]) || !hex(s[i+2]) {
				return false
			}
			i += 2
		case c >= utf8.RuneSelf:
			if !wide {
				return false
			}
		case bytes.IndexByte([]byte(signs), c) < 0:
			return false
		}
	}
	return true
}

// isReference reads a URI reference (RFC 3986), or one that begins with a scheme.
func isReference(s []byte, absolute, wide bool) bool {
	s, fragment, _ := bytes.Cut(s, []byte{'#'})
	s, query, _ := bytes.Cut(s, []byte{'?'})
	const pchar = unreserved + subDelims + ":@"
	if !only(fragment, pchar+"/?", wide) || !only(query, pchar+"/?", wide) {
		return false
	}
	scheme := scheme(s)
	if scheme == 0 && absolute {
		return false
	}
	if scheme > 0 {
		s = s[scheme+1:]
	}
	if rest, ok := bytes.CutPrefix(s, []byte("//")); ok {
		end := bytes.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		return isAuthority(rest[:end], wide) && only(rest[end:], pchar+"/", wide)
	}
	if scheme == 0 { // the first segment would be taken for a scheme
		first, _, _ := bytes.Cut(s, []byte{'/'})
		if bytes.IndexByte(first, ':') >= 0 {
			return false
		}
	}
	return only(s, pchar+"/", wide)
}

// scheme is how long the scheme is that a URI begins with, 0: none is there.
func scheme(s []byte) int {
	for i, c := range s {
		switch {
		case c == ':':
			return i
		case alpha(c):
		case i > 0 && (digit(c) || c == '+' || c == '-' || c == '.'):
		default:
			return 0
		}
	}
	return 0
}

func isAuthority(s []byte, wide bool) bool {
	if at := bytes.LastIndexByte(s, '@'); at >= 0 {
		if !only(s[:at], unreserved+subDelims+":", wide) {
			return false
		}
		s = s[at+1:]
	}
	if len(s) > 0 && s[0] == '[' {
		end := bytes.IndexByte(s, ']')
		if end < 0 {
			return false
		}
		inner := s[1:end]
		future := len(inner) > 3 && inner[0]|0x20 == 'v'
		if !isIPv6(inner) && !(future && only(inner, unreserved+subDelims+":", false)) {
			return false
		}
		s = s[end+1:]
		return len(s) == 0 || s[0] == ':' && digits(s[1:])
	}
	host, port, _ := bytes.Cut(s, []byte{':'})
	return only(host, unreserved+subDelims, wide) && digits(port)
}

func digits(s []byte) bool {
	for _, c := range s {
		if !digit(c) {
			return false
		}
	}
	return true
}

// isURITemplate looks for braces that pair, and for what RFC 6570 has between them.
func isURITemplate(s []byte) bool {
	for len(s) > 0 {
		switch c := s[0]; {
		case c == '{':
			end := bytes.IndexByte(s, '}')
			if end < 2 || !isExpression(s[1:end]) {
				return false
			}
			s = s[end+1:]
			continue
		case c == '}', c <= ' ', c == '"', c == '\'', c == '<', c == '>', c == '\\', c == '^',
			c == '`', c == '|', c == 0x7f:
			return false
		case c == '%' && !only(s[:min(3, len(s))], "", true):
			return false
		}
		s = s[1:]
	}
	return true
}

func isExpression(s []byte) bool {
	if bytes.IndexByte([]byte("+#./;?&=,!@|"), s[0]) >= 0 {
		s = s[1:]
	}
	for _, name := range bytes.Split(s, []byte{','}) {
		name, most, some := bytes.Cut(bytes.TrimSuffix(name, []byte{'*'}), []byte{':'})
		if len(name) == 0 || !only(name, "_.", false) {
			return false
		}
		if some && (len(most) == 0 || len(most) > 4 || most[0] == '0' || !digits(most)) {
			return false
		}
	}
	return true
}

func isPointer(s []byte) bool {
	if len(s) > 0 && s[0] != '/' {
		return false
	}
	for i, c := range s {
		if c == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

func isRelativePointer(s []byte) bool {
	k := 0
	for k < len(s) && digit(s[k]) {
		k++
	}
	if k == 0 || k > 1 && s[0] == '0' {
		return false
	}
	return string(s[k:]) == "#" || isPointer(s[k:])
}

// maxRegex is how long a text may be that is to be an expression.
const maxRegex = 1024

func isRegex(s []byte) bool {
	if len(s) > maxRegex {
		return false
	}
	_, err := newPattern(string(s))
	return err == nil
}

func isBase64(s []byte) bool {
	if len(s)%4 != 0 {
		return false
	}
	return isCoded(s, base64.StdEncoding)
}

func isBase64URL(s []byte) bool {
	return isCoded(bytes.TrimRight(s, "="), base64.RawURLEncoding)
}

// isCoded reports whether a text decodes, piece by piece.
func isCoded(s []byte, code *base64.Encoding) bool {
	var room [768]byte
	for len(s) > 0 {
		piece := s[:min(len(s), 1024)]
		if bytes.IndexByte(piece, '\n') >= 0 || bytes.IndexByte(piece, '\r') >= 0 {
			return false // the decoder would leave them out
		}
		if bytes.IndexByte(piece, '=') >= 0 && len(piece) < len(s) {
			return false
		}
		if _, err := code.Decode(room[:], piece); err != nil {
			return false
		}
		s = s[len(piece):]
	}
	return true
}

func isChar(s []byte) bool { return utf8.RuneCount(s) == 1 }

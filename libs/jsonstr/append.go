package jsonstr

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// plain says for each byte whether it stands for itself in a JSON string: printable ASCII but the
// quote and the backslash.
var plain = func() (p [256]bool) {
	for c := ' '; c <= '~'; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// Append appends s to dst as a JSON string with its quotes.
func Append[S ~string | ~[]byte](dst []byte, s S) []byte {
	// AppendInner is not called: this would be small enough then to be inlined, for each field of a
	// line of the access log, whose frame would need a larger stack of each connection.
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if !plain[s[i]] {
			return append(appendEscaped(dst, s, i), '"')
		}
	}
	dst = append(dst, s...)
	return append(dst, '"')
}

// AppendInner appends s to dst as it stands between the quotes of a JSON string.
func AppendInner[S ~string | ~[]byte](dst []byte, s S) []byte {
	for i := 0; i < len(s); i++ {
		if !plain[s[i]] {
			return appendEscaped(dst, s, i)
		}
	}
	return append(dst, s...)
}

// appendEscaped is AppendInner from the first byte on, at i, that may not stand for itself.
func appendEscaped[S ~string | ~[]byte](dst []byte, s S, i int) []byte {
	start := 0
	for i < len(s) {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = runeOf(s[i:]); size > 0 && !Hidden(r) {
				i += size
				continue
			}
			dst = append(dst, s[start:i]...)
			if size == 0 {
				r, size = utf8.RuneError, 1
			}
			dst = appendEscape(dst, r)
			i += size
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += size
		start = i
	}
	return append(dst, s[start:]...)
}

// runeOf returns the rune at the start of s, and how many bytes it has: 0 when they are not
// UTF-8.
func runeOf[S ~string | ~[]byte](s S) (rune, int) {
	var b [utf8.UTFMax]byte
	n := copy(b[:], s)
	r, size := utf8.DecodeRune(b[:n])
	if r == utf8.RuneError && size <= 1 {
		return r, 0
	}
	return r, size
}

// Hidden reports whether a rune beyond ASCII must not stand raw in a log: a terminal obeys it
// (C1 controls), it changes the direction of what follows or is not seen at all (format
// characters), or it ends a line in some readers (U+2028, U+2029).
func Hidden(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.Is(unicode.C, r) || r == 0x2028 || r == 0x2029)
}

// appendEscape appends a rune beyond ASCII as JSON escapes it: one above U+FFFF is two halves.
func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendEscape(appendEscape(dst, high), low)
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// Escape returns the text with its Hidden runes escaped, as they are in a JSON string. It is
// for lines that something else has written.
func Escape(line []byte) []byte {
	i := bytes.IndexFunc(line, Hidden)
	if i < 0 {
		return line
	}
	dst := append(make([]byte, 0, len(line)+16), line[:i]...)
	for rest := line[i:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if Hidden(r) {
			dst = appendEscape(dst, r)
		} else {
			dst = append(dst, rest[:size]...)
		}
		rest = rest[size:]
	}
	return dst
}

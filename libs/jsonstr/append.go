package jsonstr

import "unicode/utf8"

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
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if !plain[s[i]] {
			return appendEscaped(dst, s, i)
		}
	}
	dst = append(dst, s...)
	return append(dst, '"')
}

// appendEscaped is Append from the first byte on, at i, that may not stand for itself.
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
			size = runeLen(s[i:])
			// U+2028 and U+2029 end a line in some readers, so a log line must not hold them raw.
			if size > 0 && (size != 3 || c != 0xe2 || s[i+1] != 0x80 || s[i+2]&^1 != 0xa8) {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch {
		case size == 0:
			dst, size = append(dst, `\ufffd`...), 1
		case size == 3:
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[s[i+2]&15])
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
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// runeLen returns how many bytes the rune at the start of s has, 0 when they are not UTF-8.
func runeLen[S ~string | ~[]byte](s S) int {
	var b [utf8.UTFMax]byte
	n := copy(b[:], s)
	r, size := utf8.DecodeRune(b[:n])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

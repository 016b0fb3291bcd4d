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
	return append(AppendInner(append(dst, '"'), s), '"')
}

// AppendInner appends s to dst as it stands between the quotes of a JSON string.
//
// It is not inlined: it is called for each field of a line of the access log, whose frame would
// need a larger stack of each connection.
//
//go:noinline
func AppendInner[S ~string | ~[]byte](dst []byte, s S) []byte {
	rest := s
	for len(rest) >= 8 && special(word(rest)) == 0 {
		rest = rest[8:]
	}
	for i := len(s) - len(rest); i < len(s); i++ {
		if !plain[s[i]] {
			return appendEscaped(dst, s, i)
		}
	}
	return append(dst, s...)
}

// word is the first eight bytes of s, the first one lowest. The compiler makes one load of it.
func word[S ~string | ~[]byte](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// special is not 0 where one of the eight bytes of a word is not plain. A byte that is less than n,
// for n up to 128, has its highest bit in (w - n) &^ w, and one that is c is less than 1 in w ^ c;
// what a byte borrows from the next can only do harm behind one that is found (Bit Twiddling Hacks,
// "Determine if a word has a byte less than n").
func special(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, slash, del := w^'"'*ones, w^'\\'*ones, w^0x7f*ones
	return (w | (w-' '*ones)&^w | (quote-ones)&^quote | (slash-ones)&^slash |
		(del-ones)&^del) & high
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

package value

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string.
func (p *parser) text() *Error {
	p.i++
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.add(Node{Kind: String, start: uint32(start), end: uint32(p.i)})
			p.i++
			return nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return p.fail(RuleSyntax, "a control character stands in a text")
		case c < utf8.RuneSelf:
			p.i++
		default:
			r, size := utf8.DecodeRune(p.s[p.i:])
			if r == utf8.RuneError && size == 1 {
				return p.fail(RuleEncoding, "the text is not UTF-8")
			}
			p.i += size
		}
	}
	return p.fail(RuleSyntax, "a text does not end")
}

// escaped reads the rest of a string from its first backslash on.
func (p *parser) escaped(start int) *Error {
	t := p.t
	first := len(t.made)
	t.made = append(t.made, p.s[start:p.i]...)
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.add(Node{Kind: String, made: true, start: uint32(first), end: uint32(len(t.made))})
			p.i++
			return nil
		case c == '\\':
			if e := p.escape(); e != nil {
				return e
			}
		case c < ' ':
			return p.fail(RuleSyntax, "a control character stands in a text")
		case c < utf8.RuneSelf:
			t.made = append(t.made, c)
			p.i++
		default:
			r, size := utf8.DecodeRune(p.s[p.i:])
			if r == utf8.RuneError && size == 1 {
				return p.fail(RuleEncoding, "the text is not UTF-8")
			}
			t.made = append(t.made, p.s[p.i:p.i+size]...)
			p.i += size
		}
	}
	return p.fail(RuleSyntax, "a text does not end")
}

const (
	escapes = `"\/bfnrt`
	meant   = "\"\\/\b\f\n\r\t"
)

// escape reads what a backslash begins.
func (p *parser) escape() *Error {
	if p.i+1 >= len(p.s) {
		return p.fail(RuleSyntax, "a text does not end")
	}
	c := p.s[p.i+1]
	if c != 'u' {
		k := strings.IndexByte(escapes, c)
		if k < 0 {
			return p.fail(RuleSyntax, "JSON has no such escape")
		}
		p.t.made = append(p.t.made, meant[k])
		p.i += 2
		return nil
	}
	r, ok := hex4(p.s[p.i+2:])
	if !ok {
		return p.fail(RuleSyntax, "JSON has no such escape")
	}
	p.i += 6
	if utf16.IsSurrogate(r) {
		low := rune(0)
		if bytes.HasPrefix(p.s[p.i:], []byte(`\u`)) {
			low, _ = hex4(p.s[p.i+2:])
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return p.fail(RuleEncoding, "half of a pair of surrogates stands alone")
		}
		p.i += 6
	}
	p.t.made = utf8.AppendRune(p.t.made, r)
	return nil
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

package jwt

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects are within one another.
const maxDepth = 16

// What is wrong with a JSON text.
var (
	errSyntax = errors.New("it is not JSON")
	errDouble = errors.New("two members of an object have the same name")
	errDeep   = errors.New("it is nested too deeply")
)

// readObject reads a JSON text (RFC 8259) that is one object. Strings are Go's, numbers are
// json.Number. Of two members with the same name another reader may see the other one, so they are
// an error; so is what is not UTF-8, half a surrogate pair, and whatever stands behind the object.
func readObject(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, errSyntax
	}
	r := reader{text: string(data)}
	r.space()
	if r.peek() != '{' {
		return nil, errSyntax
	}
	v, err := r.object(0)
	if err != nil {
		return nil, err
	}
	if r.space(); r.at < len(r.text) {
		return nil, errSyntax
	}
	return v, nil
}

type reader struct {
	text string
	at   int
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end. No JSON text has a 0 where it is asked for.
func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) value(depth int) (any, error) {
	switch c := r.peek(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *reader) word(w string) error {
	if !strings.HasPrefix(r.text[r.at:], w) {
		return errSyntax
	}
	r.at += len(w)
	return nil
}

func (r *reader) object(depth int) (map[string]any, error) {
	if depth == maxDepth {
		return nil, errDeep
	}
	r.at++ // the brace
	all := make(map[string]any)
	if r.space(); r.take('}') {
		return all, nil
	}
	for {
		r.space()
		if r.peek() != '"' {
			return nil, errSyntax
		}
		name, err := r.string()
		if err != nil {
			return nil, err
		}
		if r.space(); !r.take(':') {
			return nil, errSyntax
		}
		r.space()
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if _, ok := all[name]; ok {
			return nil, errDouble
		}
		all[name] = v
		switch r.space(); {
		case r.take('}'):
			return all, nil
		case !r.take(','):
			return nil, errSyntax
		}
	}
}

func (r *reader) array(depth int) ([]any, error) {
	if depth == maxDepth {
		return nil, errDeep
	}
	r.at++ // the bracket
	all := []any{}
	if r.space(); r.take(']') {
		return all, nil
	}
	for {
		r.space()
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		switch r.space(); {
		case r.take(']'):
			return all, nil
		case !r.take(','):
			return nil, errSyntax
		}
	}
}

func (r *reader) string() (string, error) {
	r.at++ // the quote
	start := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			s := r.text[start:r.at]
			r.at++
			return s, nil
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			return "", errSyntax
		}
		r.at++
	}
	return "", errSyntax
}

// escaped reads a string that has an escape, at which r stands.
func (r *reader) escaped(start int) (string, error) {
	b := []byte(r.text[start:r.at])
	for r.at < len(r.text) {
		c := r.text[r.at]
		r.at++
		switch {
		case c == '"':
			return string(b), nil
		case c < ' ':
			return "", errSyntax
		case c != '\\':
			b = append(b, c)
			continue
		}
		kind := r.peek()
		r.at++
		if kind == 'u' {
			char, ok := r.unicode()
			if !ok {
				return "", errSyntax
			}
			b = utf8.AppendRune(b, char)
			continue
		}
		i := strings.IndexByte(`"\/bfnrt`, kind)
		if i < 0 {
			return "", errSyntax
		}
		b = append(b, "\"\\/\b\f\n\r\t"[i])
	}
	return "", errSyntax
}

// unicode reads the rest of \uXXXX, and the second half of a pair behind it.
func (r *reader) unicode() (rune, bool) {
	first, ok := r.hex()
	if !ok || !utf16.IsSurrogate(first) {
		return first, ok
	}
	if r.word(`\u`) != nil {
		return 0, false
	}
	second, ok := r.hex()
	char := utf16.DecodeRune(first, second)
	return char, ok && char != utf8.RuneError
}

func (r *reader) hex() (n rune, ok bool) {
	if len(r.text)-r.at < 4 {
		return 0, false
	}
	for range 4 {
		c := r.text[r.at]
		r.at++
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

func (r *reader) number() (json.Number, error) {
	start := r.at
	r.take('-')
	if !r.take('0') && !r.digits() {
		return "", errSyntax
	}
	if r.take('.') && !r.digits() {
		return "", errSyntax
	}
	if r.take('e') || r.take('E') {
		if !r.take('-') {
			r.take('+')
		}
		if !r.digits() {
			return "", errSyntax
		}
	}
	return json.Number(r.text[start:r.at]), nil
}

func (r *reader) digits() bool {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at > start
}

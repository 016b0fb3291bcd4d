package text

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// quoted reads a text in quotes that holds nothing to be replaced.
func (r *plainReader) quoted() (Node, bool) {
	n := Node{Kind: String, At: r.place()}
	mark := r.text[r.pos]
	rest := r.text[r.pos+1:]
	end := strings.IndexByte(rest, mark)
	if end < 0 {
		return n, false
	}
	n.Text = rest[:end]
	for i := range end {
		if c := rest[i]; c < ' ' || c == '\\' || c == 0x7f {
			return n, false
		}
	}
	r.pos += end + 2
	return n, r.pos == len(r.text) || r.text[r.pos] != mark // '' is one quote
}

// scalar reads a value without quotes.
func (r *plainReader) scalar(inFlow bool) (Node, bool) {
	n := Node{At: r.place()}
	start, i := r.pos, r.pos
	if plainBytes[r.text[i]]&starts == 0 {
		if r.text[i] != '-' || i+1 >= len(r.text) || plainBytes[r.text[i+1]]&alnum == 0 {
			return n, false
		}
	}
	end := i
	for i < len(r.text) {
		c := r.text[i]
		if plainBytes[c]&within == 0 {
			break
		}
		if c == ' ' {
			// Blanks are part of the value if more of it follows.
			for i < len(r.text) && r.text[i] == ' ' {
				i++
			}
			if i < len(r.text) && (r.text[i] == ':' || r.text[i] == '-') {
				return n, false
			}
			continue
		}
		i++
		if c == ':' && (i == len(r.text) || plainBytes[r.text[i]]&within == 0 || r.text[i] == ' ') {
			return n, false
		}
		end = i
	}
	r.pos = end
	if i < len(r.text) {
		switch c := r.text[i]; {
		case inFlow && (c == ',' || c == ']' || c == '}'):
		case !inFlow && (c == '\n' || c == '#' && i > end):
		default:
			return n, false
		}
	} else if inFlow {
		return n, false
	}
	n.Text = r.text[start:end]
	var ok bool
	n.Kind, ok = plainKind(n.Text)
	return n, ok
}

// flow reads a value in brackets or braces.
func (r *plainReader) flow(depth int) (Node, bool) {
	n := Node{Kind: List, At: r.place()}
	closing := byte(']')
	if r.text[r.pos] == '{' {
		n.Kind, closing = Map, '}'
	}
	firstKey, firstValue := len(r.openKeys), len(r.openValues)
	r.pos++
	for first := true; ; first = false {
		if !r.flowSpace() {
			return n, false
		}
		if r.text[r.pos] == closing {
			r.pos++
			break
		}
		if !first {
			if r.text[r.pos] != ',' {
				return n, false
			}
			r.pos++
			if !r.flowSpace() {
				return n, false
			}
			if r.text[r.pos] == closing { // a comma at the end is allowed
				r.pos++
				break
			}
		}
		if n.Kind == Map {
			k, ok := r.flowKey()
			if !ok || !r.newKey(k, firstKey) || !r.flowSpace() {
				return n, false
			}
		}
		v, ok := r.flowValue(depth)
		if !ok {
			return n, false
		}
		r.openValues = append(r.openValues, v)
	}
	r.close(&n, firstKey, firstValue)
	return n, true
}

func (r *plainReader) flowValue(depth int) (Node, bool) {
	if r.count++; r.count > maxNodes || depth > plainDepth {
		return Node{}, false
	}
	switch r.text[r.pos] {
	case '[', '{':
		return r.flow(depth + 1)
	case '"', '\'':
		return r.quoted()
	default:
		return r.scalar(true)
	}
}

func (r *plainReader) flowKey() (Key, bool) {
	if c := r.text[r.pos]; c != '"' && c != '\'' {
		return r.key()
	}
	n, ok := r.quoted()
	if !ok || len(n.Text) > plainKey || r.pos >= len(r.text) || r.text[r.pos] != ':' {
		return Key{}, false
	}
	r.pos++
	return Key{n.Text, n.At}, true
}

// flowSpace goes to the next value or sign within brackets, be it in a later line. There is always
// one, or the file is wrong.
func (r *plainReader) flowSpace() bool {
	r.spaces()
	if r.pos < len(r.text) && (r.text[r.pos] == '\n' || r.text[r.pos] == '#') {
		// What begins in the first column could be the end of the document.
		if r.text[r.pos] == '#' && r.text[r.pos-1] != ' ' || !r.comment() || !r.advance() ||
			r.indent <= 0 {
			return false
		}
	}
	return r.pos < len(r.text)
}

// Classes of bytes in plain YAML.
const (
	inKey  = 1 << iota // of a key
	within             // a value without quotes
	starts             // a value without quotes
	alnum
)

// plainBytes are the classes of each byte. Bytes beyond ASCII are letters; plainRunes has looked at
// them.
var plainBytes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			t[c] = inKey | within | starts | alnum
		case c >= utf8.RuneSelf:
			t[c] = within | starts
		}
	}
	for _, c := range "_" {
		t[c] = inKey | within | starts
	}
	for _, c := range "./" {
		t[c] = inKey | within | starts
	}
	t['-'] = inKey | within
	for _, c := range "+$(" {
		t[c] = within | starts
	}
	for _, c := range " %@=:*~)&;" {
		t[c] = within
	}
	return t
}()

// plainKind returns what the library takes a value without quotes for.
func plainKind(s string) (k Kind, ok bool) {
	switch c := s[0]; {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		// Of the words, only forms of true, false and null are not texts.
		if len(s) > 5 || strings.IndexByte("tTfFnN", c) < 0 {
			return String, true
		}
	case c == '/', c == '_', c >= utf8.RuneSelf:
		return String, true
	case '0' <= c && c <= '9':
		digits := 0
		for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
			digits++
		}
		switch rest := s[digits:]; {
		case rest == "" && digits < 19 && (c != '0' || digits == 1):
			return Int, true
		case rest == "s", rest == "ms", rest == "us", rest == "m", rest == "h", rest == "%",
			strings.Count(rest, ".") > 1:
			return String, true
		}
	}
	// As an entry of a list, a value that means something at the start of a line does not.
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte("- "+s), &doc); err != nil || len(doc.Content) != 1 ||
		len(doc.Content[0].Content) != 1 {
		return 0, false
	}
	n := doc.Content[0].Content[0]
	return tagKind(n), n.Value == s
}

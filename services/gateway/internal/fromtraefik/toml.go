package fromtraefik

import (
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// toml reads TOML 1.0 as far as Traefik's files need it, with the line of each value, which the
// libraries for Go do not tell: tables, arrays of tables, dotted keys, all texts, and scalars as
// they are written.
type toml struct {
	file string
	text string
	at   int
	line int
	made int
}

func parseTOML(file, text string) (root *node, err error) {
	p := &toml{file: file, text: strings.ReplaceAll(text, "\r\n", "\n"), line: 1}
	defer func() {
		// The functions below stop at the first error by panicking with it.
		if r := recover(); r != nil {
			broken, ok := r.(*draft.SyntaxError)
			if !ok {
				panic(r)
			}
			root, err = nil, broken
		}
	}()
	root = p.table()
	current := root
	for p.space(true); p.at < len(p.text); p.space(true) {
		if p.text[p.at] != '[' {
			p.pair(current)
			p.lineEnd()
			continue
		}
		list := strings.HasPrefix(p.text[p.at:], "[[")
		p.at++
		if list {
			p.at++
		}
		p.space(false)
		keys := p.path()
		p.expect(']')
		if list {
			p.expect(']')
		}
		p.lineEnd()
		current = p.open(root, keys, list)
	}
	return root, nil
}

func (p *toml) fail(message string) {
	start := strings.LastIndexByte(p.text[:min(p.at, len(p.text))], '\n') + 1
	panic(&draft.SyntaxError{Place: draft.Place{File: p.file, Line: p.line},
		Column: p.at - start + 1, Message: message})
}

func (p *toml) table() *node {
	if p.made++; p.made > draft.MaxTokens/4 {
		p.fail("the file has too many values")
	}
	return &node{Place: draft.Place{File: p.file, Line: p.line}, kind: 'm'}
}

// space goes over blanks and comments, and with lines over the ends of lines too.
func (p *toml) space(lines bool) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == ' ' || c == '\t':
		case c == '\n' && lines:
			p.line++
		case c == '#':
			for p.at < len(p.text) && p.text[p.at] != '\n' {
				p.at++
			}
			continue
		default:
			return
		}
		p.at++
	}
}

func (p *toml) lineEnd() {
	p.space(false)
	if p.at < len(p.text) && p.text[p.at] != '\n' {
		p.fail("a line has to end here")
	}
}

func (p *toml) expect(c byte) {
	p.space(false)
	if p.at >= len(p.text) || p.text[p.at] != c {
		p.fail(`there has to be "` + string(c) + `" here`)
	}
	p.at++
}

// path reads a dotted key.
func (p *toml) path() (keys []string) {
	for {
		p.space(false)
		switch {
		case p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\''):
			keys = append(keys, p.quoted())
		default:
			begin := p.at
			for p.at < len(p.text) && (p.text[p.at] == '-' || p.text[p.at] == '_' ||
				p.text[p.at] >= '0' && p.text[p.at] <= '9' ||
				p.text[p.at]|0x20 >= 'a' && p.text[p.at]|0x20 <= 'z') {
				p.at++
			}
			if begin == p.at {
				p.fail("there has to be a key here")
			}
			keys = append(keys, p.text[begin:p.at])
		}
		p.space(false)
		if len(keys) > draft.MaxDepth {
			p.fail("keys are nested too deep")
		}
		if p.at >= len(p.text) || p.text[p.at] != '.' {
			return keys
		}
		p.at++
	}
}

// open returns the table of a header.
func (p *toml) open(n *node, keys []string, list bool) *node {
	for i, key := range keys {
		last := i == len(keys)-1
		v := n.get1(key)
		switch {
		case v == nil && last && list:
			v = &node{Place: draft.Place{File: p.file, Line: p.line}, kind: 'l'}
			n.add(key, v)
		case v == nil:
			v = p.table()
			n.add(key, v)
		}
		if last && list {
			if v.kind != 'l' {
				p.fail(`"` + key + `" is no list of tables`)
			}
			t := p.table()
			v.values = append(v.values, t)
			return t
		}
		if v.kind == 'l' && len(v.values) > 0 {
			v = v.values[len(v.values)-1]
		}
		if v.kind != 'm' {
			p.fail(`"` + key + `" is no table`)
		}
		n = v
	}
	return n
}

// get1 is get for one key that may have dots in it.
func (n *node) get1(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return n.values[i]
		}
	}
	return nil
}

func (n *node) add(key string, v *node) {
	n.keys, n.values = append(n.keys, key), append(n.values, v)
}

// pair reads key = value into a table.
func (p *toml) pair(into *node) {
	keys := p.path()
	p.expect('=')
	p.space(false)
	v := p.value(0)
	into = p.open(into, keys[:len(keys)-1], false)
	last := keys[len(keys)-1]
	if into.get1(last) != nil {
		p.fail(`"` + last + `" is there twice`)
	}
	into.add(last, v)
}

func (p *toml) value(depth int) *node {
	if depth > draft.MaxDepth {
		p.fail("values are nested too deep")
	}
	n := p.table()
	if p.at >= len(p.text) {
		p.fail("there has to be a value here")
	}
	switch c := p.text[p.at]; c {
	case '"', '\'':
		n.kind, n.text = 's', p.quoted()
	case '[':
		n.kind = 'l'
		p.at++
		for p.space(true); p.at < len(p.text) && p.text[p.at] != ']'; p.space(true) {
			n.values = append(n.values, p.value(depth+1))
			p.space(true)
			if p.at < len(p.text) && p.text[p.at] == ',' {
				p.at++
			} else if p.at >= len(p.text) || p.text[p.at] != ']' {
				p.fail(`there has to be "," or "]" here`)
			}
		}
		p.expect(']')
	case '{':
		p.at++
		for p.space(false); p.at < len(p.text) && p.text[p.at] != '}'; p.space(false) {
			p.pair(n)
			p.space(false)
			if p.at < len(p.text) && p.text[p.at] == ',' {
				p.at++
			} else if p.at >= len(p.text) || p.text[p.at] != '}' {
				p.fail(`there has to be "," or "}" here`)
			}
		}
		p.expect('}')
	default:
		begin := p.at
		for p.at < len(p.text) && strings.IndexByte(" \t\n#,]}", p.text[p.at]) < 0 {
			p.at++
		}
		n.kind, n.text = 's', strings.ReplaceAll(p.text[begin:p.at], "_", "")
		if n.text == "" || strings.ContainsAny(n.text, `"'[{=`) {
			p.fail("there has to be a value here")
		}
	}
	return n
}

// quoted reads a text in one of the four kinds of quotes.
func (p *toml) quoted() string {
	quote := p.text[p.at]
	from := p.line
	end := string(quote)
	if three := strings.Repeat(end, 3); strings.HasPrefix(p.text[p.at:], three) {
		end = three
	}
	p.at += len(end)
	if len(end) == 3 && strings.HasPrefix(p.text[p.at:], "\n") {
		p.at++
		p.line++
	}
	var b strings.Builder
	for !strings.HasPrefix(p.text[p.at:], end) {
		if p.at >= len(p.text) || p.text[p.at] == '\n' && len(end) == 1 {
			p.line = from
			p.fail("the text that begins here has no end")
		}
		c := p.text[p.at]
		p.at++
		if c == '\n' {
			p.line++
		}
		if c != '\\' || quote == '\'' || p.at >= len(p.text) {
			b.WriteByte(c)
			continue
		}
		p.escape(&b)
	}
	p.at += len(end)
	return b.String()
}

func (p *toml) escape(b *strings.Builder) {
	c := p.text[p.at]
	p.at++
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case '"', '\\':
		b.WriteByte(c)
	case 'u', 'U':
		size := 4
		if c == 'U' {
			size = 8
		}
		if p.at+size > len(p.text) {
			p.fail("an escape is cut off")
		}
		n, err := strconv.ParseUint(p.text[p.at:p.at+size], 16, 32)
		if err != nil {
			p.fail("an escape can't be read")
		}
		b.WriteRune(rune(n))
		p.at += size
	case '\n':
		p.line++
		for p.at < len(p.text) && strings.IndexByte(" \t\n", p.text[p.at]) >= 0 {
			if p.text[p.at] == '\n' {
				p.line++
			}
			p.at++
		}
	default:
		p.fail("there is no such escape")
	}
}

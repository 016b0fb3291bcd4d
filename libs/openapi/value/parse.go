package value

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The rules that a text of JSON can break.
const (
	RuleSyntax    = "syntax"
	RuleTrailing  = "trailing"
	RuleDuplicate = "duplicate_key"
	RuleEncoding  = "encoding"
	RuleDepth     = "depth"
)

// An Error says why a text is no value of JSON.
type Error struct {
	// Rule is one of those above.
	Rule string
	// Offset is the byte at which it shows.
	Offset int
	// Pointer leads to the value with the fault (RFC 6901). Its keys are those of the text.
	Pointer string
	// Message has nothing of the text.
	Message string
}

func (e *Error) Error() string { return e.Message }

// parser reads one text.
type parser struct {
	t     *Tree
	s     []byte
	i     int
	depth int
}

// Parse reads a text of JSON (RFC 8259) whose values are nested at most so deep. The tree refers to
// the text, which must not change as long as the tree is used.
func (t *Tree) Parse(text []byte, depth int) *Error {
	t.Reset()
	t.source = text
	if len(text) > math.MaxInt32 {
		return &Error{Rule: RuleSyntax, Message: "the text is too long"}
	}
	p := parser{t: t, s: text, depth: depth}
	p.space()
	if e := p.value(); e != nil {
		return e
	}
	p.space()
	if p.i < len(p.s) {
		return p.fail(RuleTrailing, "something comes behind the value")
	}
	return nil
}

func (p *parser) fail(rule, message string) *Error {
	return &Error{Rule: rule, Offset: p.i, Message: message}
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value() *Error {
	if p.i >= len(p.s) {
		return p.fail(RuleSyntax, "the text ends where a value should be")
	}
	switch c := p.s[p.i]; c {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.text()
	case 't':
		return p.word("true", Bool, 1)
	case 'f':
		return p.word("false", Bool, 0)
	case 'n':
		return p.word("null", Null, 0)
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return p.number()
		}
		return p.fail(RuleSyntax, "no value begins like this")
	}
}

func (p *parser) word(word string, k Kind, count uint32) *Error {
	if !bytes.HasPrefix(p.s[p.i:], []byte(word)) {
		return p.fail(RuleSyntax, "no value begins like this")
	}
	p.add(Node{Kind: k, start: uint32(p.i), end: uint32(p.i + len(word)), Count: count})
	p.i += len(word)
	return nil
}

// add appends a node that has none within it.
func (p *parser) add(n Node) {
	n.Next = uint32(len(p.t.Nodes)) + 1
	p.t.Nodes = append(p.t.Nodes, n)
}

func (p *parser) object() *Error {
	at, e := p.open(Object)
	if e != nil {
		return e
	}
	for count := uint32(0); ; count++ {
		p.space()
		if count == 0 && p.i < len(p.s) && p.s[p.i] == '}' {
			break
		}
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return p.fail(RuleSyntax, "a key should be here")
		}
		key := uint32(len(p.t.Nodes))
		if e := p.text(); e != nil {
			return e
		}
		if count < few && p.t.hasKey(at, key, count) {
			return within(p.fail(RuleDuplicate, "the object has this key more than once"),
				string(p.t.Text(key)))
		}
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != ':' {
			return p.fail(RuleSyntax, "a colon should be here")
		}
		p.i++
		p.space()
		if e := p.value(); e != nil {
			return within(e, string(p.t.Text(key)))
		}
		p.t.Nodes[at].Count = count + 1
		p.space()
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
			continue
		}
		if p.i < len(p.s) && p.s[p.i] == '}' {
			break
		}
		return p.fail(RuleSyntax, "a comma or a closing brace should be here")
	}
	p.close(at)
	if p.t.Nodes[at].Count > few {
		if key, twice := p.t.sameKey(at); twice {
			return within(p.fail(RuleDuplicate, "the object has this key more than once"),
				string(p.t.Text(key)))
		}
	}
	return nil
}

// few is how many keys of an object are compared with each new one. More are sorted at the end.
const few = 24

// hasKey reports whether one of the first keys of an object is that of another node.
func (t *Tree) hasKey(object, key, count uint32) bool {
	k := t.Text(key)
	i := object + 1
	for range count {
		if bytes.Equal(t.Text(i), k) {
			return true
		}
		i = t.Nodes[i+1].Next
	}
	return false
}

// sameKey looks for a key that an object has twice.
func (t *Tree) sameKey(object uint32) (uint32, bool) {
	t.order = t.order[:0]
	i := object + 1
	for range t.Nodes[object].Count {
		t.order = append(t.order, i)
		i = t.Nodes[i+1].Next
	}
	slices.SortFunc(t.order, func(a, b uint32) int { return bytes.Compare(t.Text(a), t.Text(b)) })
	for i := 1; i < len(t.order); i++ {
		if bytes.Equal(t.Text(t.order[i-1]), t.Text(t.order[i])) {
			return t.order[i], true
		}
	}
	return 0, false
}

func (p *parser) array() *Error {
	at, e := p.open(Array)
	if e != nil {
		return e
	}
	for count := uint32(0); ; count++ {
		p.space()
		if count == 0 && p.i < len(p.s) && p.s[p.i] == ']' {
			break
		}
		if e := p.value(); e != nil {
			return within(e, fmt.Sprint(count))
		}
		p.t.Nodes[at].Count = count + 1
		p.space()
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
			continue
		}
		if p.i < len(p.s) && p.s[p.i] == ']' {
			break
		}
		return p.fail(RuleSyntax, "a comma or a closing bracket should be here")
	}
	p.close(at)
	return nil
}

func (p *parser) open(k Kind) (uint32, *Error) {
	if p.depth--; p.depth < 0 {
		return 0, p.fail(RuleDepth, "the values are nested too deep")
	}
	at := uint32(len(p.t.Nodes))
	p.t.Nodes = append(p.t.Nodes, Node{Kind: k, start: uint32(p.i)})
	p.i++
	return at, nil
}

func (p *parser) close(at uint32) {
	p.i++
	p.depth++
	p.t.Nodes[at].end = uint32(p.i)
	p.t.Nodes[at].Next = uint32(len(p.t.Nodes))
}

// within is an error seen from one level up.
func within(e *Error, key string) *Error {
	e.Pointer = "/" + escape.Replace(key) + e.Pointer
	return e
}

var escape = strings.NewReplacer("~", "~0", "/", "~1")

func (p *parser) number() *Error {
	start := p.i
	n := numberEnd(p.s[p.i:])
	if n == 0 {
		return p.fail(RuleSyntax, "this is not a number")
	}
	p.i += n
	p.add(Node{Kind: Number, start: uint32(start), end: uint32(p.i)})
	return nil
}

// numberEnd is how many bytes of a text are a number of JSON, 0: it does not begin with one.
func numberEnd(s []byte) int {
	i := 0
	digits := func() bool {
		first := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return i > first
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	if i < len(s) && s[i]-'0' <= 9 {
		return 0 // a zero in front
	}
	return i
}

package openapi

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// parameter is one of an operation, a header of a response, or a member of a form.
type parameter struct {
	name    string
	where   string
	pointer string // /name
	called  string // in messages
	style   style
	explode bool
	// required and empty are required and allowEmptyValue.
	required, empty bool
	schema          *schema.Schema // nil: every value passes
	// content says how the text is read; nil: by its style.
	content *media
	// raw says that the text is not percent-encoded.
	raw bool
}

// style is how a value is written as a text.
type style uint8

const (
	styleSimple style = iota
	styleLabel
	styleMatrix
	styleForm
	styleSpace
	stylePipe
	styleDeep
)

var styles = map[string]style{
	"simple": styleSimple, "label": styleLabel, "matrix": styleMatrix, "form": styleForm,
	"spaceDelimited": styleSpace, "pipeDelimited": stylePipe, "deepObject": styleDeep,
}

// form is what a text is read as.
type form uint8

const (
	formPrimitive form = iota
	formArray
	formObject
)

// item is a part of a text, still encoded. Those of an object have a key.
type item struct{ key, value []byte }

// forms are what a parameter's text may be read as, the likely one first.
func (p *parameter) forms(several bool) (all [3]form, n int) {
	k := schema.AnyKind
	if p.schema != nil {
		k = p.schema.Accepts()
	}
	if k == schema.AnyKind { // it says nothing
		if several {
			return [3]form{formArray}, 1
		}
		return [3]form{formPrimitive}, 1
	}
	add := func(f form) {
		all[n] = f
		n++
	}
	primitive := k&^(schema.ArrayKind|schema.ObjectKind) != 0
	if primitive && !several {
		add(formPrimitive)
	}
	if k&schema.ArrayKind != 0 {
		add(formArray)
	}
	if k&schema.ObjectKind != 0 {
		add(formObject)
	}
	if n == 0 {
		add(formPrimitive)
	}
	return all, n
}

// fault is why a text is no value.
type fault struct{ pointer, rule, message string }

// hold holds a parameter's items, of one form, against its schema.
func (c *checker) hold(p *parameter, f form) (faults []schema.Failure) {
	if e := c.build(p, f); e != nil {
		return []schema.Failure{{Pointer: e.pointer, Rule: e.rule, Message: e.message}}
	}
	if p.schema == nil || p.schema.Valid(&c.tree, 0, c.way) {
		return nil
	}
	return p.schema.Explain(&c.tree, 0, c.way, MaxViolations)
}

// build makes a value of a parameter's items.
func (c *checker) build(p *parameter, f form) *fault {
	b := c.tree.Build()
	switch f {
	case formPrimitive:
		if len(c.items) > 1 {
			return &fault{rule: RuleDuplicate, message: "is there more than once"}
		}
		return c.primitive(b, p, p.schema, c.items[0].value)
	case formArray:
		at := b.Open(value.Array)
		for k, it := range c.items {
			var s *schema.Schema
			if p.schema != nil {
				s = p.schema.Item(k)
			}
			if e := c.primitive(b, p, s, it.value); e != nil {
				return e
			}
		}
		b.Close(at, len(c.items))
		return nil
	}
	at := b.Open(value.Object)
	e, n := c.members(b, p, p.schema, c.items, 0)
	b.Close(at, n)
	return e
}

// maxDeep is how deep the keys of deepObject may go.
const maxDeep = 8

// members appends those of an object. Where depth counts, keys go on with [key].
func (c *checker) members(
	b value.Builder, p *parameter, s *schema.Schema, items []item, depth int,
) (*fault, int) {
	n := 0
	for k := range items {
		key, rest := items[k].key, []byte(nil)
		if p.style == styleDeep {
			key, rest = deepKey(items[k].key)
		}
		if earlier(items[:k], key, p.style == styleDeep) {
			continue
		}
		name, e := c.decode(p, key)
		if e != nil {
			return e, n
		}
		b.Text(name)
		n++
		var sub *schema.Schema
		if s != nil {
			sub = s.Property(string(name))
		}
		same := c.sameKey(items[k:], key, p.style == styleDeep)
		if len(rest) > 0 && string(rest) != "[]" && !numbered(sub, same) {
			if depth == maxDeep {
				return &fault{rule: RuleStyle, message: "is nested too deep"}, n
			}
			at := b.Open(value.Object)
			e, inner := c.members(b, p, sub, same, depth+1)
			if e != nil {
				return e, n
			}
			b.Close(at, inner)
			continue
		}
		if e := c.values(b, p, sub, same, len(rest) > 0); e != nil {
			e.pointer = "/" + pointerToken(string(name)) + e.pointer
			return e, n
		}
	}
	return nil, n
}

// numbered reports whether keys are [0], [1] and so on, and the schema takes an array for them.
// OpenAPI does not say how deepObject writes one; many libraries write it so.
func numbered(s *schema.Schema, items []item) bool {
	if s == nil || s.Accepts() == schema.AnyKind || s.Accepts()&schema.ArrayKind == 0 {
		return false
	}
	for k, it := range items {
		if string(it.key) != "["+strconv.Itoa(k)+"]" {
			return false
		}
	}
	return true
}

// values appends the value of a member, an array where it takes one.
func (c *checker) values(
	b value.Builder, p *parameter, s *schema.Schema, items []item, array bool,
) *fault {
	if s != nil && s.Accepts() != schema.AnyKind {
		array = array || s.Accepts()&schema.ArrayKind != 0 &&
			(len(items) > 1 || s.Accepts()&schema.StringKind == 0)
	} else {
		array = array || len(items) > 1
	}
	if !array {
		if len(items) > 1 {
			return &fault{rule: RuleDuplicate, message: "is there more than once"}
		}
		return c.primitive(b, p, s, items[0].value)
	}
	at := b.Open(value.Array)
	for k, it := range items {
		var sub *schema.Schema
		if s != nil {
			sub = s.Item(k)
		}
		if e := c.primitive(b, p, sub, it.value); e != nil {
			return e
		}
	}
	b.Close(at, len(items))
	return nil
}

// deepKey is the first key of [first][second], and what follows it.
func deepKey(key []byte) (first, rest []byte) {
	end := bytes.IndexByte(key, ']')
	if len(key) == 0 || key[0] != '[' || end < 0 {
		return key, nil
	}
	return key[1:end], key[end+1:]
}

func itemKey(it item, deep bool) []byte {
	if !deep {
		return it.key
	}
	first, _ := deepKey(it.key)
	return first
}

func earlier(items []item, key []byte, deep bool) bool {
	for _, it := range items {
		if bytes.Equal(itemKey(it, deep), key) {
			return true
		}
	}
	return false
}

// sameKey are the items with a key, without it where it is one of several.
func (c *checker) sameKey(items []item, key []byte, deep bool) (same []item) {
	for _, it := range items {
		if bytes.Equal(itemKey(it, deep), key) {
			if deep {
				_, it.key = deepKey(it.key)
			}
			same = append(same, it)
		}
	}
	return same
}

// primitive appends a value that is no array and no object.
func (c *checker) primitive(
	b value.Builder, p *parameter, s *schema.Schema, raw []byte,
) *fault {
	text, e := c.decode(p, raw)
	if e != nil {
		return e
	}
	coerce(&c.tree, b, s, text)
	return nil
}

// coerce appends a text as the kind of value that a schema takes.
func coerce(t *value.Tree, b value.Builder, s *schema.Schema, text []byte) {
	kinds := schema.AnyKind
	if s != nil {
		kinds = s.Accepts()
	}
	if kinds == schema.AnyKind {
		b.Text(text)
		return
	}
	at := uint32(len(t.Nodes))
	nodes, bytes := b.Mark()
	switch {
	case kinds&(schema.NumberKind|schema.IntegerKind) != 0 && value.IsNumber(text):
		b.Number(text)
	case kinds&schema.BoolKind != 0 && (string(text) == "true" || string(text) == "false"):
		b.Bool(len(text) == 4)
	case kinds&schema.NullKind != 0 && (string(text) == "null" ||
		len(text) == 0 && kinds&schema.StringKind == 0):
		b.Null()
	default:
		b.Text(text)
		return
	}
	if kinds&schema.StringKind != 0 && !s.Valid(t, at, schema.Neither) {
		b.Back(nodes, bytes)
		b.Text(text)
	}
}

// decode is what an encoded text means.
func (c *checker) decode(p *parameter, raw []byte) ([]byte, *fault) {
	if p.raw {
		return raw, nil
	}
	plus := p.where == WhereQuery || p.where == WhereBody
	if bytes.IndexByte(raw, '%') >= 0 || plus && bytes.IndexByte(raw, '+') >= 0 {
		start := len(c.room)
		room, ok := percent(c.room, raw, plus)
		if !ok {
			if p.where == WhereCookie { // nothing says that those are encoded
				return raw, nil
			}
			return nil, &fault{rule: RuleEncoding, message: "is not percent-encoded well"}
		}
		c.room = room
		raw = room[start:]
	}
	if !utf8.Valid(raw) {
		return nil, &fault{rule: RuleEncoding, message: "is not UTF-8"}
	}
	return raw, nil
}

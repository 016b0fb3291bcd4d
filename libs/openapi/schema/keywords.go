package schema

import (
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// reader reads the keywords of one schema.
type reader struct {
	c   *Compiler
	s   *Schema
	n   *document.Node
	old bool // OpenAPI 3.0
}

// flag is a keyword that is true or false.
func (r *reader) flag(key string) bool {
	n := r.n.Get(key)
	if n != nil && n.Kind != value.Bool {
		r.c.problem(n, "%s is true or false", key)
	}
	return n.True()
}

// count is a keyword that is a number of things; otherwise is for a schema without it.
func (r *reader) count(key string, otherwise int) int {
	n := r.n.Get(key)
	if n == nil {
		return otherwise
	}
	if n.Kind == value.Number {
		d := value.ParseDecimal([]byte(n.Text), nil)
		switch {
		case d.Neg || !d.Whole():
		case d.Exp > 9:
			return 1_000_000_000 // more than any value has
		default:
			i, _ := strconv.Atoi(plain(d))
			return i
		}
	}
	r.c.problem(n, "%s is a whole number, and not negative", key)
	return otherwise
}

// sub is a keyword that is a schema.
func (r *reader) sub(key string) *Schema {
	n := r.n.Get(key)
	if n == nil {
		return nil
	}
	return r.c.schema(n, r.s.home)
}

// list is a keyword that is a list of schemas.
func (r *reader) list(key string) (all []*Schema) {
	n := r.n.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind != value.Array || len(n.Items) == 0 {
		r.c.problem(n, "%s is a list of schemas, and not empty", key)
		return nil
	}
	for _, item := range n.Items {
		all = append(all, r.c.schema(item, r.s.home))
	}
	return all
}

// members are those of a keyword that is an object.
func (r *reader) members(key string) []document.Member {
	n := r.n.Get(key)
	if n != nil && n.Kind != value.Object {
		r.c.problem(n, "%s is an object", key)
	}
	if n == nil {
		return nil
	}
	return n.Members
}

// names is a list of texts that differ.
func (r *reader) names(n *document.Node, key string) (all []string) {
	if n == nil {
		return nil
	}
	if n.Kind != value.Array {
		r.c.problem(n, "%s is a list of names", key)
		return nil
	}
	there := map[string]bool{}
	for _, item := range n.Items {
		if item.Kind != value.String || there[item.Text] {
			r.c.problem(item, "%s is a list of names that differ", key)
			continue
		}
		there[item.Text] = true
		all = append(all, item.Text)
	}
	return all
}

// core reads references.
func (r *reader) core() {
	if r.old {
		return
	}
	if ref := r.n.Get("$ref"); ref != nil {
		r.s.ref = r.c.refer(ref, r.s.home)
	}
	if ref := r.n.Get("$dynamicRef"); ref != nil {
		n, home := r.c.follow(ref, r.s.home)
		if n == nil {
			return
		}
		r.s.dynamic = &dynamicRef{to: r.c.schema(n, home)}
		_, fragment, _ := document.Join(home.uri, ref.Text)
		if fragment != "" && n.Get("$dynamicAnchor").String() == fragment {
			r.s.dynamic.anchor = fragment
			r.c.anchors[fragment] = true
		}
	}
}

// kinds reads type, and nullable beside it.
func (r *reader) kinds() {
	n := r.n.Get("type")
	if n == nil {
		return
	}
	items := []*document.Node{n}
	if n.Kind == value.Array && !r.old {
		if items = n.Items; len(items) == 0 {
			r.c.problem(n, "type names a kind at least")
		}
	}
	r.s.kinds = 0
	for _, item := range items {
		k := kindsByName[item.String()]
		if k == 0 || r.old && k == NullKind {
			r.c.problem(item, "type is none of JSON's: %s", short(item.Text))
		}
		if r.s.kinds&k != 0 {
			r.c.problem(item, "type names %s twice", short(item.Text))
		}
		r.s.kinds |= k
	}
	if r.old && r.flag("nullable") {
		r.s.kinds |= NullKind
	}
}

func short(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

// values reads enum and const.
func (r *reader) values() {
	if n := r.n.Get("enum"); n != nil {
		if n.Kind != value.Array {
			r.c.problem(n, "enum is a list of values")
		} else {
			r.s.enum = newOptions(n.Items)
		}
	}
	if n := r.n.Get("const"); n != nil && !r.old {
		r.s.constant = newOptions([]*document.Node{n})
	}
}

func newOptions(items []*document.Node) *options {
	o := &options{texts: map[string]bool{}}
	for _, n := range items {
		o.kinds |= 1 << n.Kind
		if n.Kind == value.String {
			o.texts[n.Text] = true
			continue
		}
		o.trees = append(o.trees, n.Tree())
	}
	return o
}

// numbers reads the bounds of numbers.
func (r *reader) numbers() {
	var x numberRules
	for _, b := range [...]bound{
		{rule: "minimum", same: true}, {rule: "maximum", below: true, same: true},
		{rule: "exclusiveMinimum"}, {rule: "exclusiveMaximum", below: true},
	} {
		n := r.n.Get(b.rule)
		if n == nil {
			continue
		}
		if r.old && !b.same {
			if n.Kind != value.Bool {
				r.c.problem(n, "%s is true or false in OpenAPI 3.0", b.rule)
			}
			continue
		}
		if n.Kind != value.Number {
			r.c.problem(n, "%s is a number", b.rule)
			continue
		}
		b.at = value.ParseDecimal([]byte(n.Text), nil)
		if exclusive := "exclusiveM" + b.rule[1:]; r.old && r.n.Get(exclusive).True() {
			b.same = false
			b.rule = exclusive
		}
		x.bounds = append(x.bounds, b)
	}
	if n := r.n.Get("multipleOf"); n != nil {
		if n.Kind == value.Number {
			x.multiple = value.ParseDecimal([]byte(n.Text), nil)
		}
		if len(x.multiple.Digits) == 0 || x.multiple.Neg {
			r.c.problem(n, "multipleOf is a number above 0")
		}
	}
	if len(x.bounds) > 0 || len(x.multiple.Digits) > 0 {
		r.s.number = &x
	}
}

// texts reads the bounds of texts.
func (r *reader) texts() {
	x := textRules{min: r.count("minLength", 0), max: r.count("maxLength", -1)}
	if n := r.n.Get("pattern"); n != nil {
		x.pattern = r.c.pattern(n)
	}
	if x.min > 0 || x.max >= 0 || x.pattern != nil {
		r.s.text = &x
	}
}

// pattern compiles the pattern that a node has.
func (c *Compiler) pattern(n *document.Node) *pattern {
	if n.Kind != value.String {
		c.problem(n, "a pattern is a text")
		return nil
	}
	return c.patternText(n, n.Text)
}

// patternText compiles a pattern, each once. n is its place.
func (c *Compiler) patternText(n *document.Node, text string) *pattern {
	if p := c.patterns[text]; p != nil {
		return p
	}
	p, err := newPattern(text)
	if err != nil {
		c.problem(n, "the pattern %s %v", short(text), err)
		return nil
	}
	c.patterns[text] = p
	return p
}

func (r *reader) format() {
	if n := r.n.Get("format"); n != nil {
		if n.Kind != value.String {
			r.c.problem(n, "format is a text")
			return
		}
		r.s.format = formats[n.Text] // one that is not known says nothing
	}
}

package schema

import (
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// MaxWork is how many schemas one value is held against before it is refused. Schemas that try many
// ways at each level of a deep value come to this; what people write needs a few for each part of
// the value.
const MaxWork = 4_000_000

// run is one value that is being looked at.
type run struct {
	t    *value.Tree
	way  Direction
	left int
	// report is where failures go; nil: the first one ends it.
	report *report
	// busy are the schemas under way that may come to themselves, with the value's place.
	busy []place
	// scope are the resources that were come through.
	scope []*resource
}

type place struct {
	s *Schema
	i uint32
}

// Valid reports whether the value at a node of a tree passes.
func (s *Schema) Valid(t *value.Tree, i uint32, way Direction) bool {
	r := run{t: t, way: way, left: MaxWork}
	return s.check(&r, i, nil) && r.left >= 0
}

// child checks a part of the value.
func (r *run) child(s *Schema, i uint32, key uint32, index int) bool {
	if r.report == nil {
		return s.check(r, i, nil)
	}
	r.report.path = append(r.report.path, step{key: key, index: index})
	ok := s.check(r, i, nil)
	r.report.path = r.report.path[:len(r.report.path)-1]
	return ok
}

// here checks the same value against another schema. What that has evaluated counts if it passes.
func (r *run) here(s *Schema, i uint32, ev *seen) bool {
	if ev == nil {
		return s.check(r, i, nil)
	}
	var mine seen
	if !s.check(r, i, &mine) {
		return false
	}
	ev.merge(&mine)
	return true
}

// quietly is here without a report.
func (r *run) quietly(s *Schema, i uint32, ev *seen) bool {
	held := r.report
	r.report = nil
	ok := r.here(s, i, ev)
	r.report = held
	return ok
}

func (s *Schema) check(r *run, i uint32, ev *seen) bool {
	if s.always != 0 {
		return s.always > 0 || r.fail(s, i, "false", "is not allowed here")
	}
	if r.left--; r.left < 0 {
		return r.fail(s, i, "complexity", "needs too much work to check")
	}
	if s.cyclic {
		for _, b := range r.busy {
			if b.s == s && b.i == i {
				return true
			}
		}
		r.busy = append(r.busy, place{s, i})
	}
	scoped := s.home != nil && s.home.dynamics &&
		(len(r.scope) == 0 || r.scope[len(r.scope)-1] != s.home)
	if scoped {
		r.scope = append(r.scope, s.home)
	}
	ok := s.checkKeywords(r, i, ev)
	if scoped {
		r.scope = r.scope[:len(r.scope)-1]
	}
	if s.cyclic {
		r.busy = r.busy[:len(r.busy)-1]
	}
	return ok
}

func (s *Schema) checkKeywords(r *run, i uint32, ev *seen) bool {
	n := &r.t.Nodes[i]
	if s.kinds != AnyKind && !s.takes(r.t, i) {
		return r.report != nil && r.fail(s, i, "type", s.wanted(n.Kind))
	}
	if s.unevaluated && ev == nil {
		ev = new(seen)
	}
	ok := s.checkSame(r, i)
	if !ok && r.report == nil {
		return false
	}
	if s.ref != nil && !r.here(s.ref, i, ev) {
		if ok = false; r.report == nil {
			return false
		}
	}
	switch n.Kind {
	case value.String:
		ok = (s.text == nil || s.text.check(s, r, i)) && ok
	case value.Number:
		ok = (s.number == nil || s.number.check(s, r, i)) && ok
	case value.Array:
		ok = (s.array == nil || s.array.check(s, r, i, ev)) && ok
	case value.Object:
		ok = (s.object == nil || s.object.check(s, r, i, ev)) && ok
	}
	if !ok && r.report == nil {
		return false
	}
	if s.dynamic != nil {
		ok = r.here(s.dynamic.target(r), i, ev) && ok
	}
	if s.mapped != nil {
		ok = s.mapped.check(s, r, i, ev) && ok
	}
	if s.mix != nil && (ok || r.report != nil) {
		ok = s.mix.check(s, r, i, ev) && ok
	}
	if s.unevaluated && (ok || r.report != nil) {
		ok = s.checkUnevaluated(r, i, ev) && ok
	}
	return ok
}

// takes reports whether a value is of a kind that passes.
func (s *Schema) takes(t *value.Tree, i uint32) bool {
	k := t.Nodes[i].Kind
	if s.kinds&(1<<k) != 0 {
		return true
	}
	if k != value.Number || s.kinds&IntegerKind == 0 {
		return false
	}
	return whole(t.Text(i))
}

func whole(text []byte) bool {
	for _, c := range text {
		if c == '.' || c == 'e' || c == 'E' {
			var room [64]byte
			return value.ParseDecimal(text, room[:]).Whole()
		}
	}
	return true
}

// checkSame checks the keywords that are not of one kind of value.
func (s *Schema) checkSame(r *run, i uint32) bool {
	ok := true
	if s.constant != nil && !s.constant.has(r.t, i) {
		if ok = r.fail(s, i, "const", "is not the one value that is allowed"); r.report == nil {
			return false
		}
	}
	if s.enum != nil && !s.enum.has(r.t, i) {
		if ok = r.fail(s, i, "enum", "is none of the values that are allowed"); r.report == nil {
			return false
		}
	}
	if s.format != nil && !s.format.check(r.t, i) {
		ok = r.report != nil && r.fail(s, i, "format", "is not of the format "+s.format.name)
	}
	return ok
}

func (x *textRules) check(s *Schema, r *run, i uint32) bool {
	text := r.t.Text(i)
	ok := true
	if x.min > 0 || x.max >= 0 {
		n := len(text)
		if x.min > 0 && n >= x.min || x.max >= 0 && n > x.max {
			n = utf8.RuneCount(text)
		}
		if n < x.min {
			ok = r.failNumber(s, i, "minLength", "has fewer characters than", x.min)
		}
		if x.max >= 0 && n > x.max {
			ok = r.failNumber(s, i, "maxLength", "has more characters than", x.max)
		}
	}
	if x.pattern != nil && (ok || r.report != nil) && !r.matches(x.pattern, text) {
		ok = r.report != nil &&
			r.fail(s, i, "pattern", "does not match the pattern "+x.pattern.source)
	}
	return ok
}

// matches holds a text against a pattern. What that may cost is taken from the work that is left.
func (r *run) matches(p *pattern, text []byte) bool {
	if p == nil {
		return true // a problem was noted
	}
	if r.left -= len(text) * p.cost / 64; r.left < 0 {
		return false
	}
	return p.match(text)
}

func (x *numberRules) check(s *Schema, r *run, i uint32) bool {
	var room [64]byte
	d := value.ParseDecimal(r.t.Text(i), room[:])
	ok := true
	for k := range x.bounds {
		b := &x.bounds[k]
		c := d.Cmp(b.at)
		if c == 0 && b.same || c < 0 && b.below || c > 0 && !b.below {
			continue
		}
		if r.report == nil {
			return false
		}
		ok = r.fail(s, i, b.rule, b.message())
	}
	if len(x.multiple.Digits) > 0 && !d.MultipleOf(x.multiple) {
		ok = r.report != nil &&
			r.fail(s, i, "multipleOf", "is not a multiple of "+plain(x.multiple))
	}
	return ok
}

func (d *dynamicRef) target(r *run) *Schema {
	if d.anchor != "" {
		for _, home := range r.scope {
			if s := home.dynamicSchemas[d.anchor]; s != nil {
				return s
			}
		}
	}
	return d.to
}

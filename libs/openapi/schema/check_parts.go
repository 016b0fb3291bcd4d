package schema

import (
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// seen is which members of an object, or items of an array, were evaluated, for the two unevaluated
// keywords.
type seen struct {
	all  bool
	bits []uint64
}

func (e *seen) add(k int) {
	for k>>6 >= len(e.bits) {
		e.bits = append(e.bits, 0)
	}
	e.bits[k>>6] |= 1 << (k & 63)
}

func (e *seen) has(k int) bool {
	return e.all || k>>6 < len(e.bits) && e.bits[k>>6]&(1<<(k&63)) != 0
}

func (e *seen) merge(other *seen) {
	e.all = e.all || other.all
	for len(e.bits) < len(other.bits) {
		e.bits = append(e.bits, 0)
	}
	for k, b := range other.bits {
		e.bits[k] |= b
	}
}

func (x *objectRules) check(s *Schema, r *run, i uint32, ev *seen) bool {
	count := int(r.t.Nodes[i].Count)
	ok := true
	if count < x.min {
		ok = r.failNumber(s, i, "minProperties", "has fewer members than", x.min)
	}
	if x.max >= 0 && count > x.max {
		ok = r.failNumber(s, i, "maxProperties", "has more members than", x.max)
	}
	if !ok && r.report == nil {
		return false
	}
	missing := x.want[r.way]
	key := i + 1
	for k := range count {
		bit, passed := x.member(s, r, key, k, ev)
		missing &^= bit
		if !passed {
			if ok = false; r.report == nil {
				return false
			}
		}
		key = r.t.Nodes[key+1].Next
	}
	if missing != 0 || len(x.more) > 0 {
		ok = x.checkMissing(s, r, i, missing) && ok
	}
	if len(x.dependentRequired)+len(x.dependentSchemas) > 0 && (ok || r.report != nil) {
		ok = x.checkDependent(s, r, i, ev) && ok
	}
	return ok
}

// member checks a member, the one with this number.
func (x *objectRules) member(s *Schema, r *run, key uint32, k int, ev *seen) (uint64, bool) {
	ok, evaluated, bit := true, false, uint64(0)
	if x.names != nil {
		ok = r.child(x.names, key, key, -1)
	}
	if p := x.properties[string(r.t.Text(key))]; p != nil {
		bit = p.bit
		if p.schema != nil {
			evaluated = true
			ok = x.property(s, r, p, key) && ok
		}
	}
	for _, p := range x.patterns {
		if r.matches(p.pattern, r.t.Text(key)) {
			evaluated = true
			ok = r.child(p.schema, key+1, key, -1) && ok
		}
	}
	if !evaluated && x.additional != nil {
		evaluated = true
		if x.additional.always < 0 {
			ok = r.failAt(s, key+1, key, "additionalProperties", "is not allowed here")
		} else {
			ok = r.child(x.additional, key+1, key, -1) && ok
		}
	}
	if evaluated && ev != nil {
		ev.add(k)
	}
	return bit, ok
}

func (x *objectRules) property(s *Schema, r *run, p *property, key uint32) bool {
	switch {
	case r.way == Request && p.schema.readOnly:
		return r.failAt(s, key+1, key, "readOnly", "is not for requests")
	case r.way == Response && p.schema.writeOnly:
		return r.failAt(s, key+1, key, "writeOnly", "is not for responses")
	}
	return r.child(p.schema, key+1, key, -1)
}

func (x *objectRules) checkMissing(s *Schema, r *run, i uint32, missing uint64) bool {
	if missing != 0 && r.report == nil {
		return false
	}
	ok := true
	for _, name := range x.required {
		p := x.properties[name]
		switch {
		case p.bit != 0 && p.bit&missing == 0:
			continue
		case p.bit == 0:
			if _, there := r.t.Member(i, name); there || !p.asked(r.way) {
				continue
			}
		}
		if r.report == nil {
			return false
		}
		ok = r.fail(s, i, "required", quote(name)+" is missing")
	}
	return ok
}

// asked reports whether a property that is required is so in this direction.
func (p *property) asked(way Direction) bool {
	return p.schema == nil || !(way == Request && p.schema.readOnly) &&
		!(way == Response && p.schema.writeOnly)
}

func (x *objectRules) checkDependent(s *Schema, r *run, i uint32, ev *seen) bool {
	ok := true
	for _, d := range x.dependentRequired {
		if _, there := r.t.Member(i, d.on); !there {
			continue
		}
		for _, name := range d.required {
			if _, there := r.t.Member(i, name); !there {
				ok = r.report != nil && r.fail(s, i, "dependentRequired",
					quote(name)+" is missing, which "+quote(d.on)+" needs")
			}
		}
	}
	for _, d := range x.dependentSchemas {
		if _, there := r.t.Member(i, d.on); there && (ok || r.report != nil) {
			ok = r.here(d.schema, i, ev) && ok
		}
	}
	return ok
}

func (x *arrayRules) check(s *Schema, r *run, i uint32, ev *seen) bool {
	count := int(r.t.Nodes[i].Count)
	ok := true
	if count < x.min {
		ok = r.failNumber(s, i, "minItems", "has fewer items than", x.min)
	}
	if x.max >= 0 && count > x.max {
		ok = r.failNumber(s, i, "maxItems", "has more items than", x.max)
	}
	if !ok && r.report == nil {
		return false
	}
	item, found := i+1, 0
	for k := range count {
		sub := x.items
		if k < len(x.prefix) {
			sub = x.prefix[k]
		}
		if sub != nil {
			if ev != nil {
				ev.add(k)
			}
			if !r.child(sub, item, 0, k) {
				if ok = false; r.report == nil {
					return false
				}
			}
		}
		if x.contains != nil && r.quietly(x.contains, item, nil) {
			found++
			if ev != nil {
				ev.add(k)
			}
		}
		item = r.t.Nodes[item].Next
	}
	if x.contains != nil {
		if found < x.least {
			ok = r.failNumber(s, i, "contains", "has fewer items of the kind asked for than",
				x.least)
		}
		if x.most >= 0 && found > x.most {
			ok = r.failNumber(s, i, "maxContains", "has more items of that kind than", x.most)
		}
	}
	if x.unique && (ok || r.report != nil) {
		if _, unique := r.t.Unique(i); !unique {
			ok = r.fail(s, i, "uniqueItems", "has an item twice")
		}
	}
	return ok
}

func (x *mixRules) check(s *Schema, r *run, i uint32, ev *seen) bool {
	ok := true
	for _, sub := range x.all {
		if !r.here(sub, i, ev) {
			if ok = false; r.report == nil {
				return false
			}
		}
	}
	if x.not != nil && r.quietly(x.not, i, nil) {
		ok = r.fail(s, i, "not", "is what it must not be")
	}
	if s.mapped == nil || !s.mapped.decides(r, i) {
		if len(x.any) > 0 && !x.checkAny(s, r, i, ev) || len(x.one) > 0 && !x.checkOne(s, r, i,
			ev) {
			ok = false
		}
	}
	if x.cond != nil && (ok || r.report != nil) {
		if r.quietly(x.cond, i, ev) {
			ok = (x.then == nil || r.here(x.then, i, ev)) && ok
		} else {
			ok = (x.other == nil || r.here(x.other, i, ev)) && ok
		}
	}
	return ok
}

func (x *mixRules) checkAny(s *Schema, r *run, i uint32, ev *seen) bool {
	passed := false
	for _, sub := range x.any {
		if r.quietly(sub, i, ev) {
			if passed = true; ev == nil {
				return true
			}
		}
	}
	return passed || r.failEach(s, i, "anyOf", x.any)
}

func (x *mixRules) checkOne(s *Schema, r *run, i uint32, ev *seen) bool {
	passed := 0
	var mine seen
	for _, sub := range x.one {
		into := &mine
		if ev == nil {
			into = nil
		}
		if r.quietly(sub, i, into) {
			if passed++; passed > 1 {
				return r.fail(s, i, "oneOf", "matches more than one of the schemas")
			}
		}
	}
	if passed == 0 {
		return r.failEach(s, i, "oneOf", x.one)
	}
	if ev != nil {
		ev.merge(&mine)
	}
	return true
}

func (s *Schema) checkUnevaluated(r *run, i uint32, ev *seen) bool {
	n := &r.t.Nodes[i]
	ok := true
	if n.Kind == value.Object && s.object != nil && s.object.unevaluatedProperties != nil {
		sub := s.object.unevaluatedProperties
		key := i + 1
		for k := range int(n.Count) {
			if !ev.has(k) {
				if sub.always < 0 {
					ok = r.failAt(s, key+1, key, "unevaluatedProperties", "is not allowed here")
				} else {
					ok = r.child(sub, key+1, key, -1) && ok
				}
			}
			key = r.t.Nodes[key+1].Next
		}
		ev.all = true
	}
	if n.Kind == value.Array && s.array != nil && s.array.unevaluatedItems != nil {
		item := i + 1
		for k := range int(n.Count) {
			if !ev.has(k) {
				ok = r.child(s.array.unevaluatedItems, item, 0, k) && ok
			}
			item = r.t.Nodes[item].Next
		}
		ev.all = true
	}
	return ok
}

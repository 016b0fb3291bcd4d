package schema

import (
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// arrays reads the keywords for arrays.
func (r *reader) arrays() {
	x := arrayRules{max: -1, least: 1, most: -1}
	if r.s.validation {
		x.min, x.max = r.count("minItems", 0), r.count("maxItems", -1)
		x.unique = r.flag("uniqueItems")
	}
	if n := r.n.Get("items"); n != nil && n.Kind == value.Array {
		r.c.problem(n, "items is a schema; a list of them is prefixItems")
	} else {
		x.items = r.sub("items")
	}
	if !r.old {
		x.prefix = r.list("prefixItems")
		x.contains = r.sub("contains")
		if r.s.validation {
			x.least, x.most = r.count("minContains", 1), r.count("maxContains", -1)
		}
		x.unevaluatedItems = r.sub("unevaluatedItems")
	}
	if x.min > 0 || x.max >= 0 || x.unique || x.items != nil || x.prefix != nil ||
		x.contains != nil || x.unevaluatedItems != nil {
		r.s.array = &x
	}
}

// objects reads the keywords for objects.
func (r *reader) objects() {
	x := objectRules{max: -1, properties: map[string]*property{}}
	if r.s.validation {
		x.min, x.max = r.count("minProperties", 0), r.count("maxProperties", -1)
	}
	for _, m := range r.members("properties") {
		x.properties[m.Key] = &property{schema: r.c.schema(m.Value, r.s.home)}
	}
	x.additional = r.additional()
	if r.s.validation {
		x.required = r.names(r.n.Get("required"), "required")
	}
	if !r.old {
		for _, m := range r.members("patternProperties") {
			p := r.c.patternText(m.Value, m.Key)
			x.patterns = append(x.patterns, patternRule{p, r.c.schema(m.Value, r.s.home)})
		}
		x.names = r.sub("propertyNames")
		x.unevaluatedProperties = r.sub("unevaluatedProperties")
		r.dependencies(&x)
	}
	x.wants()
	if x.min > 0 || x.max >= 0 || len(x.properties) > 0 || x.additional != nil ||
		x.patterns != nil || x.names != nil || x.unevaluatedProperties != nil ||
		len(x.dependentRequired)+len(x.dependentSchemas) > 0 {
		r.s.object = &x
	}
}

func (r *reader) dependencies(x *objectRules) {
	for _, m := range r.members("dependentSchemas") {
		x.dependentSchemas = append(x.dependentSchemas,
			dependency{on: m.Key, schema: r.c.schema(m.Value, r.s.home)})
	}
	if !r.s.validation {
		return
	}
	for _, m := range r.members("dependentRequired") {
		x.dependentRequired = append(x.dependentRequired,
			dependency{on: m.Key, required: r.names(m.Value, "dependentRequired")})
	}
}

// additional reads additionalProperties, which may be a truth value in OpenAPI 3.0 too.
func (r *reader) additional() *Schema {
	n := r.n.Get("additionalProperties")
	if n == nil || n.Kind != value.Bool {
		return r.sub("additionalProperties")
	}
	if n.True() {
		return &Schema{always: 1}
	}
	return &Schema{always: -1}
}

// wants gives each name that is required a bit, as far as there are any.
func (x *objectRules) wants() {
	for k, name := range x.required {
		p := x.properties[name]
		if p == nil {
			p = new(property)
			x.properties[name] = p
		}
		if k < 64 {
			p.bit = 1 << k
		} else {
			x.more = append(x.more, name)
		}
	}
}

// mix reads the keywords that put schemas together.
func (r *reader) mix() {
	x := mixRules{all: r.list("allOf"), any: r.list("anyOf"), one: r.list("oneOf"),
		not: r.sub("not")}
	if !r.old {
		if x.cond = r.sub("if"); x.cond != nil {
			x.then, x.other = r.sub("then"), r.sub("else")
		}
	}
	if x.all != nil || x.any != nil || x.one != nil || x.not != nil || x.cond != nil {
		r.s.mix = &x
	}
}

// inPlace are the schemas that the same value is held against.
func (s *Schema) inPlace() (all []*Schema) {
	add := func(more ...*Schema) {
		for _, m := range more {
			if m != nil {
				all = append(all, m)
			}
		}
	}
	add(s.ref)
	if s.dynamic != nil {
		add(s.dynamic.to)
		add(s.dynamic.may...)
	}
	if s.mix != nil {
		add(s.mix.all...)
		add(s.mix.any...)
		add(s.mix.one...)
		add(s.mix.not, s.mix.cond, s.mix.then, s.mix.other)
	}
	if s.object != nil {
		for _, d := range s.object.dependentSchemas {
			add(d.schema)
		}
	}
	if s.mapped != nil {
		for _, m := range s.mapped.to {
			add(m)
		}
	}
	return all
}

// findCycles marks the schemas that may come to themselves with the same value. Where nothing else
// is on the way but references, no value could ever be judged: that is a problem.
func (c *Compiler) findCycles() {
	state := make(map[*Schema]int8, len(c.all)) // 1: under way, 2: done
	type frame struct {
		s    *Schema
		next []*Schema
	}
	for _, root := range c.all {
		if state[root] != 0 {
			continue
		}
		stack := []frame{{root, root.inPlace()}}
		state[root] = 1
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.next) == 0 {
				state[top.s] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			s := top.next[0]
			top.next = top.next[1:]
			switch state[s] {
			case 0:
				state[s] = 1
				stack = append(stack, frame{s, s.inPlace()})
			case 1:
				only, family := true, false
				for k := len(stack) - 1; k >= 0; k-- {
					at := stack[k].s
					only = only && at.onlyRefers()
					family = family || at.mapped != nil && at.mapped.parent
					if at == s {
						break
					}
				}
				s.cyclic = true
				switch {
				case family: // as it has to be
				case only:
					c.problem(s.node, "the schema refers to itself, and to nothing else")
				default:
					c.warn(s.node,
						"the schema comes to itself for the same value; it is taken for "+
							"passed there")
				}
			}
		}
	}
}

func (s *Schema) onlyRefers() bool { return s.ref != nil && len(s.inPlace()) == 1 }

// spreadAccess carries readOnly and writeOnly from schemas to those that refer to them, and takes
// what one direction does not have from what it asks for.
func (c *Compiler) spreadAccess() {
	for _, s := range c.all {
		s.readOnly = s.readOnly || s.flagged(8, func(s *Schema) bool { return s.readOnly })
		s.writeOnly = s.writeOnly || s.flagged(8, func(s *Schema) bool { return s.writeOnly })
	}
	for _, s := range c.all {
		if s.object == nil || len(s.object.required) == 0 {
			continue
		}
		for _, name := range s.object.required {
			p := s.object.properties[name]
			sub := p.schema
			if sub == nil {
				sub = s.Property(name)
			}
			s.object.want[Neither] |= p.bit
			if sub == nil || !sub.readOnly {
				s.object.want[Request] |= p.bit
			}
			if sub == nil || !sub.writeOnly {
				s.object.want[Response] |= p.bit
			}
		}
	}
	for _, s := range c.all {
		if s.mix == nil || len(s.mix.all) < 2 {
			continue
		}
		for _, part := range s.mix.all {
			if part.object != nil {
				part.askLess(s)
			}
		}
	}
}

// askLess takes from what a part of a schema asks for what the whole has for one direction only.
func (s *Schema) askLess(whole *Schema) {
	for _, name := range s.object.required {
		p := s.object.properties[name]
		if p.schema != nil {
			continue
		}
		if sub := whole.Property(name); sub != nil && sub.readOnly {
			s.object.want[Request] &^= p.bit
		} else if sub != nil && sub.writeOnly {
			s.object.want[Response] &^= p.bit
		}
	}
}

// flagged reports whether a schema that this one refers to, or is made of, has a flag.
func (s *Schema) flagged(depth int, has func(*Schema) bool) bool {
	if s == nil || depth == 0 {
		return false
	}
	if has(s) || s.ref.flagged(depth-1, has) {
		return true
	}
	if s.mix != nil {
		for _, sub := range s.mix.all {
			if sub.flagged(depth-1, has) {
				return true
			}
		}
	}
	return false
}

package schema

import (
	"path"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// discriminator picks one of the schemas of oneOf or anyOf by a member of the object. That one
// alone decides then. An object without the member is held against all.
//
// Without oneOf and anyOf it picks one of the schemas that are made of this one by allOf
// (https://spec.openapis.org/oas/v3.1.1.html#discriminator-object), or those that they are made
// into.
type discriminator struct {
	property string
	to       map[string]*Schema
	// parent says that the schemas are made of this one.
	parent bool
}

// discriminator reads the keyword of OpenAPI.
func (r *reader) discriminator() {
	n := r.n.Get("discriminator")
	if n == nil {
		return
	}
	d := &discriminator{property: n.Get("propertyName").String(), to: map[string]*Schema{},
		parent: r.s.mix == nil || len(r.s.mix.any)+len(r.s.mix.one) == 0}
	if d.property == "" {
		r.c.problem(n, "discriminator has no propertyName")
		return
	}
	for _, key := range [...]string{"anyOf", "oneOf"} {
		list := r.n.Get(key)
		if list == nil {
			continue
		}
		for _, branch := range list.Items {
			if ref := branch.Get("$ref").String(); ref != "" {
				d.to[lastName(ref)] = r.c.schema(branch, r.s.home)
			}
		}
	}
	if d.parent {
		r.heirs(d, r.n, 0)
	}
	mapping := n.Get("mapping")
	if mapping != nil && mapping.Kind != value.Object {
		r.c.problem(mapping, "mapping is an object")
		return
	}
	if mapping != nil {
		for _, m := range mapping.Members {
			if s := r.mapped(m.Value); s != nil {
				d.to[m.Key] = s
			}
		}
	}
	if len(d.to) == 0 {
		return // there is nothing to pick from
	}
	r.s.mapped = d
	if own := r.c.family(r.n.File, r.s.home).names[r.n]; d.parent && own != "" {
		d.to[own] = &Schema{kinds: AnyKind, always: 1, node: r.n} // held against it already
	}
}

// deepestFamily is how often a schema may be made of one that is made of another.
const deepestFamily = 16

// heirs adds the schemas of components that are made of one by allOf.
func (r *reader) heirs(d *discriminator, n *document.Node, depth int) {
	for _, heir := range r.c.family(n.File, r.s.home).heirs[n] {
		if d.to[heir.Key] == nil && depth < deepestFamily {
			d.to[heir.Key] = r.c.schema(heir.Value, r.s.home)
			r.heirs(d, heir.Value, depth+1)
		}
	}
}

// family is how the schemas among a file's components belong together.
type family struct {
	names map[*document.Node]string
	// heirs are, for each schema, those that are made of it.
	heirs map[*document.Node][]document.Member
}

func (c *Compiler) family(f *document.File, home *resource) *family {
	if all := c.families[f]; all != nil {
		return all
	}
	all := &family{map[*document.Node]string{}, map[*document.Node][]document.Member{}}
	c.families[f] = all
	schemas := f.Root.Get("components").Get("schemas")
	if schemas == nil {
		return all
	}
	for _, m := range schemas.Members {
		all.names[m.Value] = m.Key
		parts := m.Value.Get("allOf")
		if parts == nil {
			continue
		}
		for _, part := range parts.Items {
			if ref := part.Get("$ref"); ref != nil {
				of := c.refer(ref, home)
				all.heirs[of.node] = append(all.heirs[of.node], m)
			}
		}
	}
	return all
}

// mapped is the schema that a value of a mapping means: a name among the components, or else a
// reference.
func (r *reader) mapped(n *document.Node) *Schema {
	if n.Kind != value.String {
		r.c.problem(n, "a mapping leads to the name of a schema, or is a reference")
		return nil
	}
	if named := n.File.Root.Get("components").Get("schemas").Get(n.Text); named != nil {
		return r.c.schema(named, r.s.home)
	}
	return r.c.refer(n, r.s.home)
}

// lastName is the name by which a reference is known to a discriminator.
func lastName(ref string) string {
	uri, fragment, _ := strings.Cut(ref, "#")
	if fragment != "" {
		tokens := strings.Split(fragment, "/")
		return document.Tokens("/" + tokens[len(tokens)-1])[0]
	}
	name := path.Base(uri)
	return strings.TrimSuffix(name, path.Ext(name))
}

// decides reports whether the discriminator has picked a schema, or found none.
func (d *discriminator) decides(r *run, i uint32) bool {
	if r.t.Nodes[i].Kind != value.Object {
		return false
	}
	_, there := r.t.Member(i, d.property)
	return there
}

func (d *discriminator) check(s *Schema, r *run, i uint32, ev *seen) bool {
	if r.t.Nodes[i].Kind != value.Object {
		return true
	}
	m, there := r.t.Member(i, d.property)
	if !there {
		return true
	}
	if r.t.Nodes[m].Kind != value.String {
		return r.failAt(s, m, m-1, "discriminator", "is not a text")
	}
	to := d.to[string(r.t.Text(m))]
	if to == nil {
		return r.failAt(s, m, m-1, "discriminator", "names none of the schemas")
	}
	return r.here(to, i, ev)
}

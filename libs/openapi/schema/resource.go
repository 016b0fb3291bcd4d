package schema

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A resource is what one URI means: a file, or a schema with an $id.
type resource struct {
	uri            string
	root           *document.Node
	dialect        Dialect
	validation     bool // the dialect has the vocabulary that asserts
	anchors        map[string]*document.Node
	dynamicAnchors map[string]*document.Node
	dynamicSchemas map[string]*Schema
	dynamics       bool // a $dynamicRef may look into it
}

func newResource(uri string, root *document.Node, like *resource) *resource {
	return &resource{uri: uri, root: root, dialect: like.dialect, validation: like.validation,
		anchors: map[string]*document.Node{}, dynamicAnchors: map[string]*document.Node{}}
}

// Add makes a file known, with the dialect of its schemas.
func (c *Compiler) Add(f *document.File, d Dialect) { c.file(f, d) }

func (c *Compiler) file(f *document.File, d Dialect) *resource {
	if home := c.resources[f.URI]; home != nil {
		return home
	}
	home := newResource(f.URI, f.Root, &resource{dialect: d, validation: true})
	c.resources[f.URI] = home
	if d == Draft2020 {
		c.scan(f.Root, home)
	}
	return home
}

// homeOf is the resource that a node stands in.
func (c *Compiler) homeOf(n *document.Node, d Dialect) *resource {
	if home := c.homes[n]; home != nil {
		return home
	}
	home := c.file(n.File, d)
	if d == Draft2020 {
		c.scan(n, home)
		if own := c.homes[n]; own != nil {
			return own
		}
	}
	return home
}

// Where schemas are within one.
var (
	oneSchema = []string{
		"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items", "contains",
		"propertyNames", "not", "if", "then", "else", "contentSchema",
	}
	listOfSchemas = []string{"allOf", "anyOf", "oneOf", "prefixItems"}
	mapOfSchemas  = []string{
		"properties", "patternProperties", "dependentSchemas", "$defs", "definitions",
	}
)

// scan looks for the URIs and anchors that a schema, and those within it, have.
func (c *Compiler) scan(n *document.Node, in *resource) {
	if n == nil || n.Kind != value.Object || c.homes[n] != nil {
		return
	}
	if id := n.Get("$id"); id.String() != "" {
		uri, fragment, err := document.Join(in.uri, id.Text)
		switch other := c.resources[uri]; {
		case err != nil:
			c.problem(id, "$id: %v", err)
		case fragment != "":
			c.problem(id, "$id has a fragment")
		case other != nil && other.root != n:
			c.problem(id, "another schema has this $id")
		case other == nil:
			in = newResource(uri, n, in)
			c.resources[uri] = in
		default:
			in = other
		}
	}
	if in.root == n {
		c.dialectOf(n, in)
	}
	c.homes[n] = in
	for _, a := range [...]string{"$anchor", "$dynamicAnchor"} {
		if name := n.Get(a); name.String() != "" {
			if other := in.anchors[name.Text]; other != nil && other != n {
				c.problem(name, "another schema has this anchor")
			}
			in.anchors[name.Text] = n
			if a == "$dynamicAnchor" {
				in.dynamicAnchors[name.Text] = n
			}
		}
	}
	for _, k := range oneSchema {
		c.scan(n.Get(k), in)
	}
	for _, k := range listOfSchemas {
		if list := n.Get(k); list != nil {
			for _, item := range list.Items {
				c.scan(item, in)
			}
		}
	}
	for _, k := range mapOfSchemas {
		if m := n.Get(k); m != nil {
			for _, member := range m.Members {
				c.scan(member.Value, in)
			}
		}
	}
}

const validationVocabulary = "https://json-schema.org/draft/2020-12/vocab/validation"

// KnownDialect reports whether a URI is that of a dialect that is known.
func KnownDialect(uri string) bool {
	uri = strings.TrimSuffix(uri, "#")
	return uri == "https://json-schema.org/draft/2020-12/schema" ||
		strings.HasPrefix(uri, "https://spec.openapis.org/oas/3.1/dialect/")
}

// dialectOf reads what $schema says about a resource.
func (c *Compiler) dialectOf(n *document.Node, in *resource) {
	s := n.Get("$schema")
	if s.String() == "" || KnownDialect(s.Text) {
		return
	}
	f, err := c.Load(s.Text)
	if err != nil {
		c.problem(s,
			"the dialect of $schema is not JSON Schema draft 2020-12, and no copy of it is "+
				"here: %v", err)
		return
	}
	if v := f.Root.Get("$vocabulary"); v != nil {
		in.validation = v.Get(validationVocabulary) != nil
	}
	if s := f.Root.Get("$schema").String(); !KnownDialect(s) {
		c.problem(n, "the dialect of $schema is not one of JSON Schema draft 2020-12")
	}
}

// refer is the schema that a reference leads to; a problem, and one that takes all, where it leads
// nowhere.
func (c *Compiler) refer(ref *document.Node, from *resource) *Schema {
	n, home := c.follow(ref, from)
	if n == nil {
		return &Schema{always: 1}
	}
	return c.schema(n, home)
}

// follow is the node that a reference leads to.
func (c *Compiler) follow(ref *document.Node, from *resource) (*document.Node, *resource) {
	if ref.String() == "" {
		c.problem(ref, "a reference is a text")
		return nil, nil
	}
	uri, fragment, err := document.Join(from.uri, ref.Text)
	if err != nil {
		c.problem(ref, "$ref: %v", err)
		return nil, nil
	}
	home := c.resources[uri]
	if home == nil && strings.HasPrefix(ref.Text, "file:") {
		c.problem(ref, "$ref: file: is not taken; write the path relative to this file")
		return nil, nil
	}
	if home == nil {
		f, err := c.Load(uri)
		if err != nil {
			if p, ok := err.(*document.Problem); ok && p.Line > 0 {
				c.problems = append(c.problems, p)
			} else {
				c.problem(ref, "$ref: %v", err)
			}
			return nil, nil
		}
		home = c.file(f, from.dialect)
	}
	if fragment != "" && fragment[0] != '/' {
		if n := home.anchors[fragment]; n != nil {
			return n, home
		}
		c.problem(ref, "$ref: there is no anchor %q", fragment)
		return nil, nil
	}
	n := home.root
	if fragment != "" {
		for _, token := range document.Tokens(fragment) {
			if n = n.Child(token); n == nil {
				c.problem(ref, "$ref: nothing is at %s", fragment)
				return nil, nil
			}
			if own := c.homes[n]; own != nil {
				home = own
			}
		}
	}
	if home.dialect == Draft2020 {
		c.scan(n, home)
		if own := c.homes[n]; own != nil {
			home = own
		}
	}
	return n, home
}
